"""How right the verdict was: thresholds set on one half of the runs, words and ranks scored on the other.

Run `python -m gailforce.experiments.studies.verdict_scores` from the root of a checkout. It reads
`results/verdict/agents.jsonl`, prints the thresholds to be put into `verdict_checks.py`, and writes
`results/verdict.json` and the counts that a verdict's confidence rests on.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ...demos.dataset import Demonstrations
from ..runs.provenance import write_result
from ..scoring import controls
from ..scoring.controls import Task
from ..scoring.correlation import FEWEST, spearman
from ..scoring.statistics import Estimate, wilson
from ..verdict.checks import CHECKS, IMITATES
from ..verdict.confidence import TRIED
from ..verdict.evidence import Evidence, Played
from ..verdict.judge import conclude
from .verdict_trial import AGENTS, DRAW, EPISODES, FEWER, Agent

RESULT = Path("results/verdict.json")
# normalized score from which an agent has imitated, and below which it has not.
GOOD, BAD = 0.95, 0.8
# Mean length from which an agent counts as living, so that its length says nothing more [steps].
LIVING = 900
# What an agent called so must have reached for the word to be right, and how to say it.
RIGHT: dict[str, tuple[float, float, str]] = {
    "imitates": (0.9, np.inf, "at least 0.9 of the expert's return"),
    "partly": (0.5, 1.0, "0.5 to 1 of the expert's return"),
    "survives only": (-np.inf, 0.9, "less than 0.9 of the expert's return"),
    "failed": (-np.inf, 0.8, "less than 0.8 of the expert's return"),
}


@dataclass(frozen=True)
class Known:
    """An agent with its normalized return."""

    agent: Agent
    normalized_score: float

    @property
    def distance(self) -> float:
        """What the verdict ranks by."""
        return self.agent.deterministic.distance

    @property
    def living(self) -> bool:
        """Whether its episodes last."""
        return float(np.mean(self.agent.lengths)) >= LIVING

    def word(self, constant: float | None) -> str:
        """The verdict on it, beside the distance of a constant-reward agent of its body."""
        demos = Demonstrations.load(f"{self.agent.body}-expert").take(EPISODES, DRAW)
        evidence = Evidence(
            EPISODES,
            demos.steps,
            demos.mean_length,
            deterministic=self.agent.deterministic,
            exploring=self.agent.exploring,
            constant=constant,
        )
        return conclude(evidence, [check(evidence) for check in CHECKS])


def constants(known: Sequence[Known]) -> dict[str, float]:
    """Mean distance of the constant-reward agents, by body."""
    found: dict[str, list[float]] = {}
    for k in known:
        if k.agent.kind == "constant" and k.living:
            found.setdefault(k.agent.body, []).append(k.distance)
    return {name: float(np.mean(distances)) for name, distances in found.items()}


def read_agents(path: Path = AGENTS) -> list[Known]:
    """All judged agents, with normalized score by the references of every score."""
    return [_known(json.loads(line)) for line in path.read_text().splitlines()]


def _known(line: dict[str, Any]) -> Known:
    played = {
        mode: Played(tuple(line[mode]["distances"]), tuple(line[mode]["lengths"]))
        for mode in ("deterministic", "exploring")
    }
    agent = Agent(**{**line, **played, "returns": tuple(line["returns"]), "lengths": tuple(line["lengths"])})
    random, expert = references(agent.body)
    return Known(agent, (float(np.mean(agent.returns)) - random) / (expert - random))


def references(name: str) -> tuple[float, float]:
    """Mean returns of random actions and of the expert."""
    demos = Demonstrations.load(f"{name}-expert")
    found = [controls.find(control, Task(demos.env_id, demos, demos, 0)) for control in ("random", "expert")]
    assert found[0] is not None
    assert found[1] is not None
    return found[0].mean, found[1].mean


def halves(known: Sequence[Known]) -> tuple[list[Known], list[Known]]:
    """The agents in two parts without a common training run, by a fixed shuffle of the runs."""
    runs = sorted({k.agent.run for k in known})
    first = {runs[i] for i in np.random.default_rng(0).permutation(len(runs))[: len(runs) // 2]}
    return [k for k in known if k.agent.run in first], [k for k in known if k.agent.run not in first]


def thresholds(known: Sequence[Known]) -> dict[str, float]:
    """Where imitating ends: halfway between the good agents' 95th percentile and the nearest bad one.

    Where they overlap the nearest bad one decides. Imitating in part ends where a score of 0.5 is told best.
    """
    good = np.array([k.distance for k in known if k.normalized_score >= GOOD and k.living])
    bad = np.array([k.distance for k in known if k.normalized_score < BAD and k.living])
    edge = float(np.quantile(good, 0.95))
    imitates = float(min(bad.min() * 0.9, (edge + bad.min()) / 2))
    distances, half = (
        np.array([k.distance for k in known]),
        np.array([k.normalized_score >= 0.5 for k in known]),
    )
    places = np.sort(distances)
    right = [np.mean(distances[half] <= at) + np.mean(distances[~half] > at) for at in places]
    return {"imitates": imitates, "partly": float(places[int(np.argmax(right))])}


def scored(unseen: Sequence[Known], constant: dict[str, float] | None = None) -> dict[str, Any]:
    """The figures of the half that set nothing; `constant` comes from the other."""
    living = [k for k in unseen if k.living]
    words = {id(k): k.word((constant or {}).get(k.agent.body)) for k in unseen}
    good, bad = (
        [k for k in unseen if k.normalized_score >= GOOD],
        [k for k in living if k.normalized_score < BAD],
    )
    called = {"good": sum(words[id(k)] == "imitates" for k in good)}
    called["bad"] = sum(words[id(k)] == "imitates" for k in bad)
    seen = [k for k in living if k.agent.accuracy is not None]
    return {
        "agents": len(unseen),
        "runs": len({k.agent.run for k in unseen}),
        "living": len(living),
        "spearman": ranks(living, [-k.distance for k in living]),
        "spearman of length alone": ranks(living, [float(np.mean(k.agent.lengths)) for k in living]),
        "spearman where a discriminator was": ranks(seen, [-k.distance for k in seen]),
        "spearman of its accuracy alone": ranks(seen, [-(k.agent.accuracy or 0.0) for k in seen]),
        "spearman over all": ranks(unseen, [-k.distance for k in unseen]),
        "good called imitates": asdict(wilson(called["good"], len(good))) if good else None,
        "bad living called imitates": asdict(wilson(called["bad"], len(bad))) if bad else None,
        "bad living runs": len({k.agent.run for k in bad}),
        "words": _table(unseen, words),
    }


def with_fewer(unseen: Sequence[Known]) -> dict[str, Any]:
    """The distance alone, by fewer demonstrations than the thresholds were set with."""
    living = [k for k in unseen if k.living]
    good, bad = (
        [k for k in living if k.normalized_score >= GOOD],
        [k for k in living if k.normalized_score < BAD],
    )
    return {
        key: {
            "spearman": ranks(living, [-k.agent.fewer[key] for k in living]),
            "good within": _within(good, key),
            "bad within": _within(bad, key),
        }
        for key in FEWER
    }


def _within(these: Sequence[Known], key: str) -> dict[str, Any] | None:
    near = sum(k.agent.fewer[key] <= IMITATES for k in these)
    return asdict(wilson(near, len(these))) if these else None


def ranks(known: Sequence[Known], by: Sequence[float]) -> dict[str, Any] | None:
    """Spearman's correlation with normalized score, whole runs resampled; None where nothing varies."""
    if len({k.agent.run for k in known}) < FEWEST or len(set(by)) < 2:
        return None
    found: Estimate = spearman(by, [k.normalized_score for k in known], groups=[k.agent.run for k in known])
    return asdict(found)


def _table(unseen: Sequence[Known], words: dict[int, str]) -> dict[str, Any]:
    found = {}
    for word, (low, high, meaning) in RIGHT.items():
        these = [k for k in unseen if words[id(k)] == word]
        right = sum(low <= k.normalized_score < high for k in these)
        found[word] = {"called": len(these), "right": right, "meaning": meaning}
    return found


def main() -> None:
    """Set, score, write."""
    known = read_agents()
    first, second = halves(known)
    paid = constants(first)
    result: dict[str, Any] = {
        "agents": len(known),
        "thresholds": thresholds(first),
        "constant": paid,
        "unseen": scored(second, paid),
        "fewer demonstrations": with_fewer(second),
        "unseen by body": {
            name: scored([k for k in second if k.agent.body == name], paid) for name in ("hopper", "walker2d")
        },
    }
    write_result(RESULT, result)
    TRIED.write_text(json.dumps(result["unseen"]["words"], indent=1) + "\n")
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
