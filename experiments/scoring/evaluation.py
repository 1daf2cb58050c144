"""Evaluation: whole episodes of a policy in `gymnasium.make`, and their true returns."""

from ...demos.recorder import Policy, record
from ...demos.trajectory import Trajectory
from ...envs.registry import Horizon
from .score import Score

# First seed of the episodes every policy is scored on: the same for all, apart from those of training.
EVALUATION_SEED = 1_000_000


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
