"""Scores: returns of whole episodes in `gymnasium.make`, always with their number and their spread."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..demos.recorder import Policy, record
from ..envs.registry import Horizon

# First seed of the episodes every policy is scored on: the same for all, apart from those of training.
EVALUATION_SEED = 1_000_000


@dataclass(frozen=True)
class Score:
    """True returns of a policy's episodes.

    Attributes:
        returns: one for each episode.
        lengths: steps of each episode.
        first_seed: episode `i` began with `reset(seed=first_seed + i)`.
        source: the command or the file the figures come from.
    """

    returns: tuple[float, ...]
    lengths: tuple[int, ...]
    first_seed: int
    source: str = ""

    @property
    def mean(self) -> float:
        """Mean return."""
        return float(np.mean(self.returns))

    @property
    def std(self) -> float:
        """Standard deviation over episodes."""
        return float(np.std(self.returns))

    def __str__(self) -> str:
        return f"{self.mean:,.0f} +- {self.std:,.0f} over {len(self.returns)} episodes"

    def to_json(self) -> dict[str, Any]:
        """Plain values for `result.json`."""
        seeds = list(range(self.first_seed, self.first_seed + len(self.returns)))
        return {
            "returns": list(self.returns), "lengths": list(self.lengths), "mean": self.mean, "std": self.std,
            "seeds": seeds, "source": self.source,
        }  # fmt: skip


def score(
    policy: Policy,
    env: str,
    episodes: int = 50,
    deterministic: bool = True,
    seed: int = EVALUATION_SEED,
    horizon: Horizon = "native",
    source: str = "",
) -> Score:
    """Play whole episodes in `gymnasium.make` and add up the true rewards."""
    played = record(policy, env, episodes, seed, deterministic, horizon)
    returns, lengths = [t.total_reward for t in played], [len(t) for t in played]
    return Score(tuple(returns), tuple(lengths), seed, source)
