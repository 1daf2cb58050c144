"""The verb `ladder`: episodes of graded quality, from random to expert, to test judges of behavior on."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import tyro

from ...agents.loading import PolicyOptions
from ...envs.errors import UsageError
from ..pipeline.ladder import GradedSet, LadderPolicies, record_ladder
from ..runs.counting import counted
from ..runs.process import one_thread
from .command import Command, require_at_least

# Snapshots of training below which the policies between random and expert say little.
SNAPSHOTS = 3


@dataclass
class Ladder(Command[GradedSet]):
    """Record a graded ladder: random, snapshots of an expert's training, the expert exploring and disturbed.

    Example:
        gailforce ladder hopper --expert runs/X --snapshots 100_000 300_000 1_000_000 --out ladder.gfd
    """

    # Environment: hopper or walker2d.
    env: Annotated[str, tyro.conf.Positional]
    # The run of the expert, with its checkpoints.
    expert: Path
    # Training steps at which a policy is taken, at least three; each takes the nearest checkpoint.
    snapshots: tuple[int, ...]
    # File to write; .gfd is added to a bare name.
    out: Path
    # Largest number of steps of each policy; whole episodes only, at least one.
    steps_per_policy: int = 3000
    options: Annotated[PolicyOptions, tyro.conf.arg(name="")] = field(default_factory=PolicyOptions)

    def run(self) -> GradedSet:
        """Play every policy and write one set."""
        require_at_least(1, steps_per_policy=self.steps_per_policy)
        if len(self.snapshots) < SNAPSHOTS:
            raise UsageError(
                f"a ladder needs at least {SNAPSHOTS} snapshots; got {len(self.snapshots)} with --snapshots"
            )
        for step in self.snapshots:
            require_at_least(0, snapshots=step)
        one_thread()
        policies = LadderPolicies(self.env, self.expert, self.options)
        return record_ladder(policies, self.snapshots, self.out, self.steps_per_policy)

    def describe(self, result: GradedSet) -> str:
        """The mean return of every policy."""
        policies = "\n".join(f"  {name:<22}{value:>8,.0f}" for name, value in result.returns.items())
        return f"{result.path}: {counted(result.steps, 'step')}\n{policies}"
