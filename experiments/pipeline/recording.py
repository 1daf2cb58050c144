"""Recorded episodes of a policy as demonstrations with a card."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ...demos.card import Card
from ...demos.dataset import Demonstrations
from ...demos.packing import Precision
from ...demos.recorder import NoisyPolicy, Policy, record
from ...demos.trajectory import Trajectory
from ...envs.registry import spaces
from ..scoring.card import SPLIT_SEEDS, card_of


@dataclass(frozen=True)
class RecordingConfig:
    """What is recorded of a policy."""

    # Training episodes.
    episodes: int = 25
    # Episodes of the validation split.
    validation: int = 0
    # Episodes of the test split.
    test: int = 0
    # Random seed of the first training episode; validation and test follow at fixed distances.
    seed: int = SPLIT_SEEDS["training"]
    # Draw actions instead of taking the most likely one.
    exploring: bool = False
    # Standard deviation of noise added to the actions, in units of the action, usually 0-0.6.
    noise: float = 0.0
    # Keep observations and actions only.
    plain: bool = False
    # float32 halves the file and replays to 1e-4 instead of exactly.
    precision: Precision = "float64"
    # Notes on the card of the set.
    notes: str = ""
    # Refuse a set whose mean return is below that of an expert of this environment.
    gate: bool = True


@dataclass(frozen=True)
class RecordedSet:
    """A recorded set.

    Attributes:
        path: of the file.
        episodes: of all splits.
        mean_return: of all episodes.
        std_return: of all episodes.
        steps: of all episodes.
    """

    path: Path
    episodes: int
    mean_return: float
    std_return: float
    steps: int

    def to_json(self) -> dict[str, object]:
        """Plain values."""
        return {**vars(self), "path": str(self.path)}


def record_set(policy: Policy, env: str, maker: str, out: Path, config: RecordingConfig) -> RecordedSet:
    """Play whole episodes in `gymnasium.make` and write them.

    Args:
        policy: acts.
        env: name of the environment.
        maker: of the set, for its card.
        out: the file.
        config: what is recorded.

    Raises:
        DataError: the mean return is below that of an expert.
    """
    if config.noise:
        policy = NoisyPolicy(policy, config.noise, spaces(env)[1], config.seed)
    counts = {"training": config.episodes, "validation": config.validation, "test": config.test}
    parts = {split: _play(policy, env, split, count, config) for split, count in counts.items() if count}
    played = [episode for part in parts.values() for episode in part]
    returns = np.array([t.total_reward for t in played])
    # Measured here: plain episodes hold no rewards.
    card = card_of(env, maker, config.notes).measured(returns, len(played))
    card = card if config.gate else replace(card, reference_return=None)
    path = _save(parts, card, out, config)
    steps = int(sum(map(len, played)))
    return RecordedSet(path, len(played), float(returns.mean()), float(returns.std()), steps)


def _play(policy: Policy, env: str, split: str, count: int, config: RecordingConfig) -> list[Trajectory]:
    first = config.seed + SPLIT_SEEDS[split] - SPLIT_SEEDS["training"]
    return record(policy, env, count, first, deterministic=not config.exploring)


def _save(parts: dict[str, list[Trajectory]], card: Card, out: Path, config: RecordingConfig) -> Path:
    if config.plain:
        parts = {split: [replace(t, states=None, rewards=None) for t in parts[split]] for split in parts}
    sets = {split: Demonstrations(part, card, out.stem) for split, part in parts.items()}
    return sets["training"].save(
        out, validation=sets.get("validation"), test=sets.get("test"), precision=config.precision
    )
