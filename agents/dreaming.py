"""Imitation inside a dream: a little real experience, a world model of it, and much training in the model.

After Janner et al. 2019: short branches from real states, longer ones as the model learns.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from gymnasium.spaces import Box
from jaxtyping import Float
from stable_baselines3.common.callbacks import BaseCallback

from ..demos.dataset import Demonstrations
from ..demos.physics_residual import states_of
from ..demos.recorder import Policy, RandomPolicy
from ..demos.trajectory import Trajectory
from ..envs.batched import BatchedEnv
from ..envs.errors import UsageError
from ..envs.registry import make_env
from ..generative.world_families import WorldConfig
from .bridge import played
from .dream import DreamEnv
from .gail import GAIL
from .world import WorldModel

# Lives that count as recent, and starts of branches to choose from.
RECENT, STARTS = 5, 10_000


@dataclass(frozen=True)
class DreamConfig:
    """Settings of a dream and of what is really lived beside it."""

    # Real steps of random actions before the first dream.
    first: int = 2000
    # Real steps between two dreams; usually 100-1,000.
    real: int = 200
    # Imagined steps of a dream, one or a few updates of the policy; usually 10-20 for each real one.
    imagined: int = 2048
    # Steps of a branch in the first dream and in the last; usually 5-10 and 15-30.
    shortest: int = 10
    longest: int = 20
    # Dreams until branches have their full length.
    grown: int = 100
    # Share of branches that begin at demonstrated states; there only the expert's own actions were seen.
    demonstrated: float = 0.1
    # A branch is left where the model is less sure than in so large a share of the steps it has learned.
    sure: float = 0.99
    # Gradient steps that the model goes on learning for between two dreams.
    updates: int = 100
    # Copies of the real environment.
    copies: int = 4
    world: WorldConfig = field(default_factory=WorldConfig)

    def __post_init__(self) -> None:
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


class RealExperience:
    """Steps lived in real copies of a body, as episodes with states; the only place that counts real steps.

    Attributes:
        steps: lived so far.
        episodes: all of them; one that goes on is cut, and goes on as another.
        lives: those of the last calls of `live`.
    """

    def __init__(self, env: str, copies: int, seed: int):
        real = make_env(env, copies, seed, threads=1)
        if not isinstance(real, BatchedEnv):
            raise UsageError(f"{env} has no states to dream in; take hopper or walker2d")
        self._env = real
        self._obs = np.asarray(real.reset())
        self.steps, self.episodes = 0, list[Trajectory]()
        self.lives: deque[list[Trajectory]] = deque(maxlen=RECENT)

    @property
    def recent(self) -> list[Trajectory]:
        """Episodes of the last lives."""
        return [episode for life in self.lives for episode in life]

    def live(self, policy: Policy, steps: int) -> None:
        """So many further steps by a policy that explores in every other copy, and is itself in the rest."""
        count, before = self._env.num_envs, len(self.episodes)
        tapes = [_Tape(self._env.state[i], self._obs[i]) for i in range(count)]
        for _ in range(-(-steps // count)):
            actions = np.array(policy.predict(self._obs, deterministic=False)[0])
            actions[1::2] = policy.predict(self._obs, deterministic=True)[0][1::2]
            observed, _, ended, infos = self._env.step(actions)
            self._obs, states = np.asarray(observed), self._env.state
            for i, tape in enumerate(tapes):
                last = infos[i]["terminal_state"] if ended[i] else states[i]
                seen = infos[i]["terminal_observation"] if ended[i] else self._obs[i]
                tape.step(actions[i], last, seen)
                if ended[i]:
                    self.episodes.append(tape.episode(not infos[i]["TimeLimit.truncated"]))
                    tapes[i] = _Tape(states[i], self._obs[i])
            self.steps += count
        self.episodes += [tape.episode(False) for tape in tapes if tape.actions]
        self.lives.append(self.episodes[before:])

    @property
    def action_space(self) -> Box:
        """Of the body."""
        space = self._env.action_space
        assert isinstance(space, Box)
        return space


class _Tape:
    """One copy's steps since it began, or since the last cut."""

    def __init__(self, state: np.ndarray, obs: np.ndarray):
        self.states, self.obs, self.actions = [state.copy()], [obs.copy()], list[np.ndarray]()

    def step(self, action: np.ndarray, state: np.ndarray, obs: np.ndarray) -> None:
        self.actions.append(np.array(action))
        self.states.append(np.array(state))
        self.obs.append(np.array(obs))

    def episode(self, fallen: bool) -> Trajectory:
        return Trajectory(
            obs=np.stack(self.obs),
            actions=np.stack(self.actions),
            terminated=fallen,
            truncated=not fallen,
            states=np.stack(self.states),
        )


class Dreaming(BaseCallback):
    """Between two dreams: live a little, let the model learn it, and begin new branches from it.

    Args:
        agent: whose policy lives, explores and dreams, and whose discriminator sees what was lived too.
        dream: its environment.
        real: what it has lived.
        demos: known from the beginning; some branches begin at their states.
        config: how much of each.
    """

    def __init__(
        self,
        agent: GAIL,
        dream: DreamEnv,
        real: RealExperience,
        demos: Demonstrations,
        config: DreamConfig,
    ):
        super().__init__()
        self._agent, self._dream, self._real, self._config = agent, dream, real, config
        self._demos, self._next, self.dreams = list(demos), config.imagined, 0

    def _on_step(self) -> bool:
        return True

    def _on_rollout_start(self) -> None:
        if self.num_timesteps < self._next:
            return
        self._next += self._config.imagined
        self.dreams += 1
        self._real.live(self._agent, self._config.real)
        self._agent.watch(played(self._real.recent))
        self._dream.world.learn([*self._demos, *self._real.episodes], self._config.updates)
        prepare(self._dream, self._demos, self._real, self._config, self.dreams)
        self.logger.record("dream/real_steps", self._real.steps)
        self.logger.record("dream/horizon", self._dream.horizon)
        for why, count in self._dream.ends.items():
            self.logger.record(f"dream/{why}", count)
        self._dream.ends = dict.fromkeys(self._dream.ends, 0)


def prepare(
    dream: DreamEnv,
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
    dream.cut = dream.world.usual_uncertainty([*demos, *real.episodes], config.sure)
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
) -> tuple[DreamEnv, RealExperience]:
    """A first life of random actions, a model of it and of the demonstrations, and a dream in that.

    Raises:
        UsageError: an unknown world model, or a body without states.
        DataError: demonstrations without states.
    """
    model, real = WorldModel(world, env, seed, config.world), RealExperience(env, config.copies, seed)
    real.live(RandomPolicy(real.action_space, seed), config.first)
    episodes = [*demos, *real.episodes]
    model.fit(episodes)
    dream = DreamEnv(model, copies, config.shortest, seed)
    prepare(dream, list(demos), real, config, 0)
    return dream, real
