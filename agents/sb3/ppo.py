"""The policy's learner: Stable-Baselines3's PPO with our defaults."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from stable_baselines3 import PPO
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.vec_env import VecEnv

from ...envs.errors import NumericalError, UsageError
from .policy import policy_kwargs


@dataclass(frozen=True)
class PPOConfig:
    """Settings of PPO; the steps between two updates do not depend on the number of environments."""

    # Environment steps collected between two updates; usually 2,048-8,192.
    steps_per_update: int = 4096
    # Transitions in one gradient step; usually 64-1,024.
    batch_size: int = 512
    # Passes over a rollout; usually 4-20.
    epochs: int = 8
    # Adam's learning rate, falling linearly to zero over the training; usually 1e-4 to 5e-4.
    learning_rate: float = 3e-4
    # Discount; usually 0.98-0.999.
    gamma: float = 0.99
    # Trace of the generalized advantage estimate; usually 0.9-0.99.
    gae_lambda: float = 0.95
    # Bound on the probability ratio; usually 0.1-0.3.
    clip_range: float = 0.2
    # Weight of the entropy bonus; usually 0-0.01.
    ent_coef: float = 0.0
    # Logarithm of the initial standard deviation of the actions; usually -2 to 0.
    log_std_init: float = 0.0
    # Widths of the policy's hidden layers (tanh); usually two of 32-256.
    policy_layers: tuple[int, ...] = (64, 64)
    # Widths of the value's hidden layers (tanh); usually two of 32-256.
    value_layers: tuple[int, ...] = (128, 128)

    def __post_init__(self) -> None:
        if self.steps_per_update % self.batch_size:
            raise UsageError(
                f"a rollout of {self.steps_per_update} steps cannot be split "
                f"into batches of {self.batch_size}"
            )


def falling(start: float) -> Callable[[float], float]:
    """A rate falling linearly from `start` to zero with the progress that remains (1 to 0)."""
    return lambda remaining: start * remaining


@contextmanager
def numerical_failures_said(learner: BaseAlgorithm) -> Iterator[None]:
    """Turn torch's refusal of a distribution that is none into an error with a next step.

    Raises:
        NumericalError: when the policy's mean or width is no longer a finite number.
    """
    try:
        yield
    except ValueError as fault:
        # torch.distributions say it in these words.
        if "to satisfy the constraint" not in str(fault):
            raise
        raise NumericalError(
            f"the policy is no longer finite at step {learner.num_timesteps:,}; "
            "lower the learning rate and go on from the newest checkpoint"
        ) from fault


def ppo(env: VecEnv, config: PPOConfig, seed: int, **overrides: Any) -> PPO:
    """PPO on an environment; `overrides` are Stable-Baselines3's own keyword arguments and win.

    Raises:
        UsageError: when the steps between two updates cannot be split among the environments.
    """
    if config.steps_per_update % env.num_envs:
        raise UsageError(
            f"{config.steps_per_update} steps per update cannot be split among {env.num_envs} environments"
        )
    ours = policy_kwargs(config.policy_layers, config.value_layers, log_std_init=config.log_std_init)
    # The normalizer stays unless it is replaced by name.
    overrides["policy_kwargs"] = {**ours, **overrides.get("policy_kwargs", {})}
    arguments: dict[str, Any] = {
        "n_steps": config.steps_per_update // env.num_envs,
        "batch_size": config.batch_size,
        "n_epochs": config.epochs,
        "learning_rate": falling(config.learning_rate),
        "gamma": config.gamma,
        "gae_lambda": config.gae_lambda,
        "clip_range": config.clip_range,
        "ent_coef": config.ent_coef,
        "seed": seed,
        "device": "cpu",
    }
    return PPO("MlpPolicy", env, **{**arguments, **overrides})
