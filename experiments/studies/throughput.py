"""Speed of the environments, as ratios against the same work in the same run.

Run `python -m gailforce.experiments.studies.throughput` with nothing else running; it writes
`results/throughput.json`.
"""

import json
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
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

RESULT = Path("results/throughput.json")
N_ENVS = 64
# Size of Gymnasium's sync vector environment; its steps a second do not depend on it.
N_SYNC_ENVS = 8
# Steps of all environments in one measurement, and measurements of each kind, taken in turn.
STEPS, ROUNDS = 400, 7


@dataclass(frozen=True)
class Ratio:
    """Median and least of the ratios of paired measurements."""

    median: float
    min: float
    n: int


@dataclass(frozen=True)
class Throughput:
    """Speed of one body's environments.

    Attributes:
        steps_per_second: median of each kind of environment [1/s].
        of_bare_batch: speed of `make_env` over that of the physics alone.
        times_gymnasium_sync: speed of `make_env` over that of Gymnasium's vector environment.
    """

    steps_per_second: Mapping[str, int]
    of_bare_batch: Ratio
    times_gymnasium_sync: Ratio

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> "Throughput":
        """The speed that `to_json` wrote."""
        ratios = (Ratio(**plain[key]) for key in ("of_bare_batch", "times_gymnasium_sync"))
        return cls(plain["steps_per_second"], *ratios)


def recorded_actions(body: Body) -> np.ndarray:
    """The expert's own actions, `(STEPS, N_ENVS, A)`: long native episodes, as in training."""
    env, policy = make_env(body.name, N_ENVS, seed=1), load_policy(SHIPPED / f"{body.name}-expert.gfa")
    obs, actions = env.reset(), []
    for _ in range(STEPS):
        assert isinstance(obs, np.ndarray)
        action, _ = policy.predict(obs, deterministic=True)
        actions.append(action)
        obs, *_ = env.step(action)
    return np.array(actions)


def measure(body: Body) -> Throughput:
    """Steps a second of `make_env`, of the bare batch and of Gymnasium's vector environment."""
    actions = recorded_actions(body)
    kinds: dict[str, Callable[[], int]] = {
        "make_env": lambda: _ours(body, actions),
        "bare Batch.step": lambda: _bare(body, actions),
        "gymnasium sync": lambda: _sync(body, actions[:, :N_SYNC_ENVS]),
    }
    rates: dict[str, list[float]] = {kind: [] for kind in kinds}
    for _ in range(ROUNDS):
        for kind, work in kinds.items():
            started = time.perf_counter()
            steps = work()
            rates[kind].append(steps / (time.perf_counter() - started))
    ours = np.array(rates["make_env"])
    return Throughput(
        {kind: round(float(np.median(values))) for kind, values in rates.items()},
        _spread(ours / rates["bare Batch.step"]),
        _spread(ours / rates["gymnasium sync"]),
    )


def _spread(ratios: np.ndarray) -> Ratio:
    median, least = (round(float(value), 3) for value in (np.median(ratios), ratios.min()))
    return Ratio(median, least, len(ratios))


def _ours(body: Body, actions: np.ndarray) -> int:
    env = make_env(body.name, N_ENVS, seed=1)
    env.reset()
    for action in actions:
        env.step(action)
    return actions.shape[0] * actions.shape[1]


def _bare(body: Body, actions: np.ndarray) -> int:
    """The same physics of the same states without observations, rewards or resets."""
    env = make_env(body.name, N_ENVS, seed=1)
    env.reset()
    assert isinstance(env, BatchedEnv)
    batch = Batch(body.model, N_ENVS, len(os.sched_getaffinity(0)))
    batch.bind("qpos")[:], batch.bind("qvel")[:] = body.split(env.state)
    control = batch.bind("ctrl")
    for action in actions:
        control[:] = action
        batch.step(nstep=body.frame_skip)
    return actions.shape[0] * actions.shape[1]


def _sync(body: Body, actions: np.ndarray) -> int:
    env = gymnasium.make_vec(body.env_id, N_SYNC_ENVS, vectorization_mode="sync")
    env.reset(seed=1)
    for action in actions:
        env.step(action)
    env.close()
    return actions.shape[0] * actions.shape[1]


def read_throughput(path: Path = RESULT) -> dict[str, Throughput]:
    """The stored speed of every body."""
    plain = json.loads(path.read_text())
    return {body: Throughput.from_json(plain[body]) for body in BODIES if body in plain}


def write_throughput(speeds: Mapping[str, Throughput], path: Path = RESULT) -> None:
    """The speed of every body, as JSON in the file and on the terminal."""
    result = {
        "command": "python -m gailforce.experiments.studies.throughput",
        "cores": len(os.sched_getaffinity(0)),
        "n_envs": N_ENVS,
        "versions": versions(),
        **{body: speed.to_json() for body, speed in speeds.items()},
    }
    path.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    one_thread()
    write_throughput({name: measure(body) for name, body in BODIES.items()})
