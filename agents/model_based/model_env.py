"""A dream: a world model as an environment that any learner and any reward model can live in unchanged."""

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
    """Branches from real states, each a few imagined steps long; it pays nothing.

    A branch that ends by its horizon, by too much uncertainty or because the model diverged is truncated, so
    learners keep the bootstrap behind it; one in which the model sees a fall is terminated.

    Args:
        world: fitted.
        n: branches at a time.
        horizon: steps of a branch; may be raised later.
        seed: of where branches begin and of what is drawn.
        cut: uncertainty above which a branch is left, in deviations of a step's change.

    Attributes:
        horizon: steps of a branch, from the next reset of each on.
        ends: how many branches ended by `fall`, `horizon`, `uncertainty` and `divergence`.

    Raises:
        UsageError: a horizon of zero.
    """

    def __init__(self, world: WorldModel, n: int = 64, horizon: int = 10, seed: int = 0, cut: float = np.inf):
        if horizon < 1:
            raise UsageError(f"a dream has a horizon of at least one step; got {horizon}")
        body = world.body
        self.world, self.horizon, self.cut = world, horizon, cut
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

    def branch_from(self, states: Float[np.ndarray, "M S"]) -> None:
        """Real states, with their place on the ground, that branches begin at from now on."""
        self._starts = states[:, 1:]

    def reset(self) -> VecEnvObs:
        """Begin all branches anew.

        Raises:
            UsageError: before `branch_from`.
        """
        self._ages = np.zeros(self.num_envs, dtype=np.int64)
        self._carry = self.world.start(self._begun(self.num_envs))
        return self.world.observe(self._carry.state)

    def _begun(self, count: int) -> Float[torch.Tensor, "K S"]:
        if self._starts is None:
            raise UsageError("a dream begins at real states; call branch_from with some first")
        at = self._generator.integers(len(self._starts), size=count)
        return torch.from_numpy(self._starts[at]).float()

    def step_async(self, actions: np.ndarray) -> None:
        """Keep the actions for `step_wait`."""
        self._actions = torch.from_numpy(np.asarray(actions, dtype=np.float32))

    def step_wait(self) -> VecEnvStepReturn:
        """Imagine a step; begin anew where a branch ended."""
        before = self._carry.state
        imagined = self.world.step(self._carry, self._actions, self._draws)
        self._ages += 1
        diverged = self.world.diverged(imagined.next_state)
        # What diverged is forgotten: the branch ends where it was.
        state = torch.where(torch.from_numpy(diverged)[:, None], before, imagined.next_state)
        self._carry = imagined.carry._replace(state=state)
        fallen = (imagined.p_terminated.numpy() > 0.5) & ~diverged
        unsure = (imagined.uncertainty.numpy() > self.cut) & ~diverged & ~fallen
        ended = fallen | diverged | unsure | (self._ages >= self.horizon)
        obs = self.world.observe(state)
        infos: list[dict[str, Any]] = [{} for _ in range(self.num_envs)]
        for i in np.flatnonzero(ended):
            infos[i] = {"terminal_observation": obs[i].copy(), "TimeLimit.truncated": not bool(fallen[i])}
            self.ends[_why(bool(fallen[i]), bool(diverged[i]), bool(unsure[i]))] += 1
        if ended.any():
            obs = self._begin_again(np.flatnonzero(ended), obs)
        return obs, np.zeros(self.num_envs, dtype=np.float32), ended, infos

    def _begin_again(
        self, ids: Int[np.ndarray, "K"], obs: Float[np.ndarray, "n O"]
    ) -> Float[np.ndarray, "n O"]:
        fresh, at = self.world.start(self._begun(len(ids))), torch.from_numpy(ids)
        state, told = self._carry.state.clone(), self._carry.told.clone()
        state[at], told[at] = fresh.state, fresh.told
        self._carry = self._carry._replace(state=state, told=told)
        self._ages[ids] = 0
        obs[ids] = self.world.observe(fresh.state)
        return obs

    def seed(self, seed: int | None = None) -> list[int | None]:
        """Draw anew from a seed."""
        self._generator = np.random.default_rng(seed)
        if seed is not None:
            self._draws.manual_seed(seed)
        return [seed] * self.num_envs


def _why(fallen: bool, diverged: bool, unsure: bool) -> str:
    if fallen:
        return "fall"
    return "divergence" if diverged else "uncertainty" if unsure else "horizon"
