"""Steps lived in the real environment, as episodes with states; the only place that counts them."""

from collections import deque
from dataclasses import replace
from typing import Any

import numpy as np
from gymnasium.spaces import Box
from jaxtyping import Bool, Float

from ...demos.recorder import Policy
from ...demos.trajectory import Trajectory
from ...envs.batched import BatchedEnv
from ...envs.errors import UsageError
from ...envs.registry import make_env

# Lives that count as recent.
RECENT = 5


def placed_env(
    env: str,
    copies: int,
    seed: int,
    starts: Float[np.ndarray, "M S"] | None = None,
    placed: float = 0.0,
    longest: int | None = None,
) -> BatchedEnv:
    """A body's environment, some of whose episodes begin at given states.

    Args:
        env: hopper or walker2d.
        copies: side by side.
        seed: of their starts.
        starts: states with their place on the ground that episodes may begin at.
        placed: share of the episodes that do, as a simulator can and a robot cannot (reference state
            initialization, Peng et al. 2018).
        longest: steps of an episode; by default the body's own limit.

    Raises:
        UsageError: an environment without states.
    """
    real = make_env(env, copies, seed, threads=1)
    if not isinstance(real, BatchedEnv):
        raise UsageError(f"{env} has no states to dream in; take hopper or walker2d")
    if longest is not None:
        real = BatchedEnv(replace(real.body, max_episode_steps=longest), copies, seed, threads=1)
    if starts is not None:
        real.start_from(starts, placed)
    return real


class RealExperience:
    """Real copies of a body, and all they have lived.

    Args:
        env: as `placed_env` makes it.

    Attributes:
        count: of the copies.
        steps: lived so far.
        episodes: all up to the last cut; one that goes on is cut, and goes on as another.
        lives: those between the last cuts.
    """

    def __init__(self, env: BatchedEnv):
        self.count, self._env = env.num_envs, env
        self.steps, self.episodes = 0, list[Trajectory]()
        self.lives: deque[list[Trajectory]] = deque(maxlen=RECENT)
        self._life, self._tapes = list[Trajectory](), list[_Tape]()
        self.reset()

    @property
    def action_space(self) -> Box:
        """Of the body."""
        space = self._env.action_space
        assert isinstance(space, Box)
        return space

    @property
    def recent(self) -> list[Trajectory]:
        """Episodes of the last lives."""
        return [episode for life in self.lives for episode in life]

    def reset(self) -> Float[np.ndarray, "n O"]:
        """Begin an episode in every copy; those that went on are cut."""
        self._life += self._unfinished()
        self._obs = np.asarray(self._env.reset())
        self._tapes = [_Tape(s, o) for s, o in zip(self._env.state, self._obs, strict=True)]
        return self._obs

    def step(
        self, actions: Float[np.ndarray, "n A"]
    ) -> tuple[Float[np.ndarray, "n O"], Bool[np.ndarray, "n"], list[dict[str, Any]]]:
        """Live a step in every copy, and remember it; observations, ends, and how they came."""
        observed, _, ended, infos = self._env.step(actions)
        self._obs, states = np.asarray(observed), self._env.state
        for i, zero_reward_env in enumerate(self._tapes):
            last = infos[i]["terminal_state"] if ended[i] else states[i]
            seen = infos[i]["terminal_observation"] if ended[i] else self._obs[i]
            zero_reward_env.step(actions[i], last, seen)
            if ended[i]:
                self._life.append(zero_reward_env.episode(not infos[i]["TimeLimit.truncated"]))
                self._tapes[i] = _Tape(states[i], self._obs[i])
        self.steps += self.count
        return self._obs, ended, infos

    def cut(self) -> None:
        """End a life: what goes on is cut, and goes on as another episode."""
        lived = self._life + self._unfinished()
        self._tapes = [_Tape(s, o) for s, o in zip(self._env.state, self._obs, strict=True)]
        self._life = []
        self.episodes += lived
        self.lives.append(lived)

    def _unfinished(self) -> list[Trajectory]:
        return [zero_reward_env.episode(False) for zero_reward_env in self._tapes if zero_reward_env.actions]

    def live(self, policy: Policy, steps: int) -> None:
        """A life of so many steps, or a few more, by a policy that explores in every other copy."""
        for _ in range(-(-steps // self.count)):
            actions = np.array(policy.predict(self._obs, deterministic=False)[0])
            actions[1::2] = policy.predict(self._obs, deterministic=True)[0][1::2]
            self.step(actions)
        self.cut()


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
