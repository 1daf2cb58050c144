"""The verb `ladder`: episodes of graded quality, from random to expert, to try judges of behavior on."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import tyro

from ...agents.loading import PolicyOptions
from ...demos.dataset import Demonstrations
from ...demos.recorder import NoisyPolicy, Policy, RandomPolicy, record
from ...demos.trajectory import Trajectory
from ...envs.errors import UsageError
from ...envs.registry import spaces
from ..runs.counting import counted
from ..runs.folder import RunFolder
from ..runs.process import one_thread
from ..runs.target import resolve
from ..scoring.card import card_of
from .command import Command, require_at_least

# Standard deviations of the noise on the expert's actions, in units of the action.
NOISES = (0.1, 0.3, 0.6)
# Snapshots of training below which the policies between random and expert say little.
SNAPSHOTS = 3
# First seed of the episodes; each policy takes the next thousand.
LADDER_SEED = 400_000


@dataclass
class Ladder(Command):
    """Record a graded ladder: random, snapshots of an expert's training, the expert exploring and disturbed.

    Example:
        gailforce ladder hopper --expert runs/X --snapshots 100_000 300_000 1_000_000 --out ladder.gfd
    """

    # Environment: hopper or walker2d.
    env: Annotated[str, tyro.conf.Positional]
    # The run of the expert, with its checkpoints.
    expert: Path
    # Steps of training at which a policy is taken, at least three; the nearest checkpoint counts.
    snapshots: tuple[int, ...]
    # The file to write.
    out: Path
    # Steps of each policy at most; whole episodes only, at least one.
    steps_per_policy: int = 3000
    options: Annotated[PolicyOptions, tyro.conf.arg(name="")] = field(default_factory=PolicyOptions)

    def run(self) -> dict[str, Any]:
        """Play every policy and write one set in float32."""
        self._check()
        one_thread()
        played: list[Trajectory] = []
        policies = self._policies()
        for i, (name, (policy, deterministic)) in enumerate(policies.items()):
            played += self._play(policy, deterministic, LADDER_SEED + 1000 * i, name)
        card = card_of(self.env, str(self.expert), "graded ladder: " + ", ".join(policies))
        # Its lower policies are meant to be bad.
        card = replace(card, reference_return=None)
        path = Demonstrations(played, card, self.out.stem).save(self.out, precision="float32")
        returns = {
            name: float(np.mean([t.total_reward for t in played if t.source == name])) for name in policies
        }
        return {"path": str(path), "steps": int(sum(map(len, played))), "returns": returns}

    def _check(self) -> None:
        require_at_least(1, steps_per_policy=self.steps_per_policy)
        if len(self.snapshots) < SNAPSHOTS:
            raise UsageError(
                f"a ladder needs at least {SNAPSHOTS} snapshots; got {len(self.snapshots)} with --snapshots"
            )
        for step in self.snapshots:
            require_at_least(0, snapshots=step)

    def _policies(self) -> dict[str, tuple[Policy, bool]]:
        _, space = spaces(self.env)
        expert = resolve(self.expert, self.env, self.options).policy
        snapshots = {f"snapshot-{step}": (self._snapshot(step), True) for step in self.snapshots}
        noisy = {f"expert-noise-{sigma}": (NoisyPolicy(expert, sigma, space), True) for sigma in NOISES}
        return {
            "random": (RandomPolicy(space), True),
            **snapshots,
            "expert-exploring": (expert, False),
            **noisy,
        }

    def _snapshot(self, step: int) -> Policy:
        files = {
            int(path.stem.removeprefix("step-")): path
            for path in RunFolder.open(self.expert).checkpoints.glob("step-*.gfa")
        }
        if not files:
            raise UsageError(
                f"{self.expert} keeps no checkpoints; train an expert with gailforce expert {self.env}"
            )
        return resolve(files[min(files, key=lambda known: abs(known - step))], self.env, self.options).policy

    def _play(self, policy: Policy, deterministic: bool, seed: int, name: str) -> list[Trajectory]:
        """Whole episodes until the next one would pass the limit."""
        episodes: list[Trajectory] = []
        while True:
            (episode,) = record(policy, self.env, 1, seed + len(episodes), deterministic, source=name)
            if episodes and sum(map(len, episodes)) + len(episode) > self.steps_per_policy:
                return episodes
            episodes.append(episode)

    def describe(self, result: dict[str, Any]) -> str:
        """The mean return of every policy."""
        policies = "\n".join(f"  {name:<22}{value:>8,.0f}" for name, value in result["returns"].items())
        return f"{result['path']}: {counted(result['steps'], 'step')}\n{policies}"
