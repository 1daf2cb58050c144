"""How scores get into Stable-Baselines3: an environment that pays nothing, a buffer that adds rewards."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import torch
from gymnasium.spaces import Box, Space
from jaxtyping import Float
from stable_baselines3.common.buffers import RolloutBuffer
from stable_baselines3.common.vec_env import VecEnv, VecEnvWrapper
from stable_baselines3.common.vec_env.base_vec_env import VecEnvObs, VecEnvStepReturn

from ...envs.errors import UsageError
from ...generative.interfaces.rollout import Rollout


class Step(NamedTuple):
    """One step of all copies, as arrays."""

    obs: Float[np.ndarray, "N O"]
    action: Float[np.ndarray, "N A"]
    next_obs: Float[np.ndarray, "N O"]
    terminated: np.ndarray
    truncated: np.ndarray
    episode_start: np.ndarray


class ZeroRewardVecEnv(VecEnvWrapper):
    """Hides the true reward from the learner and keeps the steps of the current rollout.

    `info["episode"]` still reports the true return: it is shown, never learned from.

    Args:
        env: pays the true reward.
        looks_back: steps before a rollout that go with it as its history.

    Attributes:
        true_rewards: the hidden rewards of the rollout taken last, for the control `true` alone.
    """

    true_rewards: Float[np.ndarray, "T N"]

    def __init__(self, env: VecEnv, looks_back: int = 0):
        super().__init__(env)
        self._looks_back = looks_back
        self._steps: list[Step] = []
        self._paid: list[np.ndarray] = []
        self._history: Rollout | None = None

    def reset(self) -> VecEnvObs:
        """Begin all episodes anew."""
        self._obs = _array(self.venv.reset())
        self._starts = np.ones(self.num_envs, dtype=bool)
        return self._obs

    def step_async(self, actions: np.ndarray) -> None:
        """Keep the executed actions; Stable-Baselines3 has clipped them to the bounds."""
        self._actions = actions
        self.venv.step_async(actions)

    def step_wait(self) -> VecEnvStepReturn:
        """Step, remember, pay zero."""
        observed, paid, ended, infos = self.venv.step_wait()
        self._paid.append(paid)
        obs = _array(observed)
        next_obs = obs.copy()
        truncated = np.zeros_like(ended)
        for i in np.flatnonzero(ended):
            next_obs[i] = infos[i]["terminal_observation"]
            truncated[i] = infos[i].get("TimeLimit.truncated", False)
        self._steps.append(
            Step(self._obs, self._actions, next_obs, ended & ~truncated, truncated, self._starts)
        )
        self._obs, self._starts = obs, ended
        return obs, np.zeros(self.num_envs, dtype=np.float32), ended, infos

    def forget(self) -> None:
        """Drop the steps of a rollout that was cut short, and with them what came before."""
        if self._steps:
            self._history = None
        self._clear()

    def _clear(self) -> None:
        self._steps, self._paid = [], []

    def take_rollout(self) -> Rollout:
        """The steps since the last call, as tensors; forgets them, and sets `true_rewards`."""
        columns = (np.stack(column) for column in zip(*self._steps, strict=True))
        obs, action, next_obs, terminated, truncated, starts = (
            torch.from_numpy(column) for column in columns
        )
        steps = Rollout(obs.float(), action.float(), next_obs.float(), terminated, truncated, starts)
        rollout = replace(steps, history=self._history)
        self.true_rewards = np.stack(self._paid).astype(np.float32)
        self._clear()
        self._history = rollout.last(self._looks_back) if self._looks_back else None
        return rollout


def box_width(space: Space) -> int:
    """Columns of a flat space.

    Raises:
        UsageError: a space of another kind.
    """
    if not (isinstance(space, Box) and len(space.shape) == 1):
        raise UsageError(f"the environment has the space {space}; gailforce works on flat Box spaces")
    return space.shape[0]


def _array(obs: VecEnvObs) -> np.ndarray:
    # Stable-Baselines3 also knows dictionaries of observations; flat Box spaces give none.
    assert isinstance(obs, np.ndarray)
    return obs


class ScoredRolloutBuffer(RolloutBuffer):
    """A rollout buffer that, once it is full, trains the discriminator and relabels the rollout.

    The environment has paid zero, so the buffer then holds nothing but the bootstrap gamma V(last
    observation) that Stable-Baselines3 adds where an episode was truncated. Scores are ADDED to it.
    """

    def __init__(
        self,
        *args: Any,
        zero_reward_env: ZeroRewardVecEnv,
        relabel: Callable[[Rollout], Float[np.ndarray, "T N"]],
        train_discriminator: Callable[[Rollout], None] | None = None,
        **kwargs: Any,
    ):
        self._zero_reward_env, self._relabel = zero_reward_env, relabel
        self._train_discriminator = train_discriminator
        super().__init__(*args, **kwargs)

    def reset(self) -> None:
        """Empty buffer and zero_reward_env together: an interrupted rollout leaves half of one behind."""
        self._zero_reward_env.forget()
        super().reset()

    def compute_returns_and_advantage(self, last_values: torch.Tensor, dones: np.ndarray) -> None:
        """Train the discriminator, add the new rewards, then let the parent compute advantages."""
        rollout = self._zero_reward_env.take_rollout()
        if self._train_discriminator is not None:
            self._train_discriminator(rollout)
        self.rewards += self._relabel(rollout)
        super().compute_returns_and_advantage(last_values, dones)
