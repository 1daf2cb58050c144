"""The verb `video`: a policy filmed, alone or beside the expert."""

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

import tyro

from ...agents.loading import PolicyOptions
from ...agents.models.gait_phases import Gait
from ...demos.dataset import Demonstrations, require_environment
from ...demos.recorder import record
from ...demos.trajectory import Trajectory
from ...envs.errors import UsageError
from ...envs.registry import spaces
from ..runs.counting import counted
from ..runs.process import one_thread
from ..runs.target import Target, resolve
from ..scoring.evaluation import EVALUATION_SEED
from ..video.compose import film, film_ranked, horizon_of, require_showable, showable
from .command import Command, require_at_least, require_seed

# Enough to learn a gait's phases from.
GAIT_DEMONSTRATIONS = 4


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
            require_showable(target.env_id, expert)
        seed = self.seed if expert is None or expert.seed is None else expert.seed
        horizon = horizon_of(target)
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
        if expert is not None and not showable(target.env_id, expert):
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
        name = self.demos or target.facts.demos
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
