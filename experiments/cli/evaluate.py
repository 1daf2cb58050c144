"""The verb `evaluate`: a policy's score beside its controls."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any

import tyro

from ...agents.loading import PolicyOptions
from ...envs.registry import Horizon
from ..pipeline.task import task_of
from ..runs.process import one_thread, this_command, versions
from ..runs.target import resolve
from ..scoring.policy_scores import policy_scores
from ..scoring.score import ScoreTable
from ..scoring.score_table import FOOTNOTE, ControlMode, table
from .command import Command, require_at_least


@dataclass(frozen=True)
class Evaluation:
    """A policy's scores beside its controls, and their origin."""

    command: str
    environment: str
    policy: str
    versions: dict[str, str]
    scores: ScoreTable

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "command": self.command,
            "environment": self.environment,
            "policy": self.policy,
            "versions": self.versions,
            **self.scores.to_json(),
        }


@dataclass
class Evaluate(Command[Evaluation]):
    """Score a policy in gymnasium.make, beside its controls.

    Examples:
        gailforce evaluate runs/imitate-hopper-X
        gailforce evaluate my-ppo.zip --env Hopper-v5 --demos hopper-expert
        gailforce evaluate sac.zip --env Walker2d-v5 --obs-mean mean.npy --obs-std std.npy
    """

    # A run, a saved agent (.gfa), or a Stable-Baselines3 zip.
    policy: Annotated[Path, tyro.conf.Positional]
    # Environment, where the policy does not say.
    env: str | None = None
    # Demonstrations of the expert to compare with; by default those of the run, or the shipped ones.
    demos: str | None = None
    # The expert's policy, where the demonstrations hold no rewards.
    expert: Path | None = None
    # Episodes.
    episodes: int = 50
    # fixed never ends an episode before its time limit.
    horizon: Horizon | None = None
    # cached uses the controls at hand, cheap trains a missing clone, full all, none shows references only.
    controls: ControlMode = "cached"
    options: Annotated[PolicyOptions, tyro.conf.arg(name="")] = field(default_factory=PolicyOptions)

    def run(self) -> Evaluation:
        """Play deterministic and exploring episodes; the result of a run of imitate is brought up to date."""
        require_at_least(1, episodes=self.episodes)
        one_thread()
        target = resolve(self.policy, self.env, self.options)
        # Of other demonstrations or another horizon the run's own result says nothing.
        run = target.run if self.horizon is None and self.demos is None else None
        if run is not None:
            run.read_result()  # A damaged one is refused now, not after minutes of playing.
        task = task_of(target, self.demos, "compare with", steps=0)
        task = replace(task, episodes=self.episodes, horizon=self.horizon or task.horizon)
        expert = None
        if self.expert is not None:
            expert = resolve(self.expert, task.env_id, self.options).policy
        scores = policy_scores(target.policy, task, self.controls, expert)
        if run is not None:
            run.update_result(scores)
        return Evaluation(this_command(), task.env_id, str(target.file), versions(), scores)

    def describe(self, result: Evaluation) -> str:
        """The table."""
        return f"{result.environment}: {result.policy}\n\n{table(result.scores)}\n\n{FOOTNOTE}"
