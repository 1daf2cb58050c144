"""The verb `evaluate`: a policy's score beside its controls."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any

import tyro

from ...agents.loading import PolicyOptions
from ...demos.dataset import Demonstrations, require_environment
from ...demos.library import SHIPPED_FOR
from ...demos.recorder import Policy
from ...envs.errors import UsageError
from ...envs.registry import Horizon, spaces
from ..pipeline.config import imitation_of
from ..pipeline.session import Session
from ..runs.process import one_thread, this_command, versions
from ..runs.target import Target, resolve
from ..scoring.controls import Task
from ..scoring.evaluation import evaluate
from ..scoring.score import Score, ScoreEntry, ScoreTable
from ..scoring.score_table import FOOTNOTE, ControlMode, table, with_controls
from .command import Command


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
        one_thread()
        target = resolve(self.policy, self.env, self.options)
        # Of other demonstrations or another horizon the run's own result says nothing.
        run = target.run if self.horizon is None and self.demos is None else None
        if run is not None:
            run.read_result()  # A damaged one is refused now, not after minutes of playing.
        task = self._task(target)
        modes = {"deterministic": True, "exploring": False}
        if not getattr(target.policy, "explores", True):
            del modes["exploring"]
        scores = {mode: self._score(target.policy, task, flag) for mode, flag in modes.items()}
        expert = None
        if self.expert is not None:
            expert = self._score(resolve(self.expert, task.env_id, self.options).policy, task, True)
        beside = with_controls(scores, task, self.controls, expert)
        if "exploring" not in modes:
            beside = beside.with_agent("exploring", ScoreEntry(missing="this file holds no exploring policy"))
        if run is not None:
            run.update_result(beside)
        return Evaluation(this_command(), task.env_id, str(target.file), versions(), beside)

    def _score(self, policy: Policy, task: Task, deterministic: bool) -> Score:
        return evaluate(
            policy,
            task.env_id,
            self.episodes,
            deterministic,
            horizon=task.horizon,
            source="gailforce evaluate",
        )

    def _task(self, target: Target) -> Task:
        """What the controls are made for: the run's own demonstrations, or those that are named."""
        imitation = imitation_of(target.run)
        if imitation is not None and self.demos is None:
            task = Session.load(imitation).task()
            return replace(task, episodes=self.episodes, horizon=self.horizon or task.horizon)
        name = self.demos or SHIPPED_FOR.get(target.env_id)
        if name is None:
            raise UsageError(f"no demonstrations of {target.env_id} to compare with; name some with --demos")
        demos = Demonstrations.load(name)
        obs_size, actions = spaces(target.env_id)
        require_environment(demos, target.env_id, obs_size, actions.shape[0])
        horizon = self.horizon or target.facts.horizon
        return Task(target.env_id, demos, demos, target.facts.steps, horizon, self.episodes)

    def describe(self, result: Evaluation) -> str:
        """The table."""
        return f"{result.environment}: {result.policy}\n\n{table(result.scores)}\n\n{FOOTNOTE}"
