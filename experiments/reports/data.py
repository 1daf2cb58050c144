"""What a page shows of a run: result, verdict and files; what is missing or damaged becomes a sentence."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from ...envs.errors import DataError
from ..runs.counting import counted
from ..scoring.ranking import Film, read_films
from ..scoring.reading import real, text_of
from ..scoring.run_result import RESULT_FILE, RunResult, read_result
from ..scoring.score import NOT_STORED, ScoreEntry, ScoreTable
from ..scoring.statistics import mean_interval, normalized
from ..verdict.verdict import VERDICT_FILE, Verdict, read_verdict


@dataclass(frozen=True)
class PolicyRow:
    """A policy's place on a page: its key in the result, its name, and its tone."""

    key: str
    # Whether it is a control; else it is one of the run's own.
    control: bool
    name: str
    # A role of `palette.TONES`.
    tone: str
    # Shown only where it is scored.
    optional: bool = False


# The policies of a page in their order.
POLICIES = (
    PolicyRow("expert", True, "Expert", "expert"),
    PolicyRow("deterministic", False, "Imitator, deterministic", "agent"),
    PolicyRow("exploring", False, "Imitator, exploring", "agent"),
    # The checkpoint nearest to the demonstrations.
    PolicyRow("kept", False, "Imitator, nearest step", "agent", optional=True),
    PolicyRow("bc", True, "Behavior cloning", "cloning"),
    PolicyRow("constant", True, "Constant reward", "constant"),
    PolicyRow("random", True, "Random policy", "random"),
)
NAMES = {row.key: row.name for row in POLICIES}
TONES = {row.key: row.tone for row in POLICIES}


@dataclass(frozen=True)
class RunRecord:
    """Everything a page shows of one run."""

    folder: Path
    result: RunResult
    # Of every policy, in the order of the page.
    scores: Mapping[str, ScoreEntry]
    metrics: list[dict[str, float]] = field(default_factory=list)
    config: str = ""
    command: str = ""
    videos: tuple[Path, ...] = ()
    # What was filmed in each of them, by the file's stem, where that is known.
    films: Mapping[str, Film] = field(default_factory=dict)
    # What `gailforce verdict` says without looking at the reward; what is wrong with its file.
    verdict: Verdict | None = None
    verdict_fault: str = ""
    # Sentences about files that could not be read.
    faults: tuple[str, ...] = ()

    def series(self, *keys: str) -> list[tuple[float, ...]]:
        """`(step, value, ...)` of every line of the metrics that holds all of `keys`, by step."""
        columns = ("step", *keys)
        return sorted(tuple(m[k] for k in columns) for m in self.metrics if all(k in m for k in columns))

    @property
    def score_decimals(self) -> int:
        """Decimals of every normalized score on the page: those the imitator's is worth."""
        normalized_score = self.scores["deterministic"].normalized_score
        return normalized_score.decimals if normalized_score else 2

    @property
    def return_decimals(self) -> int:
        """Decimals of every return on the page: those the largest is worth."""
        return min((entry.estimate.decimals for entry in self.scores.values() if entry.estimate), default=0)

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
    result = _result(folder / RESULT_FILE)
    verdict, fault = read_verdict(folder / VERDICT_FILE)
    return record_of(folder, result, verdict, fault)


def record_of(folder: Path, result: RunResult, verdict: Verdict | None, verdict_fault: str = "") -> RunRecord:
    """What a page shows of a run with this result and verdict, with the other files of its folder."""
    metrics, damaged = _metrics(folder / "metrics.jsonl")
    lines = counted(damaged, "line")
    return RunRecord(
        folder=folder,
        result=result,
        scores=_scores(result.scores),
        metrics=metrics,
        config=text_of(folder / "config.toml"),
        command=text_of(folder / "command.txt").strip(),
        videos=tuple(sorted((folder / "videos").glob("*.mp4"))),
        films=read_films(folder / "videos"),
        verdict=verdict,
        verdict_fault=verdict_fault,
        faults=(f"{lines} of metrics.jsonl could not be read, left out here.",) if damaged else (),
    )


def _result(path: Path) -> RunResult:
    if not path.is_file():
        raise DataError(
            f"{path} is missing: this run was stopped before it was scored; finish it with "
            f"`gailforce resume {path.parent}`"
        )
    try:
        result = read_result(path)
    except ValueError as fault:
        raise DataError(
            f"{path} holds no results ({fault}); `gailforce resume {path.parent}` scores the run anew"
        ) from None
    if result.kind != "imitation":
        raise DataError(
            f"{path.parent} is a run of kind {result.kind!r}; reports are made of runs of `imitate`"
        )
    return result


def _scores(table: ScoreTable) -> dict[str, ScoreEntry]:
    """Every policy's score; a normalized score that the file lacks is worked out from the two references."""
    entries = {}
    for row in POLICIES:
        part = table.controls if row.control else table.agent
        if row.key in part or not row.optional:
            entries[row.key] = part.get(row.key, ScoreEntry(missing=NOT_STORED))
    shares = {key: _shares(entry, entries["random"], entries["expert"]) for key, entry in entries.items()}
    return {
        key: replace(entry, normalized_score=entry.normalized_score or mean_interval(shares[key]))
        if shares[key]
        else entry
        for key, entry in entries.items()
    }


def _shares(entry: ScoreEntry, random: ScoreEntry, expert: ScoreEntry) -> tuple[float, ...]:
    """Normalized score of each episode; empty without returns or an expert above random."""
    low, high = random.mean, expert.mean
    if entry.score is None or low is None or high is None or high <= low:
        return ()
    return tuple(normalized(entry.score.returns, low, high).tolist())


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
        values = {key: real(value) for key, value in entry.items()}
        lines.append({key: value for key, value in values.items() if value is not None})
    return lines, damaged
