"""Running at a target speed: the same body with the target speed as a further observation."""

import numpy as np
from gymnasium.spaces import Box
from jaxtyping import Bool, Float
from stable_baselines3.common.vec_env import VecEnvWrapper
from stable_baselines3.common.vec_env.base_vec_env import VecEnvObs, VecEnvStepReturn

from .batched import BatchedEnv

# Weight of the target speed in the reward; a healthy step gives 1.
WEIGHT = 2.0
CONTROL_COST = 1e-3


def speed_reward(
    speed: Float[np.ndarray, "B"],
    target: Float[np.ndarray, "B"],
    healthy: Bool[np.ndarray, "B"],
    action: Float[np.ndarray, "B A"],
) -> Float[np.ndarray, "B"]:
    """2 max(-1, 1 - |v - v*| / v*) + 1 while healthy - 0.001 |a|², speeds in m/s.

    The reward grows from standing on. A reward that is high near the target speed alone, such as
    exp(-|v - v*|), taught the body to stand.
    """
    share = np.maximum(-1.0, 1.0 - np.abs(speed - target) / target)
    return WEIGHT * share + healthy - CONTROL_COST * np.square(action).sum(axis=1)


class SpeedTask(VecEnvWrapper):
    """Rewards running at the target speed in the last column of the observation [m/s].

    Args:
        env: copies of one of our bodies.
        speeds: possible target speeds [m/s]; each episode draws a new one.
        seed: random seed of the draws.

    Attributes:
        target_speeds: `(n,)`, the current target speed of each copy [m/s]; may be set.
    """

    venv: BatchedEnv

    def __init__(self, env: BatchedEnv, speeds: tuple[float, ...], seed: int = 0):
        width = env.body.obs_size + 1
        super().__init__(env, observation_space=Box(-np.inf, np.inf, (width,), np.float64))
        self._speeds = np.asarray(speeds, dtype=np.float64)
        self._generator = np.random.default_rng(seed)
        self.target_speeds = self._draw_speeds(env.num_envs)

    def _draw_speeds(self, count: int) -> Float[np.ndarray, "K"]:
        return self._generator.choice(self._speeds, count)

    def reset(self) -> VecEnvObs:
        """Begin new episodes, each with its own target speed."""
        self.target_speeds = self._draw_speeds(self.num_envs)
        return self._with_targets(np.asarray(self.venv.reset()))

    def step_async(self, actions: np.ndarray) -> None:
        """Keep the actions for the control cost."""
        self._actions = actions
        self.venv.step_async(actions)

    def step_wait(self) -> VecEnvStepReturn:
        """Step, compute the reward, and draw a new target speed for each ended episode."""
        obs, _, ended, infos = self.venv.step_wait()
        truncated = np.array([info.get("TimeLimit.truncated", False) for info in infos])
        rewards = speed_reward(self.venv.speeds, self.target_speeds, ~(ended & ~truncated), self._actions)
        for i in np.flatnonzero(ended):
            infos[i]["terminal_observation"] = np.append(
                infos[i]["terminal_observation"], self.target_speeds[i]
            )
        self.target_speeds = np.where(ended, self._draw_speeds(self.num_envs), self.target_speeds)
        return self._with_targets(np.asarray(obs)), rewards.astype(np.float32), ended, infos

    def _with_targets(self, obs: Float[np.ndarray, "n O"]) -> Float[np.ndarray, "n P"]:
        return np.column_stack((obs, self.target_speeds))
