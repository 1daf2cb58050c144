"""A graded ladder: episodes of random, partly trained, expert and disturbed policies, to test judges on."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from ...agents.loading import PolicyOptions
from ...demos.dataset import Demonstrations
from ...demos.recorder import NoisyPolicy, Policy, RandomPolicy, record
from ...demos.trajectory import Trajectory
from ...envs.errors import UsageError
from ...envs.registry import spaces
from ..runs.folder import RunFolder
from ..runs.target import resolve
from ..scoring.card import card_of

# Standard deviations of the noise on the expert's actions, in units of the action.
NOISES = (0.1, 0.3, 0.6)
# First seed of the episodes; each policy takes the next thousand.
LADDER_SEED = 400_000


@dataclass(frozen=True)
class GradedSet:
    """A recorded ladder: its file, steps, and mean return of each policy."""

    path: Path
    steps: int
    returns: dict[str, float]

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {**vars(self), "path": str(self.path)}


@dataclass(frozen=True)
class LadderPolicies:
    """The policies of a ladder.

    Attributes:
        env: name of the environment.
        expert: the expert's run, with its checkpoints.
        options: how the expert's policy is read.
    """

    env: str
    expert: Path
    options: PolicyOptions

    def all(self, snapshots: tuple[int, ...]) -> dict[str, tuple[Policy, bool]]:
        """Every policy by name, and whether it acts deterministically."""
        _, space = spaces(self.env)
        expert = resolve(self.expert, self.env, self.options).policy
        noisy = {f"expert-noise-{sigma}": (NoisyPolicy(expert, sigma, space), True) for sigma in NOISES}
        return {
            "random": (RandomPolicy(space), True),
            **{f"snapshot-{step}": (self._snapshot(step), True) for step in snapshots},
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
        nearest = min(files, key=lambda stored: abs(stored - step))
        return resolve(files[nearest], self.env, self.options).policy


def record_ladder(
    policies: LadderPolicies, snapshots: tuple[int, ...], out: Path, steps_per_policy: int
) -> GradedSet:
    """Play every policy and write one set in float32.

    Raises:
        UsageError: the expert's run has no checkpoints.
    """
    played: list[Trajectory] = []
    players = policies.all(snapshots)
    for i, (name, (policy, deterministic)) in enumerate(players.items()):
        first = LADDER_SEED + 1000 * i
        played += _play(policy, policies.env, deterministic, first, name, steps_per_policy)
    notes = "graded ladder: " + ", ".join(players)
    # Its lower policies are meant to be bad.
    card = replace(card_of(policies.env, str(policies.expert), notes), reference_return=None)
    path = Demonstrations(played, card, out.stem).save(out, precision="float32")
    returns = {name: float(np.mean([t.total_reward for t in played if t.source == name])) for name in players}
    return GradedSet(path, int(sum(map(len, played))), returns)


def _play(
    policy: Policy, env: str, deterministic: bool, seed: int, name: str, most_steps: int
) -> list[Trajectory]:
    """Whole episodes until the next one would pass the limit."""
    episodes: list[Trajectory] = []
    while True:
        (episode,) = record(policy, env, 1, seed + len(episodes), deterministic, source=name)
        if episodes and sum(map(len, episodes)) + len(episode) > most_steps:
            return episodes
        episodes.append(episode)
