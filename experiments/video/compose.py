"""A film: a policy beside the expert from the same start, with the discriminator's probability."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from ...agents.models.gait_phases import Gait
from ...agents.models.reward import RewardModel, expert_probability
from ...demos.film.video import EXPERT, IMITATOR, Pane, write_side_by_side
from ...demos.recorder import Policy, record
from ...demos.trajectory import Trajectory
from ...envs.errors import DataError, UsageError
from ...envs.registry import Horizon, find_body, make_single
from ...envs.rendering import episode_frames
from ..runs.counting import counted
from ..runs.folder import RunFolder
from ..runs.target import Target
from ..scoring.evaluation import EVALUATION_SEED
from ..scoring.ranking import Film, ranked, read_films, write_films
from ..scoring.reading import PlainTable

# Pictures a second that the video comes near to, in real time.
RATE = 60.0


def film(
    path: Path,
    env: str,
    episodes: dict[str, Trajectory],
    reward_model: RewardModel | None,
    horizon: Horizon = "native",
    gait: Gait | None = None,
) -> Path:
    """Write episodes side by side in real time; the keys are the titles, the expert first.

    A gait draws the phases of each episode as a band of colors.

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
    color = EXPERT if title == "Expert" else IMITATOR
    return Pane(
        title=title,
        frames=episode_frames(env, episode, tint=color, every=every),
        color=color,
        returns=None if episode.rewards is None else np.cumsum(episode.rewards),
        curve=None if model is None else expert_probability(model, episode),
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
    require_showable(env, expert)
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
    played, model = _evaluation_again(target, target.run), target.reward_model()
    beside = {} if expert is None else {"Expert": expert}
    films = {}
    for rank, place in ranked([_return(episode) for episode in played]).items():
        path, episode = target.run.videos / f"{rank}.mp4", played[place]
        print(f"filming the {rank} of {counted(len(played), 'episode')}", file=sys.stderr, flush=True)
        film(path, target.env_id, {**beside, rank.capitalize(): episode}, model, horizon_of(target))
        films[rank] = Film(episode.seed or 0, _return(episode), len(episode), len(played))
        # One by one: no new film is ever described by what an older one showed.
        write_films(path.parent, read_films(path.parent) | films)
    return films


def _evaluation_again(target: Target, run: RunFolder) -> list[Trajectory]:
    """Every episode of a run's evaluation, to the last bit on the same machine.

    All are played, since rounding depends on how many are played together.
    """
    seeds = _evaluation_seeds(run)
    if not seeds or seeds != tuple(range(seeds[0], seeds[0] + len(seeds))):
        raise DataError(
            f"{run.path}/result.json does not name the episodes of an evaluation; make one with "
            f"`gailforce evaluate {run.path}`"
        )
    return record(target.policy, target.env_id, len(seeds), seeds[0], horizon=horizon_of(target))


def _evaluation_seeds(run: RunFolder) -> tuple[int, ...]:
    """Seeds of a run's deterministic episodes, as its result lists them; empty where it does not."""
    result = run.read_result()
    if result is None:
        raise DataError(
            f"{run.path}/result.json is missing: this run was stopped before it was scored; finish it with "
            f"`gailforce resume {run.path}`"
        )
    score = PlainTable(result).table("agent").table("deterministic")
    return tuple(map(int, score.numbers("seeds")))


def _return(episode: Trajectory) -> float:
    total = episode.total_reward
    assert total is not None  # `record` keeps the rewards
    return total


def horizon_of(target: Target) -> Horizon:
    """The horizon a policy was trained with."""
    return target.facts.horizon


def showable(env: str, expert: Trajectory) -> bool:
    """Whether an episode can be drawn or played again."""
    drawn = expert.states is not None and find_body(env) is not None
    return drawn or expert.seed is not None


def require_showable(env: str, expert: Trajectory) -> None:
    """Refuse an episode that can be neither drawn nor played again.

    Raises:
        DataError: names two ways on.
    """
    if not showable(env, expert):
        raise DataError(
            "the expert's episode holds neither states nor a seed, so it cannot be shown; "
            "name other demonstrations with --demos, or film alone with --beside none"
        )
