"""A world model as a vectorized environment, for any learner and any reward model."""

from typing import Any

import gymnasium
import numpy as np
import torch
from gymnasium.spaces import Box
from jaxtyping import Float, Int
from stable_baselines3.common.vec_env.base_vec_env import VecEnvObs, VecEnvStepReturn

from ...envs.errors import UsageError
from ...envs.one_object import OneObjectEnv
from ..models.world import WorldModel


class ModelEnv(OneObjectEnv):
    """Model rollouts of a few steps from real states; all rewards are zero.

    A rollout that ends by its horizon, by too much uncertainty or because the model diverged is truncated, so
    learners keep the bootstrap. A rollout in which the model predicts a fall is terminated.

    Args:
        world: fitted.
        n: rollouts side by side.
        horizon: steps of a rollout; may be raised later.
        seed: seeds the starts and the draws.
        max_uncertainty: uncertainty above which a rollout ends, in deviations of a step's change.

    Attributes:
        horizon: steps of a rollout, from its next start on.
        ends: how many rollouts ended by `fall`, `horizon`, `uncertainty` and `divergence`.

    Raises:
        UsageError: a horizon of zero.
    """

    def __init__(
        self,
        world: WorldModel,
        n: int = 64,
        horizon: int = 10,
        seed: int = 0,
        max_uncertainty: float = np.inf,
    ):
        if horizon < 1:
            raise UsageError(f"a model rollout has at least one step; got {horizon}")
        body = world.body
        self.world, self.horizon, self.max_uncertainty = world, horizon, max_uncertainty
        self.render_mode, self.spec = None, gymnasium.spec(body.env_id)
        control = body.model.actuator_ctrlrange.astype(np.float32)
        super().__init__(
            n,
            Box(-np.inf, np.inf, (body.obs_size,), np.float64),
            Box(control[:, 0], control[:, 1], dtype=np.float32),
        )
        self._draws = torch.Generator().manual_seed(seed)
        self._generator = np.random.default_rng(seed)
        self._starts: Float[np.ndarray, "M S"] | None = None
        self.ends = dict.fromkeys(("fall", "horizon", "uncertainty", "divergence"), 0)

    def start_from(self, states: Float[np.ndarray, "M S"]) -> None:
        """Set the real states, with their place on the ground, that rollouts start from."""
        self._starts = states[:, 1:]

    def reset(self) -> VecEnvObs:
        """Start all rollouts.

        Raises:
            UsageError: before `start_from`.
        """
        self._ages = np.zeros(self.num_envs, dtype=np.int64)
        self._carry = self.world.start(self._drawn_starts(self.num_envs))
        return self.world.observe(self._carry.state)

    def _drawn_starts(self, count: int) -> Float[torch.Tensor, "K S"]:
        if self._starts is None:
            raise UsageError("model rollouts start from real states; call start_from with some first")
        at = self._generator.integers(len(self._starts), size=count)
        return torch.from_numpy(self._starts[at]).float()

    def step_async(self, actions: np.ndarray) -> None:
        """Store the actions for `step_wait`."""
        self._actions = torch.from_numpy(np.asarray(actions, dtype=np.float32))

    def step_wait(self) -> VecEnvStepReturn:
        """Predict one step, and restart the rollouts that ended."""
        before = self._carry.state
        prediction = self.world.step(self._carry, self._actions, self._draws)
        self._ages += 1
        diverged = self.world.diverged(prediction.next_state)
        # A diverged prediction is discarded: the rollout ends at its last state.
        state = torch.where(torch.from_numpy(diverged)[:, None], before, prediction.next_state)
        self._carry = prediction.carry._replace(state=state)
        fallen = (prediction.p_terminated.numpy() > 0.5) & ~diverged
        uncertain = (prediction.uncertainty.numpy() > self.max_uncertainty) & ~diverged & ~fallen
        ended = fallen | diverged | uncertain | (self._ages >= self.horizon)
        obs = self.world.observe(state)
        infos: list[dict[str, Any]] = [{} for _ in range(self.num_envs)]
        for i in np.flatnonzero(ended):
            infos[i] = {"terminal_observation": obs[i].copy(), "TimeLimit.truncated": not bool(fallen[i])}
            self.ends[_reason(bool(fallen[i]), bool(diverged[i]), bool(uncertain[i]))] += 1
        if ended.any():
            obs = self._restart(np.flatnonzero(ended), obs)
        return obs, np.zeros(self.num_envs, dtype=np.float32), ended, infos

    def _restart(self, ids: Int[np.ndarray, "K"], obs: Float[np.ndarray, "n O"]) -> Float[np.ndarray, "n O"]:
        fresh, at = self.world.start(self._drawn_starts(len(ids))), torch.from_numpy(ids)
        state, past = self._carry.state.clone(), self._carry.past.clone()
        state[at], past[at] = fresh.state, fresh.past
        self._carry = self._carry._replace(state=state, past=past)
        self._ages[ids] = 0
        obs[ids] = self.world.observe(fresh.state)
        return obs

    def seed(self, seed: int | None = None) -> list[int | None]:
        """Seed the starts and the draws."""
        self._generator = np.random.default_rng(seed)
        if seed is not None:
            self._draws.manual_seed(seed)
        return [seed] * self.num_envs


def _reason(fallen: bool, diverged: bool, uncertain: bool) -> str:
    if fallen:
        return "fall"
    return "divergence" if diverged else "uncertainty" if uncertain else "horizon"
