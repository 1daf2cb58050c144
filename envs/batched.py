"""N copies of one body stepping together on a thread pool, as a Stable-Baselines3 VecEnv."""

import time
from typing import Any

import gymnasium
import mujoco
import numpy as np
from gymnasium.spaces import Box
from gymnasium.utils import seeding
from jaxtyping import Float, Int
from mujoco.batch import Batch
from stable_baselines3.common.vec_env.base_vec_env import VecEnvIndices, VecEnvObs, VecEnvStepReturn

from .body import Body
from .cores import usable_cores
from .errors import DataError, NumericalError
from .one_object import OneObjectEnv


class BatchedEnv(OneObjectEnv):
    """`n` copies of a body, bit-identical to `n` environments from `gymnasium.make`.

    Copy `i` draws its initial states as Gymnasium does after `reset(seed=seed + i)`, so whole episodes
    equal Gymnasium's. An episode that ends is reset in the same call; its last observation is
    `info["terminal_observation"]`, and `info["TimeLimit.truncated"]` marks a time limit, as in
    Stable-Baselines3.

    Attributes:
        rewards: `(n,)` float64, of the last step, before Stable-Baselines3's float32.
        speeds: `(n,)`, forward speed over the last step [m/s].
        state: `(n, nq + nv)` float64, a copy; write it with `set_state`.
    """

    def __init__(
        self, body: Body, n: int = 64, seed: int = 0, threads: int | None = None, fixed: bool = False
    ):
        self.body, self.fixed = body, fixed
        self.render_mode, self.spec = None, gymnasium.spec(body.env_id)
        control = body.model.actuator_ctrlrange.astype(np.float32)
        super().__init__(
            n,
            Box(-np.inf, np.inf, (body.obs_size,), np.float64),
            Box(control[:, 0], control[:, 1], dtype=np.float32),
        )
        self._batch = Batch(body.model, n, min(threads or max(1, int(usable_cores())), n))
        self._qpos, self._qvel = self._batch.bind("qpos"), self._batch.bind("qvel")
        self._ctrl = self._batch.bind("ctrl")
        self._ages = np.zeros(n, dtype=np.int64)
        self._returns = np.zeros(n)
        self._started = time.time()
        # Separate from the copies' own generators, which follow Gymnasium's order of draws.
        self._start_generator, self._start_share = np.random.default_rng(seed), 0.0
        self._starts: Float[np.ndarray, "M S"] | None = None
        self.rewards, self.speeds = np.zeros(n), np.zeros(n)
        self.seed(seed)
        self._generators = [seeding.np_random(s)[0] for s in self._seeds]
        self._reset_seeds()

    @property
    def state(self) -> Float[np.ndarray, "n S"]:
        """Positions and velocities of every copy."""
        return np.concatenate((self._qpos, self._qvel), axis=1)

    def set_state(self, state: Float[np.ndarray, "n S"]) -> Float[np.ndarray, "n O"]:
        """Begin an episode in every copy from a given state, like Gymnasium's reset and set_state.

        Returns:
            The observations of those states.

        Raises:
            DataError: the shape is not `(n, nq + nv)`, or a value is not finite.
        """
        expected = (self.num_envs, self.body.nq + self.body.nv)
        if state.shape != expected or not np.isfinite(state).all():
            raise DataError(f"set_state needs finite states of shape {expected}; got shape {state.shape}")
        all_ids = np.arange(self.num_envs)
        self._begin(all_ids, state)
        return self.body.observe(self._qpos, self._qvel)

    def reset(self) -> VecEnvObs:
        """Begin a new episode in every copy; seeds set by `seed` are used once."""
        for i, seed in enumerate(self._seeds):
            if seed is not None:
                self._generators[i] = seeding.np_random(seed)[0]
        self._reset_seeds()
        all_ids = np.arange(self.num_envs)
        self._begin(all_ids, self._draw(all_ids))
        return self.body.observe(self._qpos, self._qvel)

    def step_async(self, actions: np.ndarray) -> None:
        """Keep the actions for `step_wait`."""
        self._actions = actions

    def step_wait(self) -> VecEnvStepReturn:
        """Step every copy and reset those whose episode ended."""
        x_before = self._qpos[:, 0].copy()
        self._ctrl[:] = self._actions
        self._batch.step(nstep=self.body.frame_skip)
        obs = self.body.observe(self._qpos, self._qvel)
        fallen = self.body.terminated(self._qpos, self._qvel)
        self.speeds = (self._qpos[:, 0] - x_before) / self.body.dt
        self.rewards = self.body.reward(self.speeds, ~fallen, self._actions)
        terminated = np.zeros_like(fallen) if self.fixed else fallen
        self._ages += 1
        self._returns += self.rewards
        ended = terminated | (self._ages >= self.body.max_episode_steps)
        infos: list[dict[str, Any]] = [{} for _ in range(self.num_envs)]
        if ended.any():
            ids = np.flatnonzero(ended)
            self._report(ids, obs, terminated, infos)
            self._begin(ids, self._draw(ids))
            obs[ids] = self.body.observe(self._qpos[ids], self._qvel[ids])
        return obs, self.rewards.astype(np.float32), ended, infos

    def _report(
        self, ids: Int[np.ndarray, "K"], obs: np.ndarray, terminated: np.ndarray, infos: list[dict]
    ) -> None:
        elapsed, state = round(time.time() - self._started, 6), self.state
        for i in ids:
            if not np.isfinite(obs[i]).all():
                raise NumericalError(f"the physics of copy {i} of {self.body.env_id} is no longer finite")
            infos[i] = {
                "terminal_observation": obs[i].copy(),
                # The state too: observations lack the x position and clip the velocities.
                "terminal_state": state[i],
                "TimeLimit.truncated": not terminated[i],
                "episode": {"r": float(self._returns[i]), "l": int(self._ages[i]), "t": elapsed},
            }

    def start_from(self, states: Float[np.ndarray, "M S"], share: float) -> None:
        """Begin this share of future episodes at one of these states instead of the body's own start."""
        self._starts, self._start_share = states, share

    def _draw(self, ids: Int[np.ndarray, "K"]) -> Float[np.ndarray, "K S"]:
        """Initial states: the body's own, or one of the given states for a share of the episodes."""
        states = self._own_starts(ids)
        if self._starts is not None:
            chosen = np.flatnonzero(self._start_generator.random(len(ids)) < self._start_share)
            states[chosen] = self._starts[self._start_generator.integers(len(self._starts), size=len(chosen))]
        return states

    def _own_starts(self, ids: Int[np.ndarray, "K"]) -> Float[np.ndarray, "K S"]:
        """The model's own pose, with uniform noise drawn in Gymnasium's order."""
        noise, model = self.body.reset_noise, self.body.model
        states = np.zeros((len(ids), model.nq + model.nv))
        states[:, : model.nq] = model.qpos0
        for row, i in zip(states, ids, strict=True):
            row[: model.nq] += self._generators[i].uniform(-noise, noise, model.nq)
            row[model.nq :] += self._generators[i].uniform(-noise, noise, model.nv)
        return states

    def _begin(self, ids: Int[np.ndarray, "K"], states: Float[np.ndarray, "K S"]) -> None:
        self._batch.reset(ids, stage=mujoco.mjtStage.mjSTAGE_NONE.value)
        self._qpos[ids], self._qvel[ids] = self.body.split(states)
        self._batch.forward(ids)
        self._ages[ids] = 0
        self._returns[ids] = 0.0

    def env_is_wrapped(self, wrapper_class: type, indices: VecEnvIndices = None) -> list[bool]:
        """True for SB3's Monitor, whose episode records `info` already holds; otherwise False."""
        wrapped = wrapper_class.__name__ == "Monitor"
        return [wrapped] * len(list(self._get_indices(indices)))
