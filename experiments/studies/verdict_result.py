"""The result of the verdict's trial, as `results/verdict.json` stores it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from ..scoring.reading import estimate
from ..scoring.statistics import Estimate


@dataclass(frozen=True)
class Thresholds:
    """The largest distances at which an agent imitates, and at which it imitates in part."""

    imitates: float
    partly: float


@dataclass(frozen=True)
class WordCount:
    """How many agents got a word, how many of them rightly, and what right means."""

    called: int
    right: int
    meaning: str


@dataclass(frozen=True)
class Scores:
    """How right the verdict was on one set of agents; an estimate is None where nothing can be estimated.

    Attributes:
        agents: number of agents.
        runs: number of training runs they come from.
        living: number of agents whose episodes last.
        spearman: correlation of the distance with normalized score, living agents.
        spearman_of_length_alone: of the episodes' length, living agents.
        spearman_where_a_discriminator_was: of the distance, living agents with a discriminator.
        spearman_of_its_accuracy_alone: of that discriminator's accuracy, the same agents.
        spearman_over_all: of the distance, all agents.
        good_called_imitates: share of good agents that are called `imitates`.
        bad_living_called_imitates: share of living bad agents that are called so.
        bad_living_runs: number of training runs of living bad agents.
        words: counts of every word.
    """

    agents: int
    runs: int
    living: int
    spearman: Estimate | None
    spearman_of_length_alone: Estimate | None
    spearman_where_a_discriminator_was: Estimate | None
    spearman_of_its_accuracy_alone: Estimate | None
    spearman_over_all: Estimate | None
    good_called_imitates: Estimate | None
    bad_living_called_imitates: Estimate | None
    bad_living_runs: int
    words: Mapping[str, WordCount]

    def to_json(self) -> dict[str, Any]:
        """Plain values, keys in words."""
        return {key.replace("_", " "): value for key, value in asdict(self).items()}

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> "Scores":
        """The scores that `to_json` wrote."""
        words = {word: WordCount(**count) for word, count in plain["words"].items()}
        values = {key.replace(" ", "_"): value for key, value in plain.items() if key != "words"}
        estimates = {key: estimate(value) for key, value in values.items() if not isinstance(value, int)}
        return cls(**{**values, **estimates}, words=words)


@dataclass(frozen=True)
class FewerScores:
    """How well the distance ranks and separates with fewer demonstrations; living agents only."""

    spearman: Estimate | None
    good_within: Estimate | None
    bad_within: Estimate | None

    def to_json(self) -> dict[str, Any]:
        """Plain values, keys in words."""
        return {key.replace("_", " "): value for key, value in asdict(self).items()}

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> "FewerScores":
        """The scores that `to_json` wrote."""
        return cls(*(estimate(plain[key]) for key in ("spearman", "good within", "bad within")))


@dataclass(frozen=True)
class VerdictResult:
    """Thresholds of one half of the runs, scores of the other.

    Attributes:
        agents: number of judged agents, both halves.
        thresholds: of the first half.
        constant: mean distance of the first half's constant-reward agents, by body.
        unseen: scores of the second half.
        fewer_demonstrations: scores of the second half, by what the distance was made of.
        unseen_by_body: scores of the second half, by body.
    """

    agents: int
    thresholds: Thresholds
    constant: Mapping[str, float]
    unseen: Scores
    fewer_demonstrations: Mapping[str, FewerScores]
    unseen_by_body: Mapping[str, Scores]

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "agents": self.agents,
            "thresholds": asdict(self.thresholds),
            "constant": dict(self.constant),
            "unseen": self.unseen.to_json(),
            "fewer demonstrations": {k: part.to_json() for k, part in self.fewer_demonstrations.items()},
            "unseen by body": {body: scores.to_json() for body, scores in self.unseen_by_body.items()},
        }

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> "VerdictResult":
        """The result that `to_json` wrote."""
        return cls(
            plain["agents"],
            Thresholds(**plain["thresholds"]),
            plain["constant"],
            Scores.from_json(plain["unseen"]),
            {key: FewerScores.from_json(part) for key, part in plain["fewer demonstrations"].items()},
            {body: Scores.from_json(part) for body, part in plain["unseen by body"].items()},
        )
