"""The offline gate: does a reward rank behavior it never saw as the true reward does? Minutes, no training.

A family is fitted on four demonstrations against a random policy and half of the other policies of a graded
ladder, then ranks the other half and an episode of the expert it was not shown; then the halves change
places. RRC is Spearman's correlation of predicted and true reward over those episodes, their length held
fixed, since living long is no merit here; the mean of both halves.
"""

import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ...agents.models.reward import RewardModel, played
from ...demos.dataset import Demonstrations
from ...demos.trajectory import Trajectory
from ...envs.errors import DataError
from ...envs.registry import find_body
from ...generative.rewards.reward_families import FAMILIES
from ..runs.process import one_thread
from ..runs.provenance import Origin, write_result
from ..scoring.bootstrap import Scores
from ..scoring.correlation import Labels, spearman
from ..scoring.statistics import Estimate
from .gate_result import GateEntry, GateResult, read_gate

# Demonstrations, and rounds of `update`.
DEMONSTRATIONS, ROUNDS = 4, 40
# The ladder's policies record under seeds this far apart.
SEEDS_OF_A_POLICY = 1000
# How the steps of an episode are put together.
REDUCTIONS: dict[str, Callable[[np.ndarray], float]] = {"mean": np.mean, "sum": np.sum}


@dataclass(frozen=True)
class Half:
    """What a family is fitted on, after a random policy's episodes, and what it then ranks."""

    fitted: tuple[Trajectory, ...]
    unseen: tuple[Trajectory, ...]


@dataclass(frozen=True)
class Ladder:
    """Demonstrations, a random policy's episodes, and the halves of the other policies in both places."""

    demos: Demonstrations
    random: tuple[Trajectory, ...]
    halves: tuple[Half, Half]

    @classmethod
    def of(cls, env: str) -> "Ladder":
        """The shipped ladder of a body; its first policy is the random one.

        Raises:
            DataError: when there is none.
        """
        body = find_body(env)
        if body is None:
            raise DataError(
                f"there is no graded ladder for {env}; gailforce ladder records one for our bodies"
            )
        policies: dict[int, list[Trajectory]] = {}
        for episode in Demonstrations.load(f"{body.name}-ladder"):
            policies.setdefault(policy_of(episode), []).append(episode)
        random, *others = (tuple(episodes) for _, episodes in sorted(policies.items()))
        even, odd = (sum(part, ()) for part in (others[::2], others[1::2]))
        # One alone: the order of the expert's own episodes among themselves means nothing.
        expert = tuple(Demonstrations.load(f"{body.name}-expert", split="validation"))[:1]
        demos = Demonstrations.load(f"{body.name}-expert").take(DEMONSTRATIONS)
        return cls(demos, random, (Half(even, (*odd, *expert)), Half(odd, (*even, *expert))))


def policy_of(episode: Trajectory) -> int:
    """Which policy an episode belongs to, by its seed; the expert's own count as one more."""
    return -1 if episode.seed is None else episode.seed // SEEDS_OF_A_POLICY


def gate(
    name: str,
    ladder: Ladder,
    config: Any = None,  # Any: every family has settings of its own class
    seed: int = 0,
) -> GateEntry:
    """The rank correlation of a family's reward on both halves, by mean and by sum, with its threshold."""
    began = time.monotonic()
    both = [_ranked(RewardModel(name, seed=seed, config=config), ladder, half) for half in ladder.halves]
    halves = {key: tuple(half[key] for half in both) for key in (*REDUCTIONS, "policies")}
    return GateEntry(
        rrc=_of_both(halves["mean"]),
        rrc_of_policies=_of_both(halves["policies"]),
        halves=halves,
        threshold=FAMILIES[name].gate,
        seconds=round(time.monotonic() - began, 1),
        origin=Origin.here(),
    )


def _of_both(halves: Sequence[Estimate | None]) -> float | None:
    values = [half.value for half in halves if half is not None]
    return float(np.mean(values)) if len(values) == len(halves) else None


def _ranked(model: RewardModel, ladder: Ladder, half: Half) -> dict[str, Estimate | None]:
    model.fit(ladder.demos)
    expert, agent = played(list(ladder.demos)), played((*ladder.random, *half.fitted))
    # As in training, the first agent is an untrained one; an anchored density remembers it.
    model.update(expert, played(ladder.random))
    for _ in range(ROUNDS):
        model.update(expert, agent)
    predicted = [model.reward(played([episode])).flatten().numpy() for episode in half.unseen]
    of_episodes = {key: _correlation(predicted, half.unseen, reduce) for key, reduce in REDUCTIONS.items()}
    return of_episodes | {"policies": _of_policies(predicted, half.unseen)}


def _true_rewards(episodes: Sequence[Trajectory]) -> list[np.ndarray]:
    paid = [episode.rewards for episode in episodes if episode.rewards is not None]
    if len(paid) < len(episodes):
        raise DataError("the ladder's episodes need their true rewards; record them with gailforce ladder")
    return paid


def _correlation(
    predicted: Sequence[np.ndarray], episodes: Sequence[Trajectory], reduce: Callable[[np.ndarray], float]
) -> Estimate | None:
    """Over episodes; those of a policy go together. None without an order beside that of their lengths."""
    paid = _true_rewards(episodes)
    a_step = [float(np.mean(p)) for p in predicted]
    if np.allclose(a_step, a_step[0]):
        return None
    lengths, policies = [len(episode) for episode in episodes], [policy_of(episode) for episode in episodes]
    rewards, true = ([float(reduce(column)) for column in columns] for columns in (predicted, paid))
    return _beside_length(rewards, true, lengths, policies)


def _of_policies(predicted: Sequence[np.ndarray], episodes: Sequence[Trajectory]) -> Estimate | None:
    """Over policies: means of all their steps, the mean length of their episodes held fixed."""
    paid, policies = _true_rewards(episodes), np.array([policy_of(episode) for episode in episodes])

    def means(columns: Sequence[np.ndarray]) -> list[float]:
        return [
            float(np.concatenate([columns[int(i)] for i in np.flatnonzero(policies == name)]).mean())
            for name in np.unique(policies)
        ]

    rewards, lengths = means(predicted), np.array([len(episode) for episode in episodes])
    if np.allclose(rewards, rewards[0]):
        return None
    mean_lengths = [float(lengths[policies == name].mean()) for name in np.unique(policies)]
    return _beside_length(rewards, means(paid), mean_lengths)


def _beside_length(
    predicted: Scores, paid: Scores, lengths: Scores, groups: Labels | None = None
) -> Estimate | None:
    """None where the prediction's order is exactly that of the lengths, or against it."""
    try:
        return spearman(predicted, paid, given=lengths, groups=groups)
    except DataError:
        return None


def gate_all(names: Mapping[str, Sequence[str]], path: Path) -> GateResult:
    """Gate families on their environments, and keep each result beside those of others in a file."""
    one_thread()
    result = read_gate(path)
    for env, families in names.items():
        ladder = Ladder.of(env)
        for name in families:
            entry = gate(name, ladder)
            result = result.with_entry(env, name, entry)
            write_result(path, result.to_json())
            print(f"{env}, {name}: {entry}, {entry.seconds} s", file=sys.stderr, flush=True)
    return result
