"""A set of demonstrations: episodes with their card, and the subsets that experiments use."""

import hashlib
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import InitVar, dataclass, field, replace
from pathlib import Path

import numpy as np
from jaxtyping import Float

from ..envs.errors import DataError, UsageError
from .card import Card
from .formats.minari import read_minari
from .library import judge
from .packing import Precision
from .set_file import pick_split, read_set, returns_of, write_set
from .trajectory import Trajectory, Transitions

MINARI = "minari:"
# Least standard deviation: a constant column would divide by zero.
STD_FLOOR = 1e-3
# Arrays that all episodes of a set have, or none.
OPTIONAL = ("states", "rewards", "residual")


@dataclass(frozen=True, eq=False, repr=False)
class Demonstrations:
    """Episodes of one environment, in order, with the card of the set they come from.

    It iterates over `Trajectory`. `take`, `split` and `subsample` return smaller sets and leave this one
    unchanged; the card stays that of the whole set.

    Args:
        trajectories: at least one, all of the same widths and with the same optional arrays.
        card: where they come from.
        name: name of the set in reports.
        subsampling: only every n-th step is kept; see `subsample`.
        phases: the first kept step of each episode.

    Raises:
        DataError: there are no episodes, or they do not fit together.
    """

    trajectories: InitVar[Iterable[Trajectory]]
    card: Card
    name: str = ""
    subsampling: int = 1
    phases: tuple[int, ...] = ()
    _episodes: tuple[Trajectory, ...] = field(init=False)

    def __post_init__(self, trajectories: Iterable[Trajectory]) -> None:
        episodes = tuple(trajectories)
        _check_uniform(episodes, self.name or "the set")
        object.__setattr__(self, "_episodes", episodes)
        object.__setattr__(self, "phases", tuple(self.phases) or (0,) * len(episodes))

    @classmethod
    def load(cls, source: str | os.PathLike[str], split: str = "training") -> "Demonstrations":
        """Demonstrations from a shipped name, a file, or `minari:ID`.

        Args:
            source: `"hopper-expert"`, a path, or a Minari id as in `"minari:mujoco/hopper/expert-v0"`.
            split: `training`, `validation` or `test`; a set without splits is all training.

        Raises:
            UsageError: the name or the split is unknown.
            DataError: the file is missing or damaged, holds no demonstrations, or fails its gate.
        """
        text = os.fspath(source)
        if not text.startswith(MINARI):
            return cls(*read_set(source, split))
        pick_split({}, split, text)
        dataset_id = text.removeprefix(MINARI)
        return cls.imported(*read_minari(dataset_id), dataset_id)

    @classmethod
    def imported(cls, trajectories: Iterable[Trajectory], card: Card, name: str) -> "Demonstrations":
        """A set of episodes from another tool: the card measures them, and a low or unknown return warns."""
        demos = cls(trajectories, card, name)
        card = card.measured(demos.returns, len(demos))
        judge(card, name, shipped=False)
        return replace(demos, trajectories=demos, card=card)

    def save(
        self,
        path: str | os.PathLike[str],
        *,
        validation: "Demonstrations | None" = None,
        test: "Demonstrations | None" = None,
        precision: Precision = "float64",
    ) -> Path:
        """Write one verified file with these as its training episodes; `.gfd` is added to a bare name.

        The card in the file counts and measures the episodes of all its splits. `float32` halves the
        file of a set that needs no exact replay.

        Raises:
            UsageError: a set is subsampled.
            DataError: the sets do not fit together.
            EnvironmentFault: the disk refused; a file already there is as it was.
        """
        sets = {"training": self, "validation": validation, "test": test}
        splits = {split: tuple(part) for split, part in sets.items() if part is not None}
        _check_uniform([t for part in splits.values() for t in part], "the set")
        return write_set(path, splits, self.card, self.name, precision)

    def __len__(self) -> int:
        """Number of episodes."""
        return len(self._episodes)

    def __iter__(self) -> Iterator[Trajectory]:
        return iter(self._whole())

    def __getitem__(self, index: int) -> Trajectory:
        return self._whole()[index]

    def __repr__(self) -> str:
        share = f" (one in {self.subsampling})" if self.subsampling > 1 else ""
        steps = f"{self.steps:,} steps{share}"
        return f"<{self.name or 'demonstrations'}: {len(self)} episodes of {self.env_id}, {steps}>"

    @property
    def env_id(self) -> str:
        """The Gymnasium id of the environment."""
        return self.card.env_id

    @property
    def obs_size(self) -> int:
        """Width O of an observation."""
        return self._episodes[0].obs.shape[1]

    @property
    def action_size(self) -> int:
        """Width A of an action."""
        return self._episodes[0].actions.shape[1]

    @property
    def steps(self) -> int:
        """Number of kept steps."""
        return sum(self.lengths)

    @property
    def lengths(self) -> list[int]:
        """Number of kept steps of each episode."""
        return [len(range(len(t))[steps]) for t, steps in self._kept_steps()]

    @property
    def mean_length(self) -> float:
        """Mean number of steps of the whole episodes."""
        return float(np.mean([len(t) for t in self._episodes]))

    @property
    def returns(self) -> Float[np.ndarray, "E"] | None:
        """True return of each whole episode, for scoring only; None if rewards are unknown."""
        return returns_of(self._episodes)

    def take(self, n: int, seed: int | None = None) -> "Demonstrations":
        """The first `n` episodes, or `n` at random; of one seed a larger draw contains a smaller."""
        if not 1 <= n <= len(self):
            name = self.name or "the set"
            raise UsageError(f"cannot take {n} of the {len(self)} episodes of {name}; take 1 to {len(self)}")
        order = list(range(len(self))) if seed is None else _shuffled(len(self), seed)
        return self._select(order[:n])

    def split(self, fraction: float, seed: int) -> tuple["Demonstrations", "Demonstrations"]:
        """Two sets without a common episode, the first with about `fraction` of them, at random."""
        if not 0 < fraction < 1 or len(self) < 2:
            raise UsageError(
                f"cannot split {len(self)} episodes at {fraction}; give at least 2 and a fraction in (0, 1)"
            )
        order = _shuffled(len(self), seed)
        size = min(max(round(fraction * len(self)), 1), len(self) - 1)
        return self._select(order[:size]), self._select(order[size:])

    def subsample(self, every: int, seed: int | None = None) -> "Demonstrations":
        """Keep every n-th step of each episode, as single transitions.

        The first kept step is step 0, or a random one for each episode if a seed is given. The returned set
        refuses what needs consecutive steps: iteration, windows, videos.
        """
        if every < 1 or self.subsampling > 1:
            raise UsageError(
                f"cannot keep one step in {every} of {self!r}; subsample the full set once, by 1 or more"
            )
        rng = np.random.default_rng(seed)
        phases = [0 if seed is None else int(rng.integers(min(every, len(t)))) for t in self._episodes]
        return replace(self, trajectories=self._episodes, subsampling=every, phases=tuple(phases))

    def without_rewards(self) -> "Demonstrations":
        """The same set without the true rewards."""
        return replace(self, trajectories=[replace(t, rewards=None) for t in self._episodes])

    def transitions(self) -> Transitions:
        """All kept steps, episode by episode."""
        columns: dict[str, list[np.ndarray]] = {"obs": [], "actions": [], "next_obs": [], "terminated": []}
        for t, steps in self._kept_steps():
            terminated = np.zeros(len(t), dtype=bool)
            terminated[-1] = t.terminated
            for name, rows in zip(columns, (t.obs[:-1], t.actions, t.obs[1:], terminated), strict=True):
                columns[name].append(rows[steps])
        return Transitions(**{name: np.concatenate(parts) for name, parts in columns.items()})

    def statistics(self) -> tuple[Float[np.ndarray, "O"], Float[np.ndarray, "O"]]:
        """Mean and standard deviation (at least 0.001) of the kept observations."""
        obs = self.transitions().obs
        return obs.mean(axis=0), np.maximum(obs.std(axis=0), STD_FLOOR)

    def fingerprint(self) -> str:
        """SHA-256 of what a learner sees: environment, kept steps, ends; no rewards, no names."""
        lengths = [len(t) for t in self._episodes]
        digest = hashlib.sha256(repr((self.env_id, lengths, self.subsampling)).encode())
        steps = self.transitions()
        for column in (steps.obs, steps.actions, steps.next_obs, steps.terminated):
            digest.update(np.ascontiguousarray(column).tobytes())
        return digest.hexdigest()

    def _whole(self) -> tuple[Trajectory, ...]:
        if self.subsampling > 1:
            raise UsageError(
                f"{self.name or 'this set'} keeps only one step in {self.subsampling}, none of them "
                "consecutive; for windows, generators, files and videos use the set before .subsample"
            )
        return self._episodes

    def _kept_steps(self) -> Iterator[tuple[Trajectory, slice]]:
        for trajectory, phase in zip(self._episodes, self.phases, strict=True):
            yield trajectory, slice(phase, None, self.subsampling)

    def _select(self, indices: Sequence[int]) -> "Demonstrations":
        phases = tuple(self.phases[index] for index in indices)
        return replace(self, trajectories=[self._episodes[index] for index in indices], phases=phases)


def require_environment(demos: Demonstrations, env_id: str, obs_size: int, action_size: int) -> None:
    """Refuse demonstrations of another environment or of other widths.

    Raises:
        DataError: says what differs.
    """
    name = demos.name or "the demonstrations"
    if demos.env_id != env_id:
        raise DataError(f"{name} come from {demos.env_id}, not {env_id}; choose demonstrations of {env_id}")
    widths = {"obs": (demos.obs_size, obs_size), "actions": (demos.action_size, action_size)}
    for what, (width, env_width) in widths.items():
        if width != env_width:
            raise DataError(
                f"{what} of {name} are {width} wide, {env_id} has {env_width}; record them again in it"
            )


def _shuffled(n: int, seed: int) -> list[int]:
    return np.random.default_rng(seed).permutation(n).tolist()


def _check_uniform(episodes: Sequence[Trajectory], name: str) -> None:
    if not episodes:
        raise DataError(f"{name} holds no episodes; record or import at least one")
    first = _layout(episodes[0])
    for index, trajectory in enumerate(episodes):
        differing = [what for what, width in _layout(trajectory).items() if width != first[what]]
        if differing:
            raise DataError(
                f"episode {index} of {name} differs from episode 0 in {' and '.join(differing)}; "
                "give all episodes the same widths and the same optional arrays"
            )


def _layout(trajectory: Trajectory) -> dict[str, tuple[int, ...] | None]:
    optional = {name: getattr(trajectory, name) for name in OPTIONAL}
    arrays = {"obs": trajectory.obs, "actions": trajectory.actions, **optional}
    return {name: None if array is None else array.shape[1:] for name, array in arrays.items()}
