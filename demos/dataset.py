"""A set of demonstrations: episodes with their card, in the portions an experiment asks for."""

import hashlib
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import InitVar, dataclass, field, replace
from pathlib import Path

import numpy as np
from jaxtyping import Float

from ..envs.errors import DataError, UsageError
from .card import Card
from .library import judge
from .packing import Precision
from .set_file import pick_split, read_set, returns_of, write_set
from .trajectory import Trajectory, Transitions

MINARI = "minari:"
# Least standard deviation: a constant column would divide by zero.
STD_FLOOR = 1e-3
# What either every episode of a set has, or none.
OPTIONAL = ("states", "rewards", "residual")


@dataclass(frozen=True, eq=False, repr=False)
class Demonstrations:
    """Episodes of one environment, in order, with the card of the set they come from.

    It iterates over `Trajectory`. `take`, `split` and `subsample` give smaller sets and change nothing;
    the card stays that of the whole set.

    Args:
        trajectories: at least one, all of the same widths and with the same optional arrays.
        card: where they come from.
        name: what reports call the set.
        every: only each `every`-th step is known; see `subsample`.
        phases: the first known step of each episode.

    Raises:
        DataError: there are no episodes, or they do not fit together.
    """

    trajectories: InitVar[Iterable[Trajectory]]
    card: Card
    name: str = ""
    every: int = 1
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
        from .formats.minari import import_minari  # imports this module

        pick_split({}, split, text)
        demos = import_minari(text.removeprefix(MINARI))
        return cls(demos._episodes, demos.card, demos.name)

    @classmethod
    def imported(cls, trajectories: Iterable[Trajectory], card: Card, name: str) -> "Demonstrations":
        """A set of foreign episodes: the card measures them, and a doubt about them is a warning."""
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
        known = f"{self.steps:,} steps" + (f" (one in {self.every})" if self.every > 1 else "")
        return f"<{self.name or 'demonstrations'}: {len(self)} episodes of {self.env_id}, {known}>"

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
        """Number of known steps."""
        return sum(self.lengths)

    @property
    def lengths(self) -> list[int]:
        """Number of known steps of each episode."""
        return [len(range(len(t))[known]) for t, known in self._known()]

    @property
    def mean_length(self) -> float:
        """Mean number of steps of the whole episodes."""
        return float(np.mean([len(t) for t in self._episodes]))

    @property
    def returns(self) -> Float[np.ndarray, "E"] | None:
        """True return of each whole episode, for scoring only; None where rewards are unknown."""
        return returns_of(self._episodes)

    def take(self, n: int, seed: int | None = None) -> "Demonstrations":
        """The first `n` episodes, or `n` drawn at random; of one seed a larger draw contains a smaller."""
        if not 1 <= n <= len(self):
            name = self.name or "the set"
            raise UsageError(f"cannot take {n} of the {len(self)} episodes of {name}; take 1 to {len(self)}")
        order = list(range(len(self))) if seed is None else _shuffled(len(self), seed)
        return self._select(order[:n])

    def split(self, fraction: float, seed: int) -> tuple["Demonstrations", "Demonstrations"]:
        """Two sets without a common episode, the first with about `fraction` of them, at random."""
        if not 0 < fraction < 1 or len(self) < 2:
            raise UsageError(
                f"cannot split {len(self)} episodes at {fraction}; it takes two episodes and 0 < fraction < 1"
            )
        order = _shuffled(len(self), seed)
        size = min(max(round(fraction * len(self)), 1), len(self) - 1)
        return self._select(order[:size]), self._select(order[size:])

    def subsample(self, every: int, seed: int | None = None) -> "Demonstrations":
        """Only each `every`-th step of each episode, as single transitions.

        The first known step is step 0, or random for each episode where a seed is given. What needs
        consecutive steps (iteration, windows, videos) is refused from here on.
        """
        if every < 1 or self.every > 1:
            raise UsageError(
                f"cannot keep one step in {every} of {self!r}; subsample the full set once, by 1 or more"
            )
        rng = np.random.default_rng(seed)
        phases = [0 if seed is None else int(rng.integers(min(every, len(t)))) for t in self._episodes]
        return replace(self, trajectories=self._episodes, every=every, phases=tuple(phases))

    def without_rewards(self) -> "Demonstrations":
        """The same set with the true rewards taken out."""
        return replace(self, trajectories=[replace(t, rewards=None) for t in self._episodes])

    def transitions(self) -> Transitions:
        """All known steps, episode by episode."""
        columns: dict[str, list[np.ndarray]] = {"obs": [], "actions": [], "next_obs": [], "terminated": []}
        for t, known in self._known():
            terminated = np.zeros(len(t), dtype=bool)
            terminated[-1] = t.terminated
            for name, rows in zip(columns, (t.obs[:-1], t.actions, t.obs[1:], terminated), strict=True):
                columns[name].append(rows[known])
        return Transitions(**{name: np.concatenate(parts) for name, parts in columns.items()})

    def statistics(self) -> tuple[Float[np.ndarray, "O"], Float[np.ndarray, "O"]]:
        """Mean and standard deviation (at least 0.001) of the known observations."""
        obs = self.transitions().obs
        return obs.mean(axis=0), np.maximum(obs.std(axis=0), STD_FLOOR)

    def fingerprint(self) -> str:
        """SHA-256 of what a learner can see: environment, known steps, ends; no rewards, no names."""
        digest = hashlib.sha256(repr((self.env_id, [len(t) for t in self._episodes], self.every)).encode())
        steps = self.transitions()
        for column in (steps.obs, steps.actions, steps.next_obs, steps.terminated):
            digest.update(np.ascontiguousarray(column).tobytes())
        return digest.hexdigest()

    def _whole(self) -> tuple[Trajectory, ...]:
        if self.every > 1:
            raise UsageError(
                f"{self.name or 'this set'} keeps only one step in {self.every}, none of them consecutive; "
                "for windows, generators, files and videos use the set before .subsample"
            )
        return self._episodes

    def _known(self) -> Iterator[tuple[Trajectory, slice]]:
        for trajectory, phase in zip(self._episodes, self.phases, strict=True):
            yield trajectory, slice(phase, None, self.every)

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
    for what, (found, wanted) in widths.items():
        if found != wanted:
            raise DataError(
                f"{what} of {name} are {found} wide, {env_id} has {wanted}; record them again in it"
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
