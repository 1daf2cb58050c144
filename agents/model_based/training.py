"""Model-based imitation: few real steps, a world model of them, and most of the training in the model.

After Janner et al. 2019: short model rollouts from real states, longer ones as the model learns. A few of the
environments are real, and the policy learns from them as from the rollouts.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float
from stable_baselines3.common.callbacks import BaseCallback

from ...demos.dataset import Demonstrations
from ...demos.physics_residual import states_of
from ...demos.recorder import RandomPolicy
from ...demos.trajectory import Trajectory
from ...envs.errors import UsageError
from ...generative.worlds.world_families import WorldConfig
from ..gail import GAIL
from ..models.reward import played
from ..models.world import WorldModel
from .experience import RealExperience, reference_state_env
from .model_env import ModelEnv

# States that model rollouts are drawn from.
STARTS = 10_000


@dataclass(frozen=True)
class ModelBasedConfig:
    """Model-based training and the real steps beside it."""

    # Real steps by random actions before the first model is fitted.
    random_steps: int = 2000
    # Steps, of the model and real, between two updates of the model.
    model_update_interval: int = 4096
    # Real environments among all environments; their share is the share of real steps.
    n_real_envs: int = 4
    # Share of real episodes that start at demonstrated states, which a simulator allows and a robot does not.
    reference_state_init: float = 0.5
    # Steps of a real episode; short episodes start more often. Usually 100-1,000.
    max_episode_steps: int = 200
    # Steps of a model rollout at first; usually 5-10.
    rollout_length_min: int = 10
    # Steps of a model rollout at last; usually 15-50.
    rollout_length_max: int = 40
    # Updates of the model until rollouts have their full length.
    rollout_length_ramp: int = 100
    # Share of model rollouts that start at demonstrated states; usually 0.1-0.9.
    demo_start_share: float = 0.5
    # A rollout ends where the uncertainty exceeds this quantile of the training steps.
    uncertainty_quantile: float = 0.99
    # Gradient steps of an update of the model.
    updates: int = 200
    world: WorldConfig = field(default_factory=WorldConfig)

    def __post_init__(self) -> None:
        for name in ("random_steps", "model_update_interval", "max_episode_steps", "n_real_envs"):
            if getattr(self, name) < 1:
                raise UsageError(f"{_flag(name)} must be at least 1, got {getattr(self, name)}")
        for name in ("reference_state_init", "uncertainty_quantile", "demo_start_share"):
            if not 0 <= getattr(self, name) <= 1:
                raise UsageError(f"{_flag(name)} must be between 0 and 1, got {getattr(self, name)}")
        shortest, longest = self.rollout_length_min, self.rollout_length_max
        if shortest < 1 or longest < shortest:
            raise UsageError(
                f"a model rollout has at least one step; got {shortest} to {longest}: "
                f"give {_flag('rollout_length_min')} and {_flag('rollout_length_max')}"
            )


def _flag(name: str) -> str:
    """The flag of a field on the command line."""
    return f"--model-based.{name.replace('_', '-')}"


class ModelTraining(BaseCallback):
    """Updates the world model with the collected steps at a fixed interval, and restarts rollouts from them.

    Args:
        agent: its discriminator also learns from recent real steps.
        model_env: the model rollouts.
        real: the collected steps.
        demos: training data of the model, and starts of some rollouts.
        config: intervals, lengths and shares.

    Attributes:
        model_updates: updates so far.
    """

    def __init__(
        self,
        agent: GAIL,
        model_env: ModelEnv,
        real: RealExperience,
        demos: Demonstrations,
        config: ModelBasedConfig,
    ):
        super().__init__()
        self._agent, self._model_env, self._real, self._config = agent, model_env, real, config
        self._demos, self._next, self.model_updates = list(demos), 0, 0

    def _on_training_start(self) -> None:
        self._next = self.num_timesteps + self._config.model_update_interval

    def _on_step(self) -> bool:
        return True

    def _on_rollout_start(self) -> None:
        if self.num_timesteps < self._next:
            return
        self._next += self._config.model_update_interval
        self.model_updates += 1
        self._real.close_collection()
        self._agent.train_discriminator(played(self._real.recent))
        self._model_env.world.learn([*self._demos, *self._real.episodes], self._config.updates)
        prepare(self._model_env, self._demos, self._real, self._config, self.model_updates)
        self.logger.record("model/real_steps", self._real.steps)
        self.logger.record("model/horizon", self._model_env.horizon)
        for reason, count in self._model_env.ends.items():
            self.logger.record(f"model/{reason}", count)
        self._model_env.ends = dict.fromkeys(self._model_env.ends, 0)


def prepare(
    model_env: ModelEnv,
    demos: Sequence[Trajectory],
    real: RealExperience,
    config: ModelBasedConfig,
    model_updates: int,
) -> None:
    """Set starts, length and uncertainty bound of model rollouts after an update of the model.

    Half of the starts outside the demonstrations are recent. Rollouts grow with the number of updates.
    """
    collected = (1 - config.demo_start_share) / 2
    sources = ((demos, config.demo_start_share), (real.episodes, collected), (real.recent, collected))
    draws = np.random.default_rng(model_updates)
    model_env.start_from(np.concatenate([_drawn_states(*source, draws) for source in sources]))
    world = model_env.world
    bound = world.usual_uncertainty([*demos, *real.episodes], config.uncertainty_quantile)
    model_env.max_uncertainty = world.max_uncertainty = bound
    share = min(1.0, model_updates / max(1, config.rollout_length_ramp))
    shortest, longest = config.rollout_length_min, config.rollout_length_max
    model_env.horizon = round(shortest + share * (longest - shortest))


def _drawn_states(
    episodes: Sequence[Trajectory], share: float, draws: np.random.Generator
) -> Float[np.ndarray, "K S"]:
    """States before a step, with repetition: a share of all starts."""
    states = np.concatenate([states_of(episode)[:-1] for episode in episodes])
    return states[draws.integers(len(states), size=round(share * STARTS))]


def first_model(
    env: str, demos: Demonstrations, world: str, n_envs: int, seed: int, config: ModelBasedConfig
) -> tuple[ModelEnv, RealExperience]:
    """Random real steps, a world model of them and of the demonstrations, and an environment of rollouts.

    Raises:
        UsageError: an unknown world model, a body without states, or no environment left for the model.
        DataError: demonstrations without states.
    """
    if config.n_real_envs >= n_envs:
        raise UsageError(
            f"{config.n_real_envs} of {n_envs} environments are real and none is of the model: "
            f"lower {_flag('n_real_envs')}"
        )
    model = WorldModel(world, env, seed, config.world)
    starts = np.concatenate([states_of(episode)[:-1] for episode in demos])
    share, longest = config.reference_state_init, config.max_episode_steps
    real = RealExperience(reference_state_env(env, config.n_real_envs, seed, starts, share, longest))
    real.collect(RandomPolicy(real.action_space, seed), config.random_steps)
    model.fit([*demos, *real.episodes])
    model_env = ModelEnv(model, n_envs - config.n_real_envs, config.rollout_length_min, seed)
    prepare(model_env, list(demos), real, config, 0)
    return model_env, real
