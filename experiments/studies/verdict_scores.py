"""How right the verdict was: thresholds set on one half of the runs, words and ranks scored on the other.

Run `python -m gailforce.experiments.studies.verdict_scores` from the root of a checkout. It reads
`results/verdict/agents.jsonl`, prints the thresholds to be put into `verdict/checks.py`, and writes
`results/verdict.json` and the counts that a verdict's confidence rests on.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ...demos.dataset import Demonstrations
from ..runs.provenance import write_result
from ..scoring import controls
from ..scoring.controls import Task
from ..scoring.correlation import FEWEST, spearman
from ..scoring.statistics import Estimate, wilson
from ..verdict.checks import CHECKS, IMITATES
from ..verdict.confidence import TRIED
from ..verdict.evidence import Evidence
from ..verdict.judge import conclude
from .verdict_result import FewerScores, Scores, Thresholds, VerdictResult, WordCount
from .verdict_trial import AGENTS, DRAW, EPISODES, FEWER, Agent

RESULT = Path("results/verdict.json")
# Normalized score from which an agent has imitated, and below which it has not.
GOOD, BAD = 0.95, 0.8
# Mean length from which an agent counts as living, so that its length says nothing more [steps].
LIVING = 900
# Normalized scores of agents that get a word rightly, from and below, and how to say it.
RIGHT: dict[str, tuple[float, float, str]] = {
    "imitates": (0.9, np.inf, "at least 0.9 of the expert's return"),
    "partly": (0.5, 1.0, "0.5 to 1 of the expert's return"),
    "survives only": (-np.inf, 0.9, "less than 0.9 of the expert's return"),
    "failed": (-np.inf, 0.8, "less than 0.8 of the expert's return"),
}


@dataclass(frozen=True)
class ScoredAgent:
    """A judged agent with its normalized score."""

    agent: Agent
    normalized_score: float

    @classmethod
    def of(cls, agent: Agent) -> "ScoredAgent":
        """Normalized by the references that every score has."""
        random, expert = references(agent.body)
        return cls(agent, (float(np.mean(agent.returns)) - random) / (expert - random))

    @property
    def distance(self) -> float:
        """What the verdict ranks by."""
        return self.agent.deterministic.distance

    @property
    def length(self) -> float:
        """Mean length of its episodes [steps]."""
        return float(np.mean(self.agent.lengths))

    @property
    def living(self) -> bool:
        """Whether its episodes last."""
        return self.length >= LIVING

    @property
    def good(self) -> bool:
        """Whether it has imitated."""
        return self.normalized_score >= GOOD

    @property
    def bad(self) -> bool:
        """Whether it has not imitated."""
        return self.normalized_score < BAD

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


def constants(agents: Sequence[ScoredAgent]) -> dict[str, float]:
    """Mean distance of the living constant-reward agents, by body."""
    distances: dict[str, list[float]] = {}
    for one in agents:
        if one.agent.kind == "constant" and one.living:
            distances.setdefault(one.agent.body, []).append(one.distance)
    return {body: float(np.mean(of_body)) for body, of_body in distances.items()}


def read_agents(path: Path = AGENTS) -> list[ScoredAgent]:
    """All judged agents, with normalized score by the references of every score."""
    lines = path.read_text().splitlines()
    return [ScoredAgent.of(Agent.from_json(json.loads(line))) for line in lines]


def references(body: str) -> tuple[float, float]:
    """Mean returns of random actions and of the expert."""
    demos = Demonstrations.load(f"{body}-expert")
    task = Task(demos.env_id, demos, demos, 0)
    random, expert = (controls.find(control, task) for control in ("random", "expert"))
    assert random is not None
    assert expert is not None
    return random.mean, expert.mean


def halves(agents: Sequence[ScoredAgent]) -> tuple[list[ScoredAgent], list[ScoredAgent]]:
    """The agents in two parts without a common training run, by a fixed shuffle of the runs."""
    runs = sorted({one.agent.run for one in agents})
    first = {runs[i] for i in np.random.default_rng(0).permutation(len(runs))[: len(runs) // 2]}
    return (
        [one for one in agents if one.agent.run in first],
        [one for one in agents if one.agent.run not in first],
    )


def thresholds(agents: Sequence[ScoredAgent]) -> Thresholds:
    """Where imitating ends: halfway between the good agents' 95th percentile and the nearest bad one.

    Where they overlap the nearest bad one decides. Imitating in part ends at the distance that best separates
    scores of 0.5 and more from lower ones.
    """
    good = np.array([one.distance for one in agents if one.good and one.living])
    bad = np.array([one.distance for one in agents if one.bad and one.living])
    edge = float(np.quantile(good, 0.95))
    imitates = float(min(bad.min() * 0.9, (edge + bad.min()) / 2))
    distances = np.array([one.distance for one in agents])
    half = np.array([one.normalized_score >= 0.5 for one in agents])
    candidates = np.sort(distances)
    right = [np.mean(distances[half] <= at) + np.mean(distances[~half] > at) for at in candidates]
    return Thresholds(imitates, float(candidates[int(np.argmax(right))]))


def scored(unseen: Sequence[ScoredAgent], constant: Mapping[str, float] | None = None) -> Scores:
    """The figures of the half that set nothing; `constant` comes from the other."""
    words = [one.word((constant or {}).get(one.agent.body)) for one in unseen]
    imitates = [word == "imitates" for word in words]
    living = [one for one in unseen if one.living]
    discriminated = [one for one in living if one.agent.accuracy is not None]
    accuracies = [one.agent.accuracy or 0.0 for one in discriminated]
    return Scores(
        agents=len(unseen),
        runs=len({one.agent.run for one in unseen}),
        living=len(living),
        spearman=ranks(living, [-one.distance for one in living]),
        spearman_of_length_alone=ranks(living, [one.length for one in living]),
        spearman_where_a_discriminator_was=ranks(discriminated, [-one.distance for one in discriminated]),
        spearman_of_its_accuracy_alone=ranks(discriminated, [-accuracy for accuracy in accuracies]),
        spearman_over_all=ranks(unseen, [-one.distance for one in unseen]),
        good_called_imitates=_share(
            [called for one, called in zip(unseen, imitates, strict=True) if one.good]
        ),
        bad_living_called_imitates=_share(
            [called for one, called in zip(unseen, imitates, strict=True) if one.bad and one.living]
        ),
        bad_living_runs=len({one.agent.run for one in living if one.bad}),
        words=_word_counts(unseen, words),
    )


def with_fewer(unseen: Sequence[ScoredAgent]) -> dict[str, FewerScores]:
    """The distance alone, by fewer demonstrations than the thresholds were set with."""
    living = [one for one in unseen if one.living]
    return {
        key: FewerScores(
            ranks(living, [-one.agent.fewer[key] for one in living]),
            _share([one.agent.fewer[key] <= IMITATES for one in living if one.good]),
            _share([one.agent.fewer[key] <= IMITATES for one in living if one.bad]),
        )
        for key in FEWER
    }


def _share(hits: Sequence[bool]) -> Estimate | None:
    return wilson(sum(hits), len(hits)) if hits else None


def ranks(agents: Sequence[ScoredAgent], by: Sequence[float]) -> Estimate | None:
    """Spearman's correlation with normalized score, whole runs resampled; None where nothing varies."""
    runs = [one.agent.run for one in agents]
    if len(set(runs)) < FEWEST or len(set(by)) < 2:
        return None
    return spearman(by, [one.normalized_score for one in agents], groups=runs)


def _word_counts(agents: Sequence[ScoredAgent], words: Sequence[str]) -> dict[str, WordCount]:
    counts = {}
    for name, (low, high, meaning) in RIGHT.items():
        called = [one for one, word in zip(agents, words, strict=True) if word == name]
        right = sum(low <= one.normalized_score < high for one in called)
        counts[name] = WordCount(len(called), right, meaning)
    return counts


def result_of(agents: Sequence[ScoredAgent]) -> VerdictResult:
    """Thresholds of one half, scores of the other."""
    first, second = halves(agents)
    constant = constants(first)
    bodies = {body: [one for one in second if one.agent.body == body] for body in ("hopper", "walker2d")}
    return VerdictResult(
        len(agents),
        thresholds(first),
        constant,
        scored(second, constant),
        with_fewer(second),
        {body: scored(part, constant) for body, part in bodies.items()},
    )


def main() -> None:
    """Read the agents, write the result and the counts of every word."""
    result = result_of(read_agents()).to_json()
    write_result(RESULT, result)
    TRIED.write_text(json.dumps(result["unseen"]["words"], indent=1) + "\n")
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
