"""Policies that visit states which an expert alone does not visit."""

import copy
from abc import ABC, abstractmethod

import gymnasium
import numpy as np
import torch
from stable_baselines3.common.policies import ActorCriticPolicy

# Calls between two draws of random feedback (a collection makes two a step), and the gains, offsets and
# noises to draw from.
DRAWN_ANEW = 50
GAINS, OFFSETS, NOISE = (0.0, 0.1, 0.3, 0.6), (0.0, 0.2, 0.5), (0.0, 0.05, 0.2, 0.5)
# Sizes of the noise on an expert's weights, in their deviations in a layer, and steps between two draws.
MOVED, MOVED_ANEW = (0.1, 0.2, 0.4, 0.8), 300


class Acting(ABC):
    """A policy without memory."""

    def predict(
        self,
        obs: np.ndarray,
        state: object = None,
        episode_start: object = None,
        deterministic: bool = False,
    ) -> tuple[np.ndarray, object]:
        """Actions; the state passes through."""
        return self.act(obs, deterministic), state

    @abstractmethod
    def act(self, obs: np.ndarray, deterministic: bool) -> np.ndarray:
        """Actions (n, A) for observations (n, O)."""


class AtSpeed(Acting):
    """The speed-conditioned expert at one target speed [m/s]."""

    def __init__(self, policy: ActorCriticPolicy, speed: float):
        self._policy, self._speed = policy, speed

    def act(self, obs: np.ndarray, deterministic: bool) -> np.ndarray:
        """The expert's actions at the target speed."""
        asked = np.column_stack((obs, np.full(len(obs), self._speed)))
        return self._policy.predict(asked, deterministic=deterministic)[0]


class Perturbed(Acting):
    """A policy with noise on its weights, drawn for each environment and at intervals (Plappert et al. 2018).

    Unlike noise on actions it gives other gaits, which stand, shuffle and stumble for many steps.
    """

    def __init__(self, policy: ActorCriticPolicy, seed: int = 0):
        self._policy, self._calls, self._perturbed = policy, 0, list[ActorCriticPolicy]()
        self._draws, self._noise = np.random.default_rng(seed), torch.Generator().manual_seed(seed)

    def act(self, obs: np.ndarray, deterministic: bool) -> np.ndarray:
        """Actions (n, A) for observations (n, O), a row for each environment."""
        # A collection makes two calls a step.
        if self._calls % (2 * MOVED_ANEW) == 0:
            self._perturbed = [self._moved(float(size)) for size in self._draws.choice(MOVED, len(obs))]
        self._calls += 1
        rows = zip(self._perturbed, obs, strict=True)
        return np.stack([one.predict(row, deterministic=deterministic)[0] for one, row in rows])

    @torch.no_grad()
    def _moved(self, size: float) -> ActorCriticPolicy:
        moved = copy.deepcopy(self._policy)
        for part in (moved.mlp_extractor.policy_net, moved.action_net):
            for weight in part.parameters():
                noise = torch.randn(weight.shape, generator=self._noise)
                weight.add_(size * weight.std(correction=0) * noise)
        return moved


class RandomFeedback(Acting):
    """Actions tanh(W obs + b) + noise; W, b and noise are drawn for each environment and at intervals.

    Bodies stand, lean and fall in many ways, as under a policy that has begun to learn. Actions that ignore
    the state do not show that.
    """

    def __init__(self, space: gymnasium.spaces.Box, seed: int = 0):
        self._space, self._draws, self._calls = space, np.random.default_rng(seed), 0

    def act(self, obs: np.ndarray, deterministic: bool) -> np.ndarray:
        """Actions (n, A) for observations (n, O), a row for each environment."""
        draws, shape = self._draws, (len(obs), *self._space.shape)
        if self._calls % DRAWN_ANEW == 0:
            gains, offsets, noise = (draws.choice(of, len(obs)) for of in (GAINS, OFFSETS, NOISE))
            self._gain = gains[:, None, None] * draws.normal(size=(*obs.shape, *self._space.shape))
            self._offset, self._noise = offsets[:, None] * draws.normal(size=shape), noise[:, None]
        self._calls += 1
        raw = np.tanh(np.einsum("no,noa->na", obs, self._gain) + self._offset)
        noisy = raw + self._noise * draws.normal(size=shape)
        return np.clip(noisy, self._space.low, self._space.high).astype(np.float32)
