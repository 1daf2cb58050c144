"""Steps collected in the real environment, as episodes with states; this class alone counts them."""

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

# Collections whose episodes count as recent.
RECENT = 5


def reference_state_env(
    env: str,
    n_envs: int,
    seed: int,
    starts: Float[np.ndarray, "M S"] | None = None,
    share: float = 0.0,
    max_episode_steps: int | None = None,
) -> BatchedEnv:
    """A body's environment, with some episodes started at given states.

    This is reference state initialization (Peng et al. 2018), which a simulator allows and a robot does not.

    Args:
        env: hopper or walker2d.
        n_envs: environments side by side.
        seed: seeds the starts.
        starts: states to start from, with their place on the ground.
        share: share of the episodes that start at these states.
        max_episode_steps: steps of an episode; by default the body's own limit.

    Raises:
        UsageError: an environment without states.
    """
    real = make_env(env, n_envs, seed, threads=1)
    if not isinstance(real, BatchedEnv):
        raise UsageError(f"{env} has no states for a world model; use hopper or walker2d")
    if max_episode_steps is not None:
        real = BatchedEnv(replace(real.body, max_episode_steps=max_episode_steps), n_envs, seed, threads=1)
    if starts is not None:
        real.start_from(starts, share)
    return real


class RealExperience:
    """Real environments and the episodes collected in them.

    Args:
        env: from `reference_state_env`.

    Attributes:
        count: number of environments.
        steps: collected so far.
        episodes: all up to the last `close_collection`, which splits unfinished episodes in two.
        collections: the episodes of the most recent collections.
    """

    def __init__(self, env: BatchedEnv):
        self.count, self._env = env.num_envs, env
        self.steps, self.episodes = 0, list[Trajectory]()
        self.collections: deque[list[Trajectory]] = deque(maxlen=RECENT)
        self._finished, self._open = list[Trajectory](), list[_OpenEpisode]()
        self.reset()

    @property
    def action_space(self) -> Box:
        """Of the body."""
        space = self._env.action_space
        assert isinstance(space, Box)
        return space

    @property
    def recent(self) -> list[Trajectory]:
        """Episodes of the most recent collections."""
        return [episode for collection in self.collections for episode in collection]

    def reset(self) -> Float[np.ndarray, "n O"]:
        """Start an episode in every environment; unfinished ones are kept as truncated."""
        self._finished += self._unfinished()
        self._obs = np.asarray(self._env.reset())
        self._open = [_OpenEpisode(s, o) for s, o in zip(self._env.state, self._obs, strict=True)]
        return self._obs

    def step(
        self, actions: Float[np.ndarray, "n A"]
    ) -> tuple[Float[np.ndarray, "n O"], Bool[np.ndarray, "n"], list[dict[str, Any]]]:
        """Take and record a step in every environment; returns observations, ends and infos."""
        observed, _, ended, infos = self._env.step(actions)
        self._obs, states = np.asarray(observed), self._env.state
        for i, episode in enumerate(self._open):
            last = infos[i]["terminal_state"] if ended[i] else states[i]
            seen = infos[i]["terminal_observation"] if ended[i] else self._obs[i]
            episode.step(actions[i], last, seen)
            if ended[i]:
                self._finished.append(episode.trajectory(not infos[i]["TimeLimit.truncated"]))
                self._open[i] = _OpenEpisode(states[i], self._obs[i])
        self.steps += self.count
        return self._obs, ended, infos

    def close_collection(self) -> None:
        """End a collection: unfinished episodes are split here and continue as new ones."""
        collected = self._finished + self._unfinished()
        self._open = [_OpenEpisode(s, o) for s, o in zip(self._env.state, self._obs, strict=True)]
        self._finished = []
        self.episodes += collected
        self.collections.append(collected)

    def _unfinished(self) -> list[Trajectory]:
        return [episode.trajectory(False) for episode in self._open if episode.actions]

    def collect(self, policy: Policy, steps: int) -> None:
        """Collect at least a number of steps; the policy explores in every other environment."""
        for _ in range(-(-steps // self.count)):
            actions = np.array(policy.predict(self._obs, deterministic=False)[0])
            actions[1::2] = policy.predict(self._obs, deterministic=True)[0][1::2]
            self.step(actions)
        self.close_collection()


class _OpenEpisode:
    """The steps of one environment since its episode started or was split."""

    def __init__(self, state: np.ndarray, obs: np.ndarray):
        self.states, self.obs, self.actions = [state.copy()], [obs.copy()], list[np.ndarray]()

    def step(self, action: np.ndarray, state: np.ndarray, obs: np.ndarray) -> None:
        self.actions.append(np.array(action))
        self.states.append(np.array(state))
        self.obs.append(np.array(obs))

    def trajectory(self, fallen: bool) -> Trajectory:
        return Trajectory(
            obs=np.stack(self.obs),
            actions=np.stack(self.actions),
            terminated=fallen,
            truncated=not fallen,
            states=np.stack(self.states),
        )
