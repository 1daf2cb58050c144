"""Scores: true returns of whole episodes in `gymnasium.make`, with their number and an interval."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from ...demos.recorder import Policy, record
from ...demos.trajectory import Trajectory
from ...envs.registry import Horizon
from .statistics import Estimate, mean_interval, normalized

# First seed of the episodes every policy is scored on: the same for all, apart from those of training.
EVALUATION_SEED = 1_000_000


@dataclass(frozen=True)
class Score:
    """True returns of a policy's episodes.

    Attributes:
        returns: one for each episode.
        lengths: steps of each episode.
        seeds: what each episode's `reset` was given; None where it is not known.
        source: the command or the file the figures come from.
    """

    returns: tuple[float, ...]
    lengths: tuple[int, ...]
    seeds: tuple[int | None, ...]
    source: str = ""

    @property
    def mean(self) -> float:
        """Mean return."""
        return float(np.mean(self.returns))

    @property
    def std(self) -> float:
        """Standard deviation over episodes."""
        return float(np.std(self.returns))

    def normalized_score(self, random: float, expert: float) -> Estimate:
        """Normalised return: 0 is random, 1 the expert; the interval is over episodes."""
        return mean_interval(normalized(self.returns, random, expert))

    def __str__(self) -> str:
        return f"return {mean_interval(self.returns)} episode{'s' * (len(self.returns) != 1)}"

    def to_json(self, random: float | None = None, expert: float | None = None) -> dict[str, Any]:
        """Plain values for `result.json`, with the normalized return where its references are known."""
        # An expert no better than random gives no scale.
        normalized_score = None
        if random is not None and expert is not None and expert > random:
            normalized_score = self.normalized_score(random, expert)
        return {
            "returns": list(self.returns),
            "lengths": list(self.lengths),
            "seeds": list(self.seeds),
            "mean": self.mean,
            "std": self.std,
            "normalized_score": None
            if normalized_score is None
            else {
                "value": normalized_score.value,
                "low": normalized_score.low,
                "high": normalized_score.high,
                "n": normalized_score.n,
            },
            "source": self.source,
        }

    @classmethod
    def from_json(cls, record: dict[str, Any]) -> "Score":
        """The score `to_json` wrote."""
        return cls(
            returns=tuple(record["returns"]),
            lengths=tuple(record["lengths"]),
            seeds=tuple(record["seeds"]),
            source=record["source"],
        )


def evaluate(
    agent: Policy,
    env: str,
    episodes: int = 50,
    deterministic: bool = True,
    seed: int = EVALUATION_SEED,
    horizon: Horizon = "native",
    source: str = "",
) -> Score:
    """Play whole episodes in `gymnasium.make` and add up the true rewards.

    Args:
        agent: anything with Stable-Baselines3's `predict`.
        env: `hopper`, `walker2d`, or a Gymnasium id.
        episodes: how many; episode `i` begins with `reset(seed=seed + i)`.
        deterministic: the most likely action instead of a draw.
        seed: of the first episode.
        horizon: `fixed` never ends an episode before its time limit.
        source: what to say about where the score comes from.

    Raises:
        UsageError: for no episodes, or an unknown environment.
    """
    played = record(agent, env, episodes, seed, deterministic, horizon)
    return Score(
        returns=tuple(map(_true_return, played)),
        lengths=tuple(map(len, played)),
        seeds=tuple(t.seed for t in played),
        source=source,
    )


def _true_return(episode: Trajectory) -> float:
    total = episode.total_reward
    assert total is not None  # `record` keeps the rewards
    return total
