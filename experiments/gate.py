"""The offline gate: does a reward rank behaviour it never saw as the true reward does? Minutes, no training.

A family is fitted on four demonstrations against a random policy and half of the other rungs of a graded
ladder, then ranks the other half and episodes of the expert it was not shown. RRC is Spearman's correlation
of predicted and true reward a step, the episode's length held fixed: living long is no merit here.
"""

import json
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..agents.bridge import RewardModel, played
from ..demos.dataset import Demonstrations
from ..demos.durable import write_durably
from ..demos.trajectory import Trajectory
from ..envs.errors import DataError
from ..envs.registry import find_body
from ..generative.reward_config import RewardConfig
from ..generative.reward_families import FAMILIES
from .correlation import spearman
from .process import one_thread, this_command, versions
from .provenance import commit
from .statistics import Estimate

# Demonstrations, rounds of `update`, and the expert's episodes among what is ranked.
DEMONSTRATIONS, ROUNDS, UNSEEN = 4, 40, 5
GATE = "gate.json"
# First seed of the ladder's rungs; each rung has a thousand.
RUNG = 1000


@dataclass(frozen=True)
class Ladder:
    """What a family is fitted on and what it ranks."""

    demos: Demonstrations
    fitted: tuple[Trajectory, ...]
    unseen: tuple[Trajectory, ...]

    @classmethod
    def of(cls, env: str) -> "Ladder":
        """The shipped ladder of a body: its first rung, a random policy's, is fitted on, then every second.

        Raises:
            DataError: when there is none.
        """
        body = find_body(env)
        if body is None:
            raise DataError(
                f"there is no graded ladder for {env}; gailforce ladder records one for our bodies"
            )
        episodes = list(Demonstrations.load(f"{body.name}-ladder"))
        rungs = sorted({episode.seed // RUNG for episode in episodes if episode.seed is not None})
        known = {rungs[0], *rungs[1::2]}
        expert = list(Demonstrations.load(f"{body.name}-expert", split="validation"))[:UNSEEN]
        return cls(
            Demonstrations.load(f"{body.name}-expert").take(DEMONSTRATIONS),
            tuple(t for t in episodes if t.seed is not None and t.seed // RUNG in known),
            (*(t for t in episodes if t.seed is None or t.seed // RUNG not in known), *expert),
        )


def gate(name: str, ladder: Ladder, config: RewardConfig | None = None, seed: int = 0) -> dict[str, Any]:
    """The rank correlation of a family's reward, by mean and by sum, with its threshold and seconds."""
    began = time.monotonic()
    model = RewardModel(name, seed=seed, config=config)
    model.fit(ladder.demos)
    # The first rung comes first: an anchored density takes it for the untrained agent.
    expert, agent = played(list(ladder.demos)), played(ladder.fitted)
    for _ in range(ROUNDS):
        model.update(expert, agent)
    predicted = [model.reward(played([episode])).flatten().numpy() for episode in ladder.unseen]
    by_mean, by_sum = (_correlation(predicted, ladder.unseen, reduce) for reduce in (np.mean, np.sum))
    return {
        "mean": by_mean and asdict(by_mean),
        "sum": by_sum and asdict(by_sum),
        "threshold": FAMILIES[name].gate,
        "seconds": round(time.monotonic() - began, 1),
    }


def _correlation(
    predicted: Sequence[np.ndarray], episodes: Sequence[Trajectory], reduce: Any
) -> Estimate | None:
    """None for a reward that gives all episodes the same order as their length: it has none of its own."""
    paid = [episode.rewards for episode in episodes]
    if any(rewards is None for rewards in paid):
        raise DataError("the ladder's episodes need their true rewards; record them with gailforce ladder")
    lengths = [len(episode) for episode in episodes]
    found = [float(reduce(p)) for p in predicted]
    if len(set(found)) <= len(set(lengths)):
        return None
    return spearman(found, [float(reduce(r)) for r in paid if r is not None], given=lengths)


def gate_all(names: Mapping[str, Sequence[str]], path: Path) -> dict[str, Any]:
    """Gate families on their environments, and keep the results beside those of others in a file."""
    one_thread()
    result = read_gate(path)
    for env, families in names.items():
        ladder = Ladder.of(env)
        for name in families:
            found = gate(name, ladder)
            result["families"].setdefault(env, {})[name] = found
            print(f"{env}, {name}: {found['seconds']} s", file=sys.stderr, flush=True)
    result |= {"kind": "gate", "command": this_command(), "commit": commit(), "versions": versions()}
    write_durably(path, (json.dumps(result, indent=1) + "\n").encode())
    return result


def read_gate(path: Path) -> dict[str, Any]:
    """What a gate's file holds; nothing where there is none."""
    return json.loads(path.read_text()) if path.exists() else {"families": {}}


def below(path: Path) -> dict[tuple[str, str], str]:
    """Environments and families that fell short, each with what it came to."""
    return {
        (env, name): f"{name}, {env}: RRC {_shown(entry['mean'])}, threshold {entry['threshold']:.2f}"
        for env, found in read_gate(path)["families"].items()
        for name, entry in found.items()
        if entry["threshold"] is not None
        and (entry["mean"] is None or entry["mean"]["value"] < entry["threshold"])
    }


def describe_gate(result: Mapping[str, Any]) -> str:
    """RRC of every family, by mean and by sum, beside its threshold."""
    lines = ["environment  reward model  RRC by mean (length held fixed)  by sum  threshold  seconds"]
    for env, found in result["families"].items():
        for name, entry in found.items():
            by_mean, by_sum = (_shown(entry[key]) for key in ("mean", "sum"))
            least = "-" if entry["threshold"] is None else f"{entry['threshold']:.2f}"
            lines.append(f"{env}  {name:<12}  {by_mean}  {by_sum}  {least}  {entry['seconds']}")
    return "\n".join(lines)


def _shown(found: Mapping[str, Any] | None) -> str:
    return "none" if found is None else f"{Estimate(**found):.2f}"
