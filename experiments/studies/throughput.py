"""Speed of the environments, as ratios against the same work in the same run.

Run `python -m gailforce.experiments.studies.throughput` with nothing else running; it writes
`results/throughput.json`.
"""

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
from mujoco.batch import Batch

from ...agents.loading import load_policy
from ...demos.library import SHIPPED
from ...envs.batched import BatchedEnv
from ...envs.body import Body
from ...envs.registry import BODIES, make_env
from ..runs.process import one_thread, versions

COPIES = 64
# Copies of Gymnasium's sync vector environment; its speed does not depend on them.
SYNC_COPIES = 8
# Steps of all copies in one measurement, and measurements of each kind, taken in turn.
STEPS, ROUNDS = 400, 7


def recorded_actions(body: Body) -> np.ndarray:
    """The expert's own actions, `(STEPS, COPIES, A)`: long native episodes, as in training."""
    env, policy = make_env(body.name, COPIES, seed=1), load_policy(SHIPPED / f"{body.name}-expert.gfa")
    obs, actions = env.reset(), []
    for _ in range(STEPS):
        assert isinstance(obs, np.ndarray)
        action, _ = policy.predict(obs, deterministic=True)
        actions.append(action)
        obs, *_ = env.step(action)
    return np.array(actions)


def measure(body: Body) -> dict[str, Any]:
    """Steps a second of `make_env`, of the bare batch and of Gymnasium's vector environment."""
    actions = recorded_actions(body)
    kinds: dict[str, Callable[[], int]] = {
        "make_env": lambda: _ours(body, actions),
        "bare Batch.step": lambda: _bare(body, actions),
        "gymnasium sync": lambda: _sync(body, actions[:, :SYNC_COPIES]),
    }
    rates: dict[str, list[float]] = {kind: [] for kind in kinds}
    for _ in range(ROUNDS):
        for kind, work in kinds.items():
            started = time.perf_counter()
            steps = work()
            rates[kind].append(steps / (time.perf_counter() - started))
    ours = np.array(rates["make_env"])
    return {
        "steps_per_second": {kind: round(float(np.median(values))) for kind, values in rates.items()},
        "of_bare_batch": _spread(ours / rates["bare Batch.step"]),
        "times_gymnasium_sync": _spread(ours / rates["gymnasium sync"]),
    }


def _spread(ratios: np.ndarray) -> dict[str, float]:
    median, least = (round(float(value), 3) for value in (np.median(ratios), ratios.min()))
    return {"median": median, "min": least, "n": len(ratios)}


def _ours(body: Body, actions: np.ndarray) -> int:
    env = make_env(body.name, COPIES, seed=1)
    env.reset()
    for action in actions:
        env.step(action)
    return actions.shape[0] * actions.shape[1]


def _bare(body: Body, actions: np.ndarray) -> int:
    """The same physics of the same states without observations, rewards or resets."""
    env = make_env(body.name, COPIES, seed=1)
    env.reset()
    assert isinstance(env, BatchedEnv)
    batch = Batch(body.model, COPIES, len(os.sched_getaffinity(0)))
    batch.bind("qpos")[:], batch.bind("qvel")[:] = body.split(env.state)
    control = batch.bind("ctrl")
    for action in actions:
        control[:] = action
        batch.step(nstep=body.frame_skip)
    return actions.shape[0] * actions.shape[1]


def _sync(body: Body, actions: np.ndarray) -> int:
    env = gymnasium.make_vec(body.env_id, SYNC_COPIES, vectorization_mode="sync")
    env.reset(seed=1)
    for action in actions:
        env.step(action)
    env.close()
    return actions.shape[0] * actions.shape[1]


if __name__ == "__main__":
    one_thread()
    result: dict[str, Any] = {
        "command": "python -m gailforce.experiments.studies.throughput",
        "cores": len(os.sched_getaffinity(0)),
        "n_envs": COPIES,
        "versions": versions(),
        **{name: measure(body) for name, body in BODIES.items()},
    }
    Path("results/throughput.json").write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result, indent=1))
