"""One episode in every copy of a vectorized environment, without rewards."""

import numpy as np
import torch
from stable_baselines3.common.vec_env import VecEnv

from .recorder import Policy
from .trajectory import Trajectory


def play(policy: Policy, env: VecEnv, seed: int = 0, deterministic: bool = True) -> list[Trajectory]:
    """One whole episode in every copy of an environment, without rewards.

    Equal to the episodes of `record` if the copies were made with the same seed.

    Args:
        policy: the policy that acts.
        env: `make_env(name, n_envs=episodes, seed=...)`.
        seed: random seed of the episodes and of the exploring policy.
        deterministic: the most likely action instead of a draw.
    """
    env.seed(seed)
    obs, steps = np.asarray(env.reset()), list[tuple[np.ndarray, ...]]()
    running, state, starts = np.ones(env.num_envs, dtype=bool), None, np.ones(env.num_envs, dtype=bool)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        while running.any():
            actions, state = policy.predict(obs, state, starts, deterministic)
            actions = np.asarray(actions, dtype=np.float32)
            observed, _, ended, infos = env.step(actions)
            next_obs, truncated = np.array(observed), np.zeros_like(ended)
            for i in np.flatnonzero(ended):
                next_obs[i] = infos[i]["terminal_observation"]
                truncated[i] = infos[i].get("TimeLimit.truncated", False)
            steps.append((obs, actions, next_obs, ended & running, truncated))
            running, starts, obs = running & ~ended, ended, np.asarray(observed)
    return [_first_episode(steps, i, seed + i) for i in range(env.num_envs)]


def _first_episode(steps: list[tuple[np.ndarray, ...]], copy: int, seed: int) -> Trajectory:
    """The first episode of one copy."""
    obs, actions, next_obs, ended, truncated = (
        np.stack([step[column][copy] for step in steps]) for column in range(5)
    )
    last = int(np.flatnonzero(ended)[0])
    return Trajectory(
        obs=np.concatenate((obs[: last + 1], next_obs[last : last + 1])),
        actions=actions[: last + 1],
        terminated=not truncated[last],
        truncated=bool(truncated[last]),
        seed=seed,
    )
