"""Probe environments with known answers: a failure names the broken link."""

from collections.abc import Callable

import gymnasium
import numpy as np
from gymnasium.spaces import Box
from stable_baselines3.common.vec_env import VecEnvWrapper

Reward = Callable[[float, float], float]


class Probe(gymnasium.Env):
    """Observation drawn from {-1, +1}; the reward is a given function of observation and action.

    An episode has `steps` steps and pays in the last one only.
    """

    observation_space = Box(-1, 1, (1,), np.float64)
    action_space = Box(-1, 1, (1,), np.float32)

    def __init__(self, reward: Reward, steps: int = 1):
        self._reward, self._steps = reward, steps

    def reset(self, *, seed: int | None = None, options: dict | None = None):
        super().reset(seed=seed)
        self._age = 0
        self._sign = float(self.np_random.choice((-1.0, 1.0)))
        return np.array([self._sign]), {}

    def step(self, action: np.ndarray):
        self._age += 1
        last = self._age == self._steps
        reward = self._reward(self._sign, float(action[0])) if last else 0.0
        return np.array([self._sign]), reward, last, False, {}


class Track(gymnasium.Env):
    """A point that moves by its action; nothing else happens for 20 steps."""

    observation_space = Box(-np.inf, np.inf, (1,), np.float64)
    action_space = Box(-1, 1, (1,), np.float32)

    def reset(self, *, seed: int | None = None, options: dict | None = None):
        super().reset(seed=seed)
        self._x, self._age = float(self.np_random.uniform(-0.1, 0.1)), 0
        return np.array([self._x]), {}

    def step(self, action: np.ndarray):
        self._x += 0.1 * float(action[0])
        self._age += 1
        return np.array([self._x]), 0.0, False, self._age == 20, {}


class Poisoned(VecEnvWrapper):
    """Pays NaN, as if the true reward were not to be had."""

    def reset(self):
        return self.venv.reset()

    def step_wait(self):
        obs, rewards, ended, infos = self.venv.step_wait()
        return obs, np.full_like(rewards, np.nan), ended, infos
