"""Experts: PPO on the true reward, the only learner that may read it."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stable_baselines3 import PPO
from stable_baselines3.common.callbacks import BaseCallback, CallbackList
from stable_baselines3.common.policies import ActorCriticPolicy
from stable_baselines3.common.vec_env import VecEnv, VecNormalize

from ..envs.registry import env_id, env_id_of, make_env
from .agent import Agent
from .sb3.callbacks import as_list
from .sb3.normalizer import UpdateNormalizer
from .sb3.policy import save_agent
from .sb3.ppo import PPOConfig, numerical_failures_said, ppo


@dataclass(frozen=True)
class ExpertConfig:
    """Settings of an expert's training."""

    # Parallel environments; usually 8-128. The steps between two updates do not depend on their number.
    n_envs: int = 32
    # Settings of PPO.
    ppo: PPOConfig = field(default_factory=PPOConfig)


class Expert(Agent):
    """Learns a task from its true reward, divided by the running deviation of returns.

    Args:
        env: a name or Gymnasium id, or a VecEnv.
        seed: of environments, policy and every draw.
        config: settings with their usual ranges.
        **learner_kwargs: keyword arguments of Stable-Baselines3's PPO; they win over `config`.
    """

    learner: PPO

    def __init__(
        self, env: str | VecEnv, seed: int = 0, config: ExpertConfig | None = None, **learner_kwargs: Any
    ):
        self.config, self.seed = config or ExpertConfig(), seed
        venv = make_env(env, self.config.n_envs, seed) if isinstance(env, str) else env
        self.env_id = env_id(env) if isinstance(env, str) else env_id_of(env)
        # Only the reward is scaled here; observations are normalized inside the policy.
        scaled = VecNormalize(venv, norm_obs=False, gamma=self.config.ppo.gamma)
        self.learner = ppo(scaled, self.config.ppo, seed, **learner_kwargs)

    @property
    def policy(self) -> ActorCriticPolicy:
        """The learner's policy, observation normalization included."""
        return self.learner.policy

    def learn(
        self,
        total_timesteps: int,
        callback: BaseCallback | list[BaseCallback] | None = None,
        progress_bar: bool = False,
    ) -> "Expert":
        """Train for a number of environment steps."""
        callbacks = CallbackList([UpdateNormalizer(), *as_list(callback)])
        with numerical_failures_said(self.learner):
            self.learner.learn(total_timesteps, callbacks, progress_bar=progress_bar)
        return self

    def save(self, path: str | Path) -> None:
        """Write policy and normalization as one verified file."""
        facts = {"environment": self.env_id, "seed": self.seed, "steps": self.learner.num_timesteps}
        save_agent(path, "expert", self.policy, facts, {})
