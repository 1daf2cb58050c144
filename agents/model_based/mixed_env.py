"""Real environments and model rollouts in one vectorized environment.

A policy that trains in its model alone learns the model's errors. One real environment in sixteen corrects
the values of all (Janner et al. 2019 put a share of real steps into every batch).
"""

import numpy as np
from stable_baselines3.common.vec_env.base_vec_env import VecEnvObs, VecEnvStepReturn

from ...envs.one_object import OneObjectEnv
from .experience import RealExperience
from .model_env import ModelEnv

# Infos of an end that learners get; the true return is left out.
INFOS = ("terminal_observation", "TimeLimit.truncated")


class MixedVecEnv(OneObjectEnv):
    """The real environments first, then the model rollouts; all rewards are zero.

    Args:
        real: records the real steps.
        model_env: of the same body.
    """

    def __init__(self, real: RealExperience, model_env: ModelEnv):
        self.real, self.model_env = real, model_env
        self.render_mode, self.spec = None, model_env.spec
        count = real.count + model_env.num_envs
        super().__init__(count, model_env.observation_space, model_env.action_space)

    def reset(self) -> VecEnvObs:
        """Start all episodes and rollouts."""
        return np.concatenate((self.real.reset(), np.asarray(self.model_env.reset())))

    def step_async(self, actions: np.ndarray) -> None:
        """Store the actions for `step_wait`."""
        self._actions = actions[: self.real.count].copy()
        self.model_env.step_async(actions[self.real.count :])

    def step_wait(self) -> VecEnvStepReturn:
        """Take one real step and one model step."""
        real_obs, real_ended, real_infos = self.real.step(self._actions)
        model_obs, _, model_ended, model_infos = self.model_env.step_wait()
        infos = [{key: info[key] for key in INFOS if key in info} for info in real_infos]
        obs, ended = np.concatenate((real_obs, np.asarray(model_obs))), (real_ended, model_ended)
        return obs, np.zeros(len(obs), dtype=np.float32), np.concatenate(ended), infos + model_infos

    def seed(self, seed: int | None = None) -> list[int | None]:
        """Seed the model rollouts; the real environments keep their own seeds."""
        return [seed] * self.real.count + list(self.model_env.seed(seed))
