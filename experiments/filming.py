"""The verb `video`: a policy beside the expert from the same start, with the discriminator's opinion."""

import sys
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any, Literal, cast

import numpy as np
import tyro
from jaxtyping import Float

from ..agents.bridge import RewardModel, opinion
from ..agents.gait import Gait
from ..agents.loading import PolicyOptions
from ..demos.dataset import Demonstrations, require_environment
from ..demos.recorder import Policy, record
from ..demos.trajectory import Trajectory
from ..demos.video import EXPERT, IMITATOR, Pane, write_side_by_side
from ..envs.errors import DataError, UsageError
from ..envs.registry import Horizon, find_body, make_single, spaces
from ..envs.rendering import episode_frames
from .command import Command, require_at_least, require_seed
from .counting import counted
from .evaluation import EVALUATION_SEED
from .process import one_thread
from .ranking import Film, ranked, read_films, write_films
from .reports.data import read_run
from .target import Target, resolve

# Pictures a second that the video comes near to, in real time.
RATE = 60.0
# Enough to learn a gait's phases from.
GAIT_DEMONSTRATIONS = 4


def film(
    path: Path,
    env: str,
    episodes: dict[str, Trajectory],
    reward_model: RewardModel | None,
    horizon: Horizon = "native",
    gait: Gait | None = None,
) -> Path:
    """Write episodes side by side in real time; the keys are the titles, the expert first.

    A gait draws the phases of each episode as a band of colours.

    Raises:
        EnvironmentFault: no OpenGL, no ffmpeg, a full disk.
    """
    single = make_single(env, horizon)
    dt, space = getattr(single.unwrapped, "dt", 1 / RATE), single.action_space
    single.close()
    every = max(1, round(1 / (RATE * dt)))
    panes = [
        replace(
            _pane(title, env, episode, every, reward_model, space),
            phases=None if gait is None else gait.phases(episode),
        )
        for title, episode in episodes.items()
    ]
    return write_side_by_side(path, panes, fps=1 / (dt * every), dt=dt, every=every)


def _pane(
    title: str, env: str, episode: Trajectory, every: int, model: RewardModel | None, space: Any
) -> Pane:
    colour = EXPERT if title == "Expert" else IMITATOR
    return Pane(
        title=title,
        frames=episode_frames(env, episode, tint=colour, every=every),
        colour=colour,
        returns=None if episode.rewards is None else np.cumsum(episode.rewards),
        curve=None if model is None else opinion(model, episode),
        curve_label="P(expert)",
        curve_range=(0.0, 1.0),
        curve_neutral=0.5,
        actions=_in_units_of_range(episode.actions, space.low, space.high),
        ending="fell" if episode.terminated else "ended",
    )


def _in_units_of_range(
    actions: Float[np.ndarray, "T A"], low: Float[np.ndarray, "A"], high: Float[np.ndarray, "A"]
) -> Float[np.ndarray, "T A"]:
    return 2 * (actions - low) / (high - low) - 1


def film_beside_expert(
    policy: Policy,
    env: str,
    expert: Trajectory,
    model: RewardModel | None,
    path: Path,
    horizon: Horizon = "native",
) -> Path:
    """Film a policy beside a recorded expert, both from the expert's initial state if its seed is known.

    Raises:
        DataError: the expert's episode holds too little to be shown.
        EnvironmentFault: no OpenGL, no ffmpeg, a full disk.
    """
    _require_showable(env, expert)
    seed = EVALUATION_SEED if expert.seed is None else expert.seed
    (imitator,) = record(policy, env, 1, seed, horizon=horizon)
    return film(path, env, {"Expert": expert, "Imitator": imitator}, model, horizon)


def film_ranked(target: Target, expert: Trajectory | None) -> dict[str, Film]:
    """Film the best, the median and the worst episode of a run's evaluation into its `videos/`.

    Args:
        target: a policy that belongs to a run.
        expert: what stands beside; None films the policy alone.

    Raises:
        UsageError: the policy belongs to no run.
        DataError: the run has no evaluation that could be played again.
        EnvironmentFault: no OpenGL, no ffmpeg, a full disk.
    """
    if target.run is None:
        raise UsageError(f"{target.file} belongs to no run, so no evaluation says its best episode")
    played, model = _evaluation_again(target, target.run.path), target.reward_model()
    beside = {} if expert is None else {"Expert": expert}
    films = {}
    for rank, place in ranked([_return(episode) for episode in played]).items():
        path, episode = target.run.videos / f"{rank}.mp4", played[place]
        print(f"filming the {rank} of {counted(len(played), 'episode')}", file=sys.stderr, flush=True)
        film(path, target.env_id, {**beside, rank.capitalize(): episode}, model, _horizon(target))
        films[rank] = Film(episode.seed or 0, _return(episode), len(episode), len(played))
        # One by one: no new film is ever described by what an older one showed.
        write_films(path.parent, read_films(path.parent) | films)
    return films


def _evaluation_again(target: Target, run: Path) -> list[Trajectory]:
    """Every episode of a run's evaluation, to the last bit on the same machine.

    All are played, since rounding depends on how many are played together.
    """
    seeds = read_run(run).scores["deterministic"].seeds
    if not seeds or seeds != tuple(range(seeds[0], seeds[0] + len(seeds))):
        raise DataError(
            f"{run}/result.json does not name the episodes of an evaluation; make one with "
            f"`gailforce evaluate {run}`"
        )
    return record(target.policy, target.env_id, len(seeds), seeds[0], horizon=_horizon(target))


def _return(episode: Trajectory) -> float:
    total = episode.total_reward
    assert total is not None  # `record` keeps the rewards
    return total


def _horizon(target: Target) -> Horizon:
    return cast(Horizon, target.config.get("horizon", "native"))


def _showable(env: str, expert: Trajectory) -> bool:
    drawn = expert.states is not None and find_body(env) is not None
    return drawn or expert.seed is not None


def _require_showable(env: str, expert: Trajectory) -> None:
    if not _showable(env, expert):
        raise DataError(
            "the expert's episode holds neither states nor a seed, so it cannot be shown; "
            "name other demonstrations with --demos, or film alone with --beside none"
        )


@dataclass
class Video(Command):
    """Film a policy in real time, alone or beside the expert.

    Examples:
        gailforce video runs/imitate-hopper-X --beside expert
        gailforce video runs/imitate-hopper-X --ranked
        gailforce video runs/imitate-hopper-X --phases
        gailforce video my-ppo.zip --env Hopper-v5 --demos hopper-expert --out both.mp4
        gailforce video my-ppo.zip --env Hopper-v5 --beside none --out mine.mp4
    """

    # A run, a saved agent (.gfa), or a Stable-Baselines3 zip.
    policy: Annotated[Path, tyro.conf.Positional]
    # Environment, where the policy does not say.
    env: str | None = None
    # expert, or none to film the policy alone.
    beside: Literal["expert", "none"] = "expert"
    # Demonstrations that hold the expert's episode; by default those of the run.
    demos: str | None = None
    # Which of its episodes.
    episode: int = 0
    # Seed of the episode when filmed alone.
    seed: int = EVALUATION_SEED
    # Draw actions instead of taking the most likely one.
    exploring: bool = False
    # Film the best, the median and the worst episode of the run's evaluation instead of one.
    ranked: bool = False
    # Draw the phases of the gait, as a hidden Markov model of four demonstrations finds them.
    phases: bool = False
    # The file to write; by default in the run's folder, or beside the policy.
    out: Path | None = None
    options: Annotated[PolicyOptions, tyro.conf.arg(name="")] = field(default_factory=PolicyOptions)

    def run(self) -> dict[str, Any]:
        """Play and film."""
        require_at_least(0, episode=self.episode)
        require_seed(self.seed)
        one_thread()
        target = resolve(self.policy, self.env, self.options)
        return self._ranked(target) if self.ranked else self._one(target)

    def _one(self, target: Target) -> dict[str, Any]:
        expert = self._expert(target)
        if expert is not None:
            _require_showable(target.env_id, expert)
        seed = self.seed if expert is None or expert.seed is None else expert.seed
        horizon = _horizon(target)
        (played,) = record(target.policy, target.env_id, 1, seed, not self.exploring, horizon)
        episodes = {"Policy": played} if expert is None else {"Expert": expert, "Imitator": played}
        model, gait = target.reward_model(), self._gait(target) if self.phases else None
        path = film(self._out(target), target.env_id, episodes, model, horizon, gait)
        return {"path": str(path), "steps": len(played), "return": played.total_reward, "seed": seed}

    def _ranked(self, target: Target) -> dict[str, Any]:
        if self.exploring or self.phases or self.out is not None:
            raise UsageError(
                "--ranked films deterministic episodes into the run's videos; "
                "leave --exploring, --phases and --out out"
            )
        expert = self._expert(target)
        if expert is not None and not _showable(target.env_id, expert):
            expert = None
        films = film_ranked(target, expert)
        return {"folder": str(self.policy / "videos"), "films": {r: asdict(f) for r, f in films.items()}}

    def _expert(self, target: Target) -> Trajectory | None:
        if self.beside == "none":
            return None
        demos, name = self._demonstrations(target)
        if self.episode >= len(demos):
            held = "episode 0 only" if len(demos) == 1 else f"episodes 0 to {len(demos) - 1}"
            raise UsageError(f"{name} has {held}; got --episode {self.episode}")
        return demos[self.episode]

    def _demonstrations(self, target: Target) -> tuple[Demonstrations, str]:
        name = self.demos or target.config.get("demos")
        if name is None:
            raise UsageError("no demonstrations are known; name them with --demos, or use --beside none")
        demos = Demonstrations.load(name)
        obs_size, actions = spaces(target.env_id)
        require_environment(demos, target.env_id, obs_size, actions.shape[0])
        return demos, name

    def _gait(self, target: Target) -> Gait:
        demos, _ = self._demonstrations(target)
        return Gait(demos.take(min(GAIT_DEMONSTRATIONS, len(demos))))

    def _out(self, target: Target) -> Path:
        if self.out is not None:
            return self.out
        folder = target.run.videos if target.run else target.file.parent
        return folder / ("beside-expert.mp4" if self.beside == "expert" else "alone.mp4")

    def describe(self, result: dict[str, Any]) -> str:
        """Where the video is."""
        if "films" in result:
            return "\n".join(
                f"{result['folder']}/{rank}.mp4: return {film['total']:,.0f} in "
                f"{counted(film['steps'], 'step')} from seed {film['seed']}, "
                f"of {counted(film['episodes'], 'episode')}"
                for rank, film in result["films"].items()
            )
        played = f"{counted(result['steps'], 'step')} from seed {result['seed']}"
        return f"{result['path']}: {played}, return {result['return']:,.0f}"
