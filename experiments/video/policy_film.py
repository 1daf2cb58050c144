"""A film of a policy: one episode, alone or beside the expert's, or the ranked episodes of its evaluation."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from ...agents.models.gait_phases import Gait
from ...demos.dataset import Demonstrations, require_environment
from ...demos.recorder import record
from ...demos.trajectory import Trajectory
from ...envs.errors import UsageError
from ...envs.registry import spaces
from ..runs.target import Target
from ..scoring.evaluation import EVALUATION_SEED
from ..scoring.ranking import Film
from .compose import film, film_ranked, horizon_of, require_showable, showable

# Demonstrations that a gait's phases are learned from.
GAIT_DEMONSTRATIONS = 4


@dataclass(frozen=True)
class FilmConfig:
    """What is filmed of a policy."""

    # expert, or none to film the policy alone.
    beside: Literal["expert", "none"] = "expert"
    # Demonstrations that hold the expert's episode; by default those of the run.
    demos: str | None = None
    # Index of the expert's episode, from 0.
    episode: int = 0
    # Random seed of the episode when the policy is filmed alone.
    seed: int = EVALUATION_SEED
    # Draw actions instead of taking the most likely one.
    exploring: bool = False
    # Film the best, the median and the worst episode of the run's evaluation.
    ranked: bool = False
    # Draw the phases of the gait, learned by a hidden Markov model from four demonstrations.
    phases: bool = False
    # File to write; by default in the run's folder, or beside the policy.
    out: Path | None = None


@dataclass(frozen=True)
class PolicyFilm:
    """A film of one episode."""

    path: Path
    steps: int
    total_reward: float | None
    seed: int

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        played = {"steps": self.steps, "return": self.total_reward, "seed": self.seed}
        return {"path": str(self.path), **played}


@dataclass(frozen=True)
class RankedFilms:
    """Films of the best, the median and the worst episode of an evaluation."""

    folder: Path
    films: Mapping[str, Film]

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {"folder": str(self.folder), "films": {rank: asdict(f) for rank, f in self.films.items()}}


def film_policy(target: Target, config: FilmConfig) -> PolicyFilm:
    """Play one episode and film it.

    Raises:
        UsageError: no demonstrations are known, or they have no such episode.
        DataError: the expert's episode cannot be shown.
        EnvironmentFault: no OpenGL, no ffmpeg, a full disk.
    """
    expert = _expert(target, config)
    if expert is not None:
        require_showable(target.env_id, expert)
    seed = config.seed if expert is None or expert.seed is None else expert.seed
    horizon = horizon_of(target)
    (played,) = record(target.policy, target.env_id, 1, seed, not config.exploring, horizon)
    episodes = {"Policy": played} if expert is None else {"Expert": expert, "Imitator": played}
    gait = _gait(target, config) if config.phases else None
    path = film(_out(target, config), target.env_id, episodes, target.reward_model(), horizon, gait)
    return PolicyFilm(path, len(played), played.total_reward, seed)


def film_evaluation(target: Target, config: FilmConfig) -> RankedFilms:
    """Film the best, the median and the worst episode of a run's evaluation.

    Raises:
        UsageError: options that do not go with ranked episodes, or a policy without a run.
        DataError: the run has no evaluation.
        EnvironmentFault: no OpenGL, no ffmpeg, a full disk.
    """
    if config.exploring or config.phases or config.out is not None:
        raise UsageError(
            "--ranked films deterministic episodes into the run's videos; "
            "leave --exploring, --phases and --out out"
        )
    expert = _expert(target, config)
    if expert is not None and not showable(target.env_id, expert):
        expert = None
    films = film_ranked(target, expert)
    assert target.run is not None  # `film_ranked` refuses a policy without a run
    return RankedFilms(target.run.videos, films)


def _expert(target: Target, config: FilmConfig) -> Trajectory | None:
    if config.beside == "none":
        return None
    demos, name = _demonstrations(target, config)
    if config.episode >= len(demos):
        indices = "episode 0 only" if len(demos) == 1 else f"episodes 0 to {len(demos) - 1}"
        raise UsageError(f"{name} has {indices}; got --episode {config.episode}")
    return demos[config.episode]


def _demonstrations(target: Target, config: FilmConfig) -> tuple[Demonstrations, str]:
    name = config.demos or target.facts.demos
    if name is None:
        raise UsageError("no demonstrations are known; name them with --demos, or use --beside none")
    demos = Demonstrations.load(name)
    obs_size, actions = spaces(target.env_id)
    require_environment(demos, target.env_id, obs_size, actions.shape[0])
    return demos, name


def _gait(target: Target, config: FilmConfig) -> Gait:
    demos, _ = _demonstrations(target, config)
    return Gait(demos.take(min(GAIT_DEMONSTRATIONS, len(demos))))


def _out(target: Target, config: FilmConfig) -> Path:
    if config.out is not None:
        return config.out
    folder = target.run.videos if target.run else target.file.parent
    return folder / ("beside-expert.mp4" if config.beside == "expert" else "alone.mp4")
