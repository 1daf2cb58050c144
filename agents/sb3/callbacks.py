"""Callbacks of training: saving on the way, and watching the true return where there is one."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.evaluation import evaluate_policy
from stable_baselines3.common.vec_env import VecEnv

from ..agent import Agent


def as_list(callback: BaseCallback | list[BaseCallback] | None) -> list[BaseCallback]:
    """Stable-Baselines3 takes none, one or several; ours join them."""
    if callback is None:
        return []
    return callback if isinstance(callback, list) else [callback]


class Periodic(BaseCallback):
    """Calls a function at the end of the first rollout after every `every` environment steps."""

    def __init__(self, every: int, act: Callable[[int], None]):
        super().__init__()
        self._every, self._act, self._next = every, act, every

    def _on_step(self) -> bool:
        return True

    def _on_rollout_end(self) -> None:
        if self.num_timesteps >= self._next:
            self._next += self._every * (1 + (self.num_timesteps - self._next) // self._every)
            self._act(self.num_timesteps)


def save_on_the_way(agent: Agent, folder: Path, every: int) -> Periodic:
    """Keeps `step-N.gfa` in a folder."""

    def save(step: int) -> None:
        agent.save(folder / f"step-{step:08d}.gfa")

    return Periodic(every, save)


class Evaluation:
    """Deterministic episodes on the fast copy, to draw a learning curve; no learner reads it.

    Attributes:
        best: the highest mean return so far.
    """

    def __init__(self, agent: Agent, env: VecEnv, episodes: int, on_best: Callable[[], None] | None = None):
        self._agent, self._env, self._episodes, self._on_best = agent, env, episodes, on_best
        self.best = -np.inf

    def __call__(self, step: int) -> None:
        """Evaluate and hand the figures to the learner's logger."""
        returns, lengths = evaluate_policy(
            self._agent,  # type: ignore[arg-type]  # its protocol wants dictionaries of observations too
            self._env,
            self._episodes,
            return_episode_rewards=True,
            warn=False,
        )
        assert isinstance(returns, list)
        logger = self._agent.learner.logger
        for key, value in (
            ("return_mean", np.mean(returns)),
            ("return_low", np.min(returns)),
            ("return_high", np.max(returns)),
            ("length_mean", np.mean(lengths)),
            ("episodes", len(returns)),
        ):
            logger.record(f"eval/{key}", float(value))
        if np.mean(returns) > self.best:
            self.best = float(np.mean(returns))
            if self._on_best is not None:
                self._on_best()
