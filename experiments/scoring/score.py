"""Scores: true returns of whole episodes, and their normalized scores beside those of the controls."""

import functools
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np

from .reading import PlainTable, real
from .statistics import Estimate, mean_interval, normalized

NOT_STORED = "Not in result.json."
NO_RETURNS = "No finite returns in result.json."


@dataclass(frozen=True)
class Score:
    """True returns of a policy's episodes.

    Attributes:
        returns: one for each episode.
        lengths: steps of each episode.
        seeds: what each episode's `reset` was given; None where it is not known.
        source: the command or the file the figures come from.
    """

    returns: tuple[float, ...]
    lengths: tuple[int, ...]
    seeds: tuple[int | None, ...]
    source: str = ""

    @property
    def mean(self) -> float:
        """Mean return."""
        return float(np.mean(self.returns))

    @property
    def std(self) -> float:
        """Standard deviation over episodes."""
        return float(np.std(self.returns))

    def normalized_score(self, random: float, expert: float) -> Estimate:
        """Normalized score: 0 is random, 1 the expert; the interval is over episodes."""
        return mean_interval(normalized(self.returns, random, expert))

    def __str__(self) -> str:
        return f"return {mean_interval(self.returns)} episode{'s' * (len(self.returns) != 1)}"

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "returns": list(self.returns),
            "lengths": list(self.lengths),
            "seeds": list(self.seeds),
            "mean": self.mean,
            "std": self.std,
            "normalized_score": None,
            "source": self.source,
        }

    @classmethod
    def from_json(cls, record: dict[str, Any]) -> "Score":
        """The score `to_json` wrote."""
        return cls(
            returns=tuple(record["returns"]),
            lengths=tuple(record["lengths"]),
            seeds=tuple(record["seeds"]),
            source=record["source"],
        )


@dataclass(frozen=True)
class ScoreEntry:
    """A policy in a result: its score and normalized score, or (`missing`) why there is no score.

    Attributes:
        score: None where the policy is not scored.
        normalized_score: None without references, or with an expert no better than random.
        missing: why there is no score, and what makes one.
        step: of the checkpoint that is scored; None for a finished policy.
    """

    score: Score | None = None
    normalized_score: Estimate | None = None
    missing: str = ""
    step: int | None = None

    @classmethod
    def of(cls, score: Score, random: float | None, expert: float | None) -> "ScoreEntry":
        """A score with its normalized score where the mean returns of random and expert give a scale."""
        if random is None or expert is None or expert <= random:
            return cls(score)
        return cls(score, score.normalized_score(random, expert))

    @property
    def mean(self) -> float | None:
        """Mean return; None without a score."""
        return None if self.score is None else self.score.mean

    @property
    def returns(self) -> tuple[float, ...]:
        """Returns of the episodes; empty without a score."""
        return () if self.score is None else self.score.returns

    @functools.cached_property
    def estimate(self) -> Estimate | None:
        """Mean return with its 95 % interval; None without a score."""
        return None if self.score is None else mean_interval(self.score.returns)

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        if self.score is None:
            return {"missing": self.missing}
        estimate = None if self.normalized_score is None else asdict(self.normalized_score)
        step = {} if self.step is None else {"step": self.step}
        return {**self.score.to_json(), "normalized_score": estimate, **step}

    @classmethod
    def from_json(cls, entry: object) -> "ScoreEntry":
        """The entry of a file that may hold anything."""
        if not isinstance(entry, dict):
            return cls(missing=NOT_STORED)
        table = PlainTable(entry)
        returns, lengths = table.numbers("returns"), tuple(map(int, table.numbers("lengths")))
        if not returns:
            return cls(missing=table.text("missing") or NO_RETURNS)
        return cls(
            Score(returns, lengths, _seeds(entry.get("seeds")), table.text("source")),
            table.estimate("normalized_score"),
            step=table.whole("step"),
        )


@dataclass(frozen=True)
class ScoreTable:
    """The scores of a policy, by the way it acts, and those of its controls."""

    agent: Mapping[str, ScoreEntry] = field(default_factory=dict)
    controls: Mapping[str, ScoreEntry] = field(default_factory=dict)

    def with_agent(self, name: str, entry: ScoreEntry) -> "ScoreTable":
        """The table with one more score of the policy."""
        return replace(self, agent={**self.agent, name: entry})

    def to_json(self) -> dict[str, Any]:
        """Plain values: the two parts of a `result.json` that hold scores."""
        return {
            "agent": {name: entry.to_json() for name, entry in self.agent.items()},
            "controls": {name: entry.to_json() for name, entry in self.controls.items()},
        }

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> "ScoreTable":
        """The scores of a file that may lack any part."""
        table = PlainTable(plain)
        agent, controls = (
            {name: ScoreEntry.from_json(entry) for name, entry in table.table(part).entries.items()}
            for part in ("agent", "controls")
        )
        return cls(agent, controls)


def _seeds(entry: object) -> tuple[int | None, ...]:
    """Seeds of a list, None where one is not known; empty if it holds anything else."""
    seeds = entry if isinstance(entry, list) else []
    known = [real(seed) for seed in seeds]
    if any(number is None and seed is not None for number, seed in zip(known, seeds, strict=True)):
        return ()
    return tuple(None if number is None else int(number) for number in known)
