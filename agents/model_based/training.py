"""Imitation inside a dream: a little real experience, a world model of it, and much training in the model.

After Janner et al. 2019: short branches from real states, longer ones as the model learns; a few copies of
the environment are real, and the policy learns from them as from the branches.
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
from .experience import RealExperience, placed_env
from .model_env import ModelEnv

# Starts of branches to choose from.
STARTS = 10_000


@dataclass(frozen=True)
class DreamConfig:
    """Settings of a dream and of what is really lived beside it."""

    # Real steps of random actions before the first dream.
    first: int = 2000
    # Steps, imagined and real, until the model learns again; one or a few updates of the policy.
    every: int = 4096
    # Copies that are awake, of all that the policy learns from: their share is that of real steps.
    awake: int = 4
    # Share of their episodes that begin at demonstrated states, as a simulator can and a robot cannot.
    placed: float = 0.5
    # Steps of their episodes; short ones begin more often. Usually 100-1,000.
    life: int = 200
    # Steps of a branch in the first dream; usually 5-10.
    shortest: int = 10
    # Steps of a branch in the last dream; usually 15-50.
    longest: int = 40
    # Dreams until branches have their full length.
    grown: int = 100
    # Share of branches that begin at demonstrated states; usually 0.1-0.9.
    demonstrated: float = 0.5
    # A branch is left where the model is less sure than in so large a share of the steps it has learned.
    sure: float = 0.99
    # Gradient steps that the model then goes on learning for.
    updates: int = 200
    world: WorldConfig = field(default_factory=WorldConfig)

    def __post_init__(self) -> None:
        if min(self.first, self.every, self.life) < 1:
            raise UsageError(
                f"first, every and life are at least one step; got {self.first}, {self.every}, {self.life}: "
                "give --dream.first, --dream.every and --dream.life"
            )
        if not (0 <= self.placed <= 1 and 0 <= self.sure <= 1):
            raise UsageError(
                f"the shares placed and sure are 0 to 1; got {self.placed} and {self.sure}: "
                "give --dream.placed and --dream.sure"
            )
        if self.awake < 1:
            raise UsageError(
                f"without any real copy there is nothing to dream of; got {self.awake}: give --dream.awake"
            )
        if not 0 <= self.demonstrated <= 1:
            raise UsageError(
                f"the share of branches from demonstrated states is 0 to 1; got {self.demonstrated}: "
                "give --dream.demonstrated"
            )
        if self.shortest < 1 or self.longest < self.shortest:
            raise UsageError(
                f"a branch has at least one step; got {self.shortest} to {self.longest}: "
                "give --dream.shortest and --dream.longest"
            )


class Dreaming(BaseCallback):
    """Every so many steps: let the model learn what was lived, and begin new branches from it.

    Args:
        agent: whose discriminator sees what was lived lately too.
        dream: its environment.
        real: what it has lived.
        demos: known from the beginning; some branches begin at their states.
        config: how much of each.
    """

    def __init__(
        self,
        agent: GAIL,
        dream: ModelEnv,
        real: RealExperience,
        demos: Demonstrations,
        config: DreamConfig,
    ):
        super().__init__()
        self._agent, self._dream, self._real, self._config = agent, dream, real, config
        self._demos, self._next, self.dreams = list(demos), 0, 0

    def _on_training_start(self) -> None:
        self._next = self.num_timesteps + self._config.every

    def _on_step(self) -> bool:
        return True

    def _on_rollout_start(self) -> None:
        if self.num_timesteps < self._next:
            return
        self._next += self._config.every
        self.dreams += 1
        self._real.cut()
        self._agent.train_discriminator(played(self._real.recent))
        self._dream.world.learn([*self._demos, *self._real.episodes], self._config.updates)
        prepare(self._dream, self._demos, self._real, self._config, self.dreams)
        self.logger.record("dream/real_steps", self._real.steps)
        self.logger.record("dream/horizon", self._dream.horizon)
        for why, count in self._dream.ends.items():
            self.logger.record(f"dream/{why}", count)
        self._dream.ends = dict.fromkeys(self._dream.ends, 0)


def prepare(
    dream: ModelEnv,
    demos: Sequence[Trajectory],
    real: RealExperience,
    config: DreamConfig,
    dreams: int,
) -> None:
    """Branches begin where life was, half of them where it was lately; they grow longer with the dreams."""
    lived = (1 - config.demonstrated) / 2
    sources = ((demos, config.demonstrated), (real.episodes, lived), (real.recent, lived))
    draws = np.random.default_rng(dreams)
    dream.branch_from(np.concatenate([_some(*source, draws) for source in sources]))
    dream.cut = dream.world.cut = dream.world.usual_uncertainty([*demos, *real.episodes], config.sure)
    share = min(1.0, dreams / max(1, config.grown))
    dream.horizon = round(config.shortest + share * (config.longest - config.shortest))


def _some(
    episodes: Sequence[Trajectory], share: float, draws: np.random.Generator
) -> Float[np.ndarray, "K S"]:
    """States before a step, with repetition: a share of all starts."""
    states = np.concatenate([states_of(episode)[:-1] for episode in episodes])
    return states[draws.integers(len(states), size=round(share * STARTS))]


def begin(
    env: str, demos: Demonstrations, world: str, copies: int, seed: int, config: DreamConfig
) -> tuple[ModelEnv, RealExperience]:
    """A first life of random actions, a model of it and of the demonstrations, and a dream in that.

    Raises:
        UsageError: an unknown world model, a body without states, or no copy left to dream.
        DataError: demonstrations without states.
    """
    if config.awake >= copies:
        raise UsageError(f"of {copies} copies {config.awake} are awake and none dreams: lower --dream.awake")
    model = WorldModel(world, env, seed, config.world)
    starts = np.concatenate([states_of(episode)[:-1] for episode in demos])
    real = RealExperience(placed_env(env, config.awake, seed, starts, config.placed, config.life))
    real.live(RandomPolicy(real.action_space, seed), config.first)
    episodes = [*demos, *real.episodes]
    model.fit(episodes)
    dream = ModelEnv(model, copies - config.awake, config.shortest, seed)
    prepare(dream, list(demos), real, config, 0)
    return dream, real
