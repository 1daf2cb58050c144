"""Running at an asked speed: the same body, with the speed it is asked for as a further observation."""

import numpy as np
from gymnasium.spaces import Box
from jaxtyping import Bool, Float
from stable_baselines3.common.vec_env import VecEnvWrapper
from stable_baselines3.common.vec_env.base_vec_env import VecEnvObs, VecEnvStepReturn

from .batched import BatchedEnv

# What the asked speed is worth; living is worth 1.
WEIGHT = 2.0
CONTROL_COST = 1e-3


def speed_reward(
    speed: Float[np.ndarray, "B"],
    asked: Float[np.ndarray, "B"],
    healthy: Bool[np.ndarray, "B"],
    action: Float[np.ndarray, "B A"],
) -> Float[np.ndarray, "B"]:
    """2 max(-1, 1 - |v - v*| / v*) + 1 while healthy - 0.001 |a|², speeds in m/s.

    A share of the asked speed pays from standing on; one that pays near the asked speed alone, such as
    exp(-|v - v*|), taught to stand.
    """
    share = np.maximum(-1.0, 1.0 - np.abs(speed - asked) / asked)
    return WEIGHT * share + healthy - CONTROL_COST * np.square(action).sum(axis=1)


class SpeedTask(VecEnvWrapper):
    """Pays for running at the speed that stands in the last column of the observation [m/s].

    Args:
        env: copies of one of our bodies.
        speeds: what may be asked: a new one is drawn at every start of an episode.
        seed: of those draws.

    Attributes:
        asked: `(n,)`, the speed each copy is asked for now; write it to ask for others.
    """

    venv: BatchedEnv

    def __init__(self, env: BatchedEnv, speeds: tuple[float, ...], seed: int = 0):
        width = env.body.obs_size + 1
        super().__init__(env, observation_space=Box(-np.inf, np.inf, (width,), np.float64))
        self._speeds = np.asarray(speeds, dtype=np.float64)
        self._generator = np.random.default_rng(seed)
        self.asked = self._drawn(env.num_envs)

    def _drawn(self, count: int) -> Float[np.ndarray, "K"]:
        return self._generator.choice(self._speeds, count)

    def reset(self) -> VecEnvObs:
        """Begin all episodes anew, each with a speed of its own."""
        self.asked = self._drawn(self.num_envs)
        return self._with_asked(np.asarray(self.venv.reset()))

    def step_async(self, actions: np.ndarray) -> None:
        """Keep the actions: they cost."""
        self._actions = actions
        self.venv.step_async(actions)

    def step_wait(self) -> VecEnvStepReturn:
        """Step; pay for the speed; ask those that begin anew for another."""
        obs, _, ended, infos = self.venv.step_wait()
        truncated = np.array([info.get("TimeLimit.truncated", False) for info in infos])
        rewards = speed_reward(self.venv.speeds, self.asked, ~(ended & ~truncated), self._actions)
        for i in np.flatnonzero(ended):
            infos[i]["terminal_observation"] = np.append(infos[i]["terminal_observation"], self.asked[i])
        self.asked = np.where(ended, self._drawn(self.num_envs), self.asked)
        return self._with_asked(np.asarray(obs)), rewards.astype(np.float32), ended, infos

    def _with_asked(self, obs: Float[np.ndarray, "n O"]) -> Float[np.ndarray, "n P"]:
        return np.column_stack((obs, self.asked))
