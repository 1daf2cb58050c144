"""The proof that the batched engine is Gymnasium: whole episodes compared to the bit.

Run `python -m gailforce.experiments.studies.exactness`; it writes `results/exactness.json`.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from gymnasium.envs.mujoco import MujocoEnv

from ...agents.loading import load_policy
from ...demos.library import SHIPPED
from ...demos.recorder import NoisyPolicy, Policy, RandomPolicy
from ...envs.batched import BatchedEnv
from ...envs.registry import BODIES, make_env, make_single, spaces
from ..runs.process import one_thread, versions

# Copies compared side by side.
COPIES = 10
# Standard deviation of the noise on the expert's actions, in units of the action.
NOISE = 0.3


def policies(body: str) -> Iterator[tuple[str, Policy]]:
    """Random, expert and disturbed actions."""
    _, space = spaces(body)
    expert = load_policy(SHIPPED / f"{body}-expert.gfa")
    yield "random", RandomPolicy(space)
    yield "expert", expert
    yield "noisy", NoisyPolicy(expert, NOISE, space)


def compare(body: str, policy: Policy, episodes: int, seed: int) -> dict[str, int]:
    """Play the batched engine and Gymnasium side by side; count steps and what differs in any bit.

    Initial states come from the same seeds, in the first episode and in all that follow.
    """
    env, singles = make_env(body, COPIES, seed), [make_single(body) for _ in range(COPIES)]
    assert isinstance(env, BatchedEnv)
    obs = env.reset()
    assert isinstance(obs, np.ndarray)
    expected = np.array([single.reset(seed=seed + i)[0] for i, single in enumerate(singles)])
    different = int((obs != expected).any(axis=1).sum())
    counts = {"episodes": 0, "steps": 0, "truncated": 0, "differences": different}
    while counts["episodes"] < episodes:
        actions, _ = policy.predict(obs, deterministic=True)
        obs, ended, infos = _step(env, actions)
        for i, single in enumerate(singles):
            wanted, reward, terminated, truncated, _ = single.step(actions[i])
            shown = infos[i]["terminal_observation"] if ended[i] else obs[i]
            flags = (bool(ended[i]), infos[i].get("TimeLimit.truncated", False))
            same = np.array_equal(shown, wanted) and reward == env.rewards[i]
            same &= flags == (terminated or truncated, truncated and not terminated)
            if terminated or truncated:
                same &= np.array_equal(obs[i], single.reset()[0])
                counts["episodes"] += 1
                counts["truncated"] += int(truncated)
            counts["steps"] += 1
            counts["differences"] += int(not same)
    return counts


def compare_set_state(body: str, trials: int, seed: int) -> dict[str, int]:
    """Begin both engines from the same states through `set_state`, step once, count what differs."""
    env, single = make_env(body, 1, seed), make_single(body)
    physics = single.unwrapped
    assert isinstance(env, BatchedEnv)
    assert isinstance(physics, MujocoEnv)
    generator = np.random.default_rng(seed)
    nq, size = env.body.nq, env.body.action_size
    env.reset()
    single.reset(seed=seed)
    differences = 0
    for trial in range(trials):
        env.step(generator.uniform(-1, 1, (1, size)).astype(np.float32))
        state = env.state + generator.normal(0, 0.01, env.state.shape)
        obs = env.set_state(state)
        single.reset(seed=trial)
        physics.set_state(state[0, :nq], state[0, nq:])
        action = generator.uniform(-1, 1, size).astype(np.float32)
        wanted, reward, terminated, _, _ = single.step(action)
        shown, ended, infos = _step(env, action[None])
        after = infos[0]["terminal_observation"] if ended[0] else shown[0]
        same = np.array_equal(after, wanted) and reward == env.rewards[0] and ended[0] == terminated
        differences += int(not (same and np.isfinite(obs).all()))
    return {"trials": trials, "differences": differences}


def _step(env: BatchedEnv, actions: np.ndarray) -> tuple[np.ndarray, np.ndarray, list[dict[str, Any]]]:
    """Observations, ends of episodes, and infos."""
    obs, _, ended, infos = env.step(actions)
    assert isinstance(obs, np.ndarray)
    return obs, ended, infos


def prove(episodes: int = 1000, seed: int = 7000) -> dict[str, Any]:
    """All comparisons: `episodes` for each body, a third with each kind of action."""
    result: dict[str, Any] = {
        "command": "python -m gailforce.experiments.studies.exactness",
        "versions": versions(),
    }
    for body in BODIES:
        found = {name: compare(body, policy, -(-episodes // 3), seed) for name, policy in policies(body)}
        result[body] = {**found, "set_state": compare_set_state(body, 1000, seed)}
    return result


if __name__ == "__main__":
    one_thread()
    proof = prove()
    Path("results/exactness.json").write_text(json.dumps(proof, indent=1) + "\n")
    print(json.dumps(proof, indent=1))
