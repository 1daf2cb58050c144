"""Records episodes of any policy in `gymnasium.make`, in which every score is measured."""

from typing import Any, Protocol, runtime_checkable

import gymnasium
import numpy as np
import torch
from gymnasium.envs.mujoco import MujocoEnv
from jaxtyping import Float

from ..envs.body import Body
from ..envs.errors import UsageError
from ..envs.registry import Horizon, find_body, make_single
from .trajectory import Trajectory


@runtime_checkable
class Policy(Protocol):
    """Anything with the `predict` of Stable-Baselines3's algorithms."""

    def predict(
        self, obs: np.ndarray, state: Any = None, episode_start: Any = None, deterministic: bool = False
    ) -> tuple[np.ndarray, Any]:
        """Actions `(B, A)` for observations `(B, O)`."""


class RandomPolicy:
    """Uniform actions within the bounds: the lower reference of every score."""

    def __init__(self, space: gymnasium.spaces.Box, seed: int = 0):
        self._low, self._high = space.low, space.high
        self._generator = np.random.default_rng(seed)

    def predict(
        self, obs: np.ndarray, state: Any = None, episode_start: Any = None, deterministic: bool = False
    ) -> tuple[np.ndarray, Any]:
        """One draw for each observation."""
        shape = (len(obs), len(self._low))
        return self._generator.uniform(self._low, self._high, shape).astype(np.float32), state


class StillPolicy:
    """Zero actions: the reference for standing still."""

    def __init__(self, space: gymnasium.spaces.Box):
        self._size = space.shape[0]

    def predict(
        self, obs: np.ndarray, state: Any = None, episode_start: Any = None, deterministic: bool = False
    ) -> tuple[np.ndarray, Any]:
        """Zeros for each observation."""
        return np.zeros((len(obs), self._size), dtype=np.float32), state


class NoisyPolicy:
    """A policy with Gaussian noise on its actions, clipped to the bounds."""

    def __init__(self, policy: Policy, sigma: float, space: gymnasium.spaces.Box, seed: int = 0):
        self._policy, self._sigma, self._space = policy, sigma, space
        self._generator = np.random.default_rng(seed)

    def predict(
        self, obs: np.ndarray, state: Any = None, episode_start: Any = None, deterministic: bool = False
    ) -> tuple[np.ndarray, Any]:
        """The policy's actions plus noise of standard deviation sigma, in units of the action."""
        actions, state = self._policy.predict(obs, state, episode_start, deterministic)
        noisy = actions + self._generator.normal(0.0, self._sigma, actions.shape)
        return np.clip(noisy, self._space.low, self._space.high).astype(np.float32), state


def record(
    policy: Policy,
    env: str,
    episodes: int,
    seed: int = 0,
    deterministic: bool = True,
    horizon: Horizon = "native",
    source: str = "",
) -> list[Trajectory]:
    """Whole episodes of a policy; episode `i` begins with `reset(seed=seed + i)`.

    States are kept for our own bodies; the true rewards are kept for scoring.

    Raises:
        UsageError: for no episodes at all, or an unknown environment.
    """
    if episodes < 1:
        raise UsageError(f"recording needs at least one episode; got {episodes}")
    recorders = [
        _EpisodeRecorder(make_single(env, horizon), find_body(env), seed + i) for i in range(episodes)
    ]
    # Policies that explore draw from torch's global generator.
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        _play(policy, recorders, deterministic)
    return [recorder.trajectory(source) for recorder in recorders]


def _play(policy: Policy, recorders: list["_EpisodeRecorder"], deterministic: bool) -> None:
    """Step all episodes in parallel; ended ones stay in the batch, so episodes are independent."""
    state, starts = None, np.ones(len(recorders), dtype=bool)
    while any(recorder.running for recorder in recorders):
        obs = np.stack([recorder.obs[-1] for recorder in recorders])
        actions, state = policy.predict(obs, state, starts, deterministic)
        starts = np.zeros(len(recorders), dtype=bool)
        for recorder, action in zip(recorders, actions, strict=True):
            if recorder.running:
                recorder.step(action)
    for recorder in recorders:
        recorder.env.close()


class _EpisodeRecorder:
    """One episode while it is being recorded."""

    def __init__(self, env: gymnasium.Env, body: Body | None, seed: int):
        self.env, self.seed = env, seed
        self.obs = [env.reset(seed=seed)[0]]
        self._with_states = body is not None
        self.states: list[np.ndarray] = []
        self._keep_state()
        self.actions: list[np.ndarray] = []
        self.rewards: list[float] = []
        self.terminated = self.truncated = False

    @property
    def running(self) -> bool:
        return not (self.terminated or self.truncated)

    def _keep_state(self) -> None:
        if self._with_states:
            env = self.env.unwrapped
            assert isinstance(env, MujocoEnv)
            self.states.append(env.state_vector())

    def step(self, action: Float[np.ndarray, "A"]) -> None:
        # Gymnasium computes costs in the dtype of the action; demonstrations keep float32.
        action = np.asarray(action, dtype=np.float32)
        obs, reward, self.terminated, self.truncated, _ = self.env.step(action)
        self.obs.append(obs)
        self._keep_state()
        self.actions.append(action)
        self.rewards.append(float(reward))

    def trajectory(self, source: str) -> Trajectory:
        return Trajectory(
            obs=np.stack(self.obs),
            actions=np.stack(self.actions),
            terminated=bool(self.terminated),
            truncated=bool(self.truncated),
            seed=self.seed,
            states=np.stack(self.states) if self._with_states else None,
            rewards=np.array(self.rewards),
            source=source,
        )
