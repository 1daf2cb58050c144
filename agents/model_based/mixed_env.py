"""A dream some of whose copies are awake: they live in the real environment, among those that dream.

A policy that only dreams learns what its model gets wrong; one copy in sixteen that really falls corrects the
values of all (in Janner et al. 2019 a share of real steps goes into every batch).
"""

import numpy as np
from stable_baselines3.common.vec_env.base_vec_env import VecEnvObs, VecEnvStepReturn

from ...envs.one_object import OneObjectEnv
from .experience import RealExperience
from .model_env import ModelEnv

# What learners are told of an end; the true return stays where it is.
TOLD = ("terminal_observation", "TimeLimit.truncated")


class MixedVecEnv(OneObjectEnv):
    """The real copies first, then the branches of the dream; it pays nothing.

    Args:
        real: what is lived is remembered there.
        dream: of the same body.
    """

    def __init__(self, real: RealExperience, dream: ModelEnv):
        self.real, self.dream = real, dream
        self.render_mode, self.spec = None, dream.spec
        super().__init__(real.count + dream.num_envs, dream.observation_space, dream.action_space)

    def reset(self) -> VecEnvObs:
        """Begin all episodes and branches anew."""
        return np.concatenate((self.real.reset(), np.asarray(self.dream.reset())))

    def step_async(self, actions: np.ndarray) -> None:
        """Keep the actions for `step_wait`."""
        self._actions = actions[: self.real.count].copy()
        self.dream.step_async(actions[self.real.count :])

    def step_wait(self) -> VecEnvStepReturn:
        """Live a step and imagine one."""
        lived, over, told = self.real.step(self._actions)
        imagined, _, ended, infos = self.dream.step_wait()
        told = [{key: info[key] for key in TOLD if key in info} for info in told]
        obs = np.concatenate((lived, np.asarray(imagined)))
        return obs, np.zeros(len(obs), dtype=np.float32), np.concatenate((over, ended)), told + infos

    def seed(self, seed: int | None = None) -> list[int | None]:
        """Draw the branches anew from a seed; the real copies have their own."""
        return [seed] * self.real.count + list(self.dream.seed(seed))
