"""What a run folder says, read with care: whatever is missing or damaged becomes a sentence."""

import functools
import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ...envs.errors import DataError
from ..runs.counting import counted
from ..scoring.ranking import Film, read_films
from ..scoring.reading import estimate, numbers, real, section, table_of, text_of
from ..scoring.statistics import Estimate, mean_interval, normalized
from .verdict_data import VERDICT_FILE, Verdict, read_verdict

# The policies of a report in its order: key, part of result.json, name, tone; `OPTIONAL` only where scored.
POLICIES = (
    ("expert", "controls", "Expert", "expert"),
    ("deterministic", "agent", "Imitator, deterministic", "agent"),
    ("exploring", "agent", "Imitator, exploring", "agent"),
    # The checkpoint nearest to the demonstrations.
    ("kept", "agent", "Imitator, nearest step", "agent"),
    ("bc", "controls", "Behavior cloning", "cloning"),
    ("constant", "controls", "Constant reward", "constant"),
    ("random", "controls", "Random policy", "random"),
)
OPTIONAL = ("kept",)


@dataclass(frozen=True)
class Score:
    """One policy's evaluation: its returns, or (`missing`) why there are none and what would make them."""

    name: str
    tone: str = "muted"
    returns: tuple[float, ...] = ()
    # Share of the way from the random policy to the expert.
    normalized_score: Estimate | None = None
    # Steps of each episode.
    lengths: tuple[float, ...] = ()
    seeds: tuple[int, ...] = ()
    # The command that made it, or where it was cached.
    source: str = ""
    missing: str = ""

    @property
    def mean(self) -> float | None:
        """Mean return; None without returns."""
        return sum(self.returns) / len(self.returns) if self.returns else None

    @functools.cached_property
    def estimate(self) -> Estimate | None:
        """Mean return with its 95 % interval; None without returns."""
        return mean_interval(self.returns) if self.returns else None


@dataclass(frozen=True)
class RunRecord:
    """Everything a report shows of one run."""

    folder: Path
    result: dict[str, Any]
    scores: dict[str, Score]
    metrics: list[dict[str, float]] = field(default_factory=list)
    config: str = ""
    command: str = ""
    videos: tuple[Path, ...] = ()
    # What was filmed in each of them, by the file's stem, where that is known.
    films: dict[str, Film] = field(default_factory=dict)
    # What `gailforce verdict` says without looking at the reward; what is wrong with its file.
    verdict: Verdict | None = None
    verdict_fault: str = ""
    # Sentences about files that could not be read.
    faults: tuple[str, ...] = ()

    def series(self, *keys: str) -> list[tuple[float, ...]]:
        """`(step, value, ...)` of every line of the metrics that holds all of `keys`, by step."""
        wanted = ("step", *keys)
        return sorted(tuple(m[k] for k in wanted) for m in self.metrics if all(k in m for k in wanted))

    @property
    def score_decimals(self) -> int:
        """Decimals of every normalized score on the page: those the imitator's is worth."""
        normalized_score = self.scores["deterministic"].normalized_score
        return normalized_score.decimals if normalized_score else 2

    @property
    def return_decimals(self) -> int:
        """Decimals of every return on the page: those the largest is worth."""
        return min((score.estimate.decimals for score in self.scores.values() if score.estimate), default=0)

    def scores_of_returns(self, name: str) -> tuple[float, ...]:
        """Normalized score of each episode; empty without returns or without the two references."""
        return _shares(self.scores[name], self.scores["random"], self.scores["expert"])


def read_run(folder: Path) -> RunRecord:
    """Read a run folder.

    Raises:
        DataError: no such folder, no readable `result.json` in it, or a run of another kind.
    """
    if not folder.is_dir():
        raise DataError(f"no run folder at {folder}; give the folder that `gailforce imitate` made")
    result = _result(folder / "result.json")
    metrics, damaged = _metrics(folder / "metrics.jsonl")
    lines = counted(damaged, "line")
    faults = [f"{lines} of metrics.jsonl could not be read, left out here."] if damaged else []
    verdict, fault = read_verdict(folder / VERDICT_FILE)
    return RunRecord(
        folder=folder,
        result=result,
        scores=_scores(result),
        metrics=metrics,
        config=text_of(folder / "config.toml"),
        command=text_of(folder / "command.txt").strip(),
        videos=tuple(sorted((folder / "videos").glob("*.mp4"))),
        films=read_films(folder / "videos"),
        verdict=verdict,
        verdict_fault=fault,
        faults=tuple(faults),
    )


def _result(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise DataError(
            f"{path} is missing: this run was stopped before it was scored; finish it with "
            f"`gailforce resume {path.parent}`"
        )
    try:
        result = table_of(path)
    except ValueError as fault:
        raise DataError(
            f"{path} holds no results ({fault}); `gailforce resume {path.parent}` scores the run anew"
        ) from None
    kind = result.get("kind", "imitation")
    if kind != "imitation":
        raise DataError(f"{path.parent} is a run of kind {kind!r}; reports are made of runs of `imitate`")
    return result


def _scores(result: dict[str, Any]) -> dict[str, Score]:
    """Every policy's score; an normalized score that the file lacks is worked out from the two references."""
    read = {
        key: _score(section(result, part).get(key), name, tone)
        for key, part, name, tone in POLICIES
        if key not in OPTIONAL or key in section(result, part)
    }
    shares = {key: _shares(score, read["random"], read["expert"]) for key, score in read.items()}
    return {
        key: replace(score, normalized_score=score.normalized_score or mean_interval(shares[key]))
        if shares[key]
        else score
        for key, score in read.items()
    }


def _shares(score: Score, random: Score, expert: Score) -> tuple[float, ...]:
    """Normalized score of each episode; empty without returns or an expert above random."""
    low, high = random.mean, expert.mean
    if not score.returns or low is None or high is None or high <= low:
        return ()
    return tuple(normalized(score.returns, low, high).tolist())


def _score(entry: object, name: str, tone: str) -> Score:
    if not isinstance(entry, dict):
        return Score(name, tone, missing="Not in result.json.")
    source = str(entry.get("source") or "")
    missing = str(entry.get("missing") or "")
    returns = numbers(entry.get("returns"))
    if not returns:
        return Score(name, tone, source=source, missing=missing or "No finite returns in result.json.")
    seeds = tuple(int(s) for s in numbers(entry.get("seeds")))
    return Score(
        name,
        tone,
        returns,
        estimate(entry.get("normalized_score")),
        numbers(entry.get("lengths")),
        seeds,
        source,
    )


def _metrics(path: Path) -> tuple[list[dict[str, float]], int]:
    """The readable lines, and how many were not (a killed run leaves half a line)."""
    lines, damaged = [], 0
    for line in filter(str.strip, text_of(path).splitlines()):
        try:
            entry = json.loads(line)
        except (ValueError, RecursionError):
            entry = None
        if not isinstance(entry, dict):
            damaged += 1
            continue
        found = {key: real(value) for key, value in entry.items()}
        lines.append({key: value for key, value in found.items() if value is not None})
    return lines, damaged
