"""The verb `verdict`: did it imitate? Answered without any reward."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated

import tyro

from ...agents.loading import PolicyOptions
from ..pipeline.config import ImitationConfig
from ..pipeline.task import task_of
from ..runs.process import one_thread
from ..runs.target import resolve
from ..scoring import controls
from ..verdict import verdict
from ..verdict.judge import gather, judge, write_verdict
from .command import Command


@dataclass
class Verdict(Command[verdict.Verdict]):
    """Did it imitate? Answered from the demonstrations alone, without looking at any reward.

    Examples:
        gailforce verdict runs/imitate-hopper-X
        gailforce verdict my-ppo.zip --env Hopper-v5 --demos my-demos.gfd
    """

    # A run of imitate, a saved agent (.gfa), or a Stable-Baselines3 zip.
    policy: Annotated[Path, tyro.conf.Positional]
    # Environment, where the policy does not say.
    env: str | None = None
    # Demonstrations to judge by; by default those the run learned from, or the shipped ones.
    demos: str | None = None
    # Train an agent on a constant reward for the survival check, where none is kept.
    train_constant: bool = False
    options: Annotated[PolicyOptions, tyro.conf.arg(name="")] = field(default_factory=PolicyOptions)

    def run(self) -> verdict.Verdict:
        """Gather the evidence and conclude; a run keeps its verdict in verdict.json."""
        one_thread()
        target = resolve(self.policy, self.env, self.options)
        task = task_of(target, self.demos, "judge by", ImitationConfig.steps)
        constant = controls.constant_agent(task, train=self.train_constant)
        evidence = gather(
            target.policy,
            target.reward_model(),
            target.run,
            task.demos.without_rewards(),
            task.env_id,
            task.horizon,
            constant,
        )
        # Other demonstrations than the run's own are asked about in passing.
        run = target.run if self.demos is None else None
        return replace(write_verdict(run, judge(evidence), task.demos.name), policy=str(target.file))

    def describe(self, result: verdict.Verdict) -> str:
        """The word, the reasons, and what to try next."""
        marks = {"pass": "ok  ", "warn": "warn", "fail": "FAIL", "unknown": "?   "}
        lines = [f"{result.word.upper()}: {result.sentence}", result.confidence.sentence, ""]
        for check in result.checks:
            lines.append(f"{marks[check.status]}  {check.name}: {check.sentence}")
            if check.next:
                lines.append(f"      next: {check.next}")
        return "\n".join(lines)
