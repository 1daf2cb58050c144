"""Policies that show a world model what an expert alone never does."""

import copy
from abc import ABC, abstractmethod

import gymnasium
import numpy as np
import torch
from stable_baselines3.common.policies import ActorCriticPolicy

# Calls until random feedback is drawn anew (a collection makes two a step); sizes of its gains, offsets
# and noises to draw from.
DRAWN_ANEW = 50
GAINS, OFFSETS, NOISE = (0.0, 0.1, 0.3, 0.6), (0.0, 0.2, 0.5), (0.0, 0.05, 0.2, 0.5)
# How far an expert's weights are moved, in their deviations in a layer, and steps until they are moved anew.
MOVED, MOVED_ANEW = (0.1, 0.2, 0.4, 0.8), 300


class Acting(ABC):
    """A policy that remembers nothing from step to step."""

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
    """The speed-conditioned expert, asked for one speed [m/s]."""

    def __init__(self, policy: ActorCriticPolicy, speed: float):
        self._policy, self._speed = policy, speed

    def act(self, obs: np.ndarray, deterministic: bool) -> np.ndarray:
        """What it does when asked for its speed."""
        asked = np.column_stack((obs, np.full(len(obs), self._speed)))
        return self._policy.predict(asked, deterministic=deterministic)[0]


class Perturbed(Acting):
    """A policy with noise on its weights, each copy's drawn anew every so often (Plappert et al. 2018).

    Unlike noise on actions it makes other gaits, that stand, shuffle and stumble for long.
    """

    def __init__(self, policy: ActorCriticPolicy, seed: int = 0):
        self._policy, self._calls, self._copies = policy, 0, list[ActorCriticPolicy]()
        self._draws, self._noise = np.random.default_rng(seed), torch.Generator().manual_seed(seed)

    def act(self, obs: np.ndarray, deterministic: bool) -> np.ndarray:
        """The actions of as many copies as there are rows."""
        # A collection makes two calls a step.
        if self._calls % (2 * MOVED_ANEW) == 0:
            self._copies = [self._moved(float(size)) for size in self._draws.choice(MOVED, len(obs))]
        self._calls += 1
        rows = zip(self._copies, obs, strict=True)
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
    """Actions tanh(W obs + b) + noise, each copy's W, b and noise drawn anew every so often.

    They stand, lean, fall and flail in all ways, as a policy does that has begun to learn; actions without a
    state behind them only flail.
    """

    def __init__(self, space: gymnasium.spaces.Box, seed: int = 0):
        self._space, self._draws, self._calls = space, np.random.default_rng(seed), 0

    def act(self, obs: np.ndarray, deterministic: bool) -> np.ndarray:
        """The actions of as many copies as there are rows."""
        draws, shape = self._draws, (len(obs), *self._space.shape)
        if self._calls % DRAWN_ANEW == 0:
            gains, offsets, noise = (draws.choice(of, len(obs)) for of in (GAINS, OFFSETS, NOISE))
            self._gain = gains[:, None, None] * draws.normal(size=(*obs.shape, *self._space.shape))
            self._offset, self._noise = offsets[:, None] * draws.normal(size=shape), noise[:, None]
        self._calls += 1
        raw = np.tanh(np.einsum("no,noa->na", obs, self._gain) + self._offset)
        noisy = raw + self._noise * draws.normal(size=shape)
        return np.clip(noisy, self._space.low, self._space.high).astype(np.float32)
