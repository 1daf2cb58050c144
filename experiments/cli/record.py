"""The verb `record`: episodes of any policy as demonstrations with a card."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import tyro

from ...agents.loading import PolicyOptions
from ...demos.card import Card
from ...demos.dataset import Demonstrations
from ...demos.packing import Precision
from ...demos.recorder import NoisyPolicy, Policy, record
from ...demos.trajectory import Trajectory
from ...envs.registry import spaces
from ..runs.counting import counted
from ..runs.process import one_thread
from ..runs.target import resolve
from ..scoring.card import SPLIT_SEEDS, card_of
from .command import Command, require_at_least, require_seed


@dataclass
class Record(Command):
    """Record whole episodes of a policy in gymnasium.make, as one verified file.

    States are kept for hopper and walker2d; --plain leaves states and rewards out, as most people's data
    have neither.

    Examples:
        gailforce record hopper --policy runs/expert-hopper-X --episodes 25 --out my-demos.gfd
        gailforce record HalfCheetah-v5 --policy runs/X --episodes 25 --plain --out cheetah.gfd
    """

    # Environment: hopper, walker2d, or any Gymnasium id with Box spaces.
    env: Annotated[str, tyro.conf.Positional]
    # A run, a saved agent (.gfa), or a Stable-Baselines3 zip.
    policy: Path
    # The file to write; .gfd is added to a bare name.
    out: Path
    # Training episodes.
    episodes: int = 25
    # Episodes of the validation split.
    validation: int = 0
    # Episodes of the test split.
    test: int = 0
    # First seed of the training episodes; validation and test follow at fixed distances.
    seed: int = SPLIT_SEEDS["training"]
    # Draw actions instead of taking the most likely one.
    exploring: bool = False
    # Standard deviation of noise added to the actions, in units of the action.
    noise: float = 0.0
    # Keep observations and actions only.
    plain: bool = False
    # float32 halves the file and replays to 1e-4 instead of exactly.
    precision: Precision = "float64"
    # What the card says about the set.
    notes: str = ""
    # Hold the set to the return at which an expert of this environment begins.
    gate: bool = True
    options: Annotated[PolicyOptions, tyro.conf.arg(name="")] = field(default_factory=PolicyOptions)

    def run(self) -> dict[str, Any]:
        """Play and write."""
        self._check()
        one_thread()
        policy = self._policy()
        counts = {"training": self.episodes, "validation": self.validation, "test": self.test}
        parts = {split: self._play(policy, split, count) for split, count in counts.items() if count}
        played = [episode for part in parts.values() for episode in part]
        returns = np.array([t.total_reward for t in played])
        # Measured here, as plain episodes no longer know what they earned.
        card = card_of(self.env, str(self.policy), self.notes).measured(returns, len(played))
        card = card if self.gate else replace(card, reference_return=None)
        path = self._save(parts, card)
        return {
            "path": str(path), "episodes": len(played), "mean_return": float(returns.mean()),
            "std_return": float(returns.std()), "steps": int(sum(map(len, played))),
        }  # fmt: skip

    def _check(self) -> None:
        require_at_least(1, episodes=self.episodes)
        require_at_least(0, validation=self.validation, test=self.test, noise=self.noise)
        require_seed(self.seed)

    def _policy(self) -> Policy:
        policy = resolve(self.policy, self.env, self.options).policy
        return NoisyPolicy(policy, self.noise, spaces(self.env)[1], self.seed) if self.noise else policy

    def _play(self, policy: Policy, split: str, count: int) -> list[Trajectory]:
        first = self.seed + SPLIT_SEEDS[split] - SPLIT_SEEDS["training"]
        return record(policy, self.env, count, first, deterministic=not self.exploring)

    def _save(self, parts: dict[str, list[Trajectory]], card: Card) -> Path:
        if self.plain:
            parts = {split: [replace(t, states=None, rewards=None) for t in parts[split]] for split in parts}
        sets = {split: Demonstrations(part, card, self.out.stem) for split, part in parts.items()}
        return sets["training"].save(
            self.out,
            validation=sets.get("validation"),
            test=sets.get("test"),
            precision=self.precision,
        )

    def describe(self, result: dict[str, Any]) -> str:
        """What was written."""
        return (
            f"{result['path']}: {counted(result['episodes'], 'episode')}, "
            f"{counted(result['steps'], 'step')}, "
            f"return {result['mean_return']:,.0f} +- {result['std_return']:,.0f}\n"
            f"next: gailforce imitate {self.env} --demos {result['path']}"
        )
