"""The proof that the batched engine is Gymnasium: whole episodes compared to the bit.

Run `python -m gailforce.experiments.studies.exactness`; it writes `results/exactness.json`.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from gymnasium.envs.mujoco import MujocoEnv

from ...agents.loading import load_policy
from ...demos.library import SHIPPED
from ...demos.recorder import NoisyPolicy, Policy, RandomPolicy
from ...envs.batched import BatchedEnv
from ...envs.registry import BODIES, make_env, make_single, spaces
from ..runs.process import one_thread, versions

RESULT = Path("results/exactness.json")
# Environments compared side by side.
N_ENVS = 10
# Standard deviation of the noise on the expert's actions, in units of the action.
NOISE = 0.3


def policies(body: str) -> Iterator[tuple[str, Policy]]:
    """Random, expert and disturbed actions."""
    _, space = spaces(body)
    expert = load_policy(SHIPPED / f"{body}-expert.gfa")
    yield "random", RandomPolicy(space)
    yield "expert", expert
    yield "noisy", NoisyPolicy(expert, NOISE, space)


class Step(NamedTuple):
    """What one step of the batched engine gave.

    Attributes:
        obs: observations after the resets.
        last_obs: observations before the resets.
        ended: whether the episode ended.
        truncated: whether the time limit alone ended it.
    """

    obs: np.ndarray
    last_obs: np.ndarray
    ended: np.ndarray
    truncated: np.ndarray


@dataclass
class Counts:
    """What was compared in whole episodes, and how many steps differ in any bit."""

    episodes: int = 0
    steps: int = 0
    truncated: int = 0
    differences: int = 0


@dataclass(frozen=True)
class StateCounts:
    """Single steps from states that were set, and how many differ."""

    trials: int
    differences: int


@dataclass(frozen=True)
class BodyProof:
    """All comparisons of one body: whole episodes by the kind of their actions, and states that were set."""

    episodes: Mapping[str, Counts]
    set_state: StateCounts

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        episodes = {kind: asdict(counts) for kind, counts in self.episodes.items()}
        return {**episodes, "set_state": asdict(self.set_state)}

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> "BodyProof":
        """The proof that `to_json` wrote."""
        episodes = {kind: Counts(**counts) for kind, counts in plain.items() if kind != "set_state"}
        return cls(episodes, StateCounts(**plain["set_state"]))


def compare(body: str, policy: Policy, episodes: int, seed: int) -> Counts:
    """Play the batched engine and Gymnasium side by side; count steps and what differs in any bit.

    Initial states come from the same seeds, in the first episode and in all that follow.
    """
    env, singles = make_env(body, N_ENVS, seed), [make_single(body) for _ in range(N_ENVS)]
    assert isinstance(env, BatchedEnv)
    obs = env.reset()
    assert isinstance(obs, np.ndarray)
    first = np.array([single.reset(seed=seed + i)[0] for i, single in enumerate(singles)])
    counts = Counts(differences=int((obs != first).any(axis=1).sum()))
    while counts.episodes < episodes:
        actions, _ = policy.predict(obs, deterministic=True)
        batch = _step(env, actions)
        obs = batch.obs
        for i, single in enumerate(singles):
            expected, reward, terminated, truncated, _ = single.step(actions[i])
            flags = (bool(batch.ended[i]), bool(batch.truncated[i]))
            same = np.array_equal(batch.last_obs[i], expected) and reward == env.rewards[i]
            same &= flags == (terminated or truncated, truncated and not terminated)
            if terminated or truncated:
                same &= np.array_equal(obs[i], single.reset()[0])
                counts.episodes += 1
                counts.truncated += int(truncated)
            counts.steps += 1
            counts.differences += int(not same)
    return counts


def compare_set_state(body: str, trials: int, seed: int) -> StateCounts:
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
        expected, reward, terminated, _, _ = single.step(action)
        batch = _step(env, action[None])
        same = np.array_equal(batch.last_obs[0], expected) and reward == env.rewards[0]
        same &= batch.ended[0] == terminated
        differences += int(not (same and np.isfinite(obs).all()))
    return StateCounts(trials, differences)


def _step(env: BatchedEnv, actions: np.ndarray) -> Step:
    obs, _, ended, infos = env.step(actions)
    assert isinstance(obs, np.ndarray)
    last_obs = [
        info["terminal_observation"] if end else o for info, end, o in zip(infos, ended, obs, strict=True)
    ]
    truncated = [info.get("TimeLimit.truncated", False) for info in infos]
    return Step(obs, np.array(last_obs), ended, np.array(truncated))


def prove(episodes: int = 1000, seed: int = 7000) -> dict[str, BodyProof]:
    """All comparisons of every body: `episodes` of each, a third with each kind of action."""
    proofs = {}
    for body in BODIES:
        counts = {name: compare(body, policy, -(-episodes // 3), seed) for name, policy in policies(body)}
        proofs[body] = BodyProof(counts, compare_set_state(body, 1000, seed))
    return proofs


def read_proofs(path: Path = RESULT) -> dict[str, BodyProof]:
    """The stored comparisons of every body."""
    plain = json.loads(path.read_text())
    return {body: BodyProof.from_json(plain[body]) for body in BODIES if body in plain}


def write_proofs(proofs: Mapping[str, BodyProof], path: Path = RESULT) -> None:
    """The comparisons of every body, as JSON in the file and on the terminal."""
    result = {
        "command": "python -m gailforce.experiments.studies.exactness",
        "versions": versions(),
        **{body: proof.to_json() for body, proof in proofs.items()},
    }
    path.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    one_thread()
    write_proofs(prove())
