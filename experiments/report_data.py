"""What a run folder says, read with care: whatever is missing or damaged becomes a sentence."""

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ..envs.errors import DataError
from .statistics import Estimate, mean_interval, normalised

# The policies of a report in its order: key, part of result.json, name, tone.
POLICIES = (
    ("expert", "controls", "Expert", "expert"),
    ("deterministic", "agent", "Imitator, deterministic", "agent"),
    ("exploring", "agent", "Imitator, exploring", "agent"),
    ("bc", "controls", "Behaviour cloning", "cloning"),
    ("constant", "controls", "Constant reward", "constant"),
    ("random", "controls", "Random policy", "random"),
)


@dataclass(frozen=True)
class Score:
    """One policy's evaluation: its returns, or (`missing`) why there are none and what would make them."""

    name: str
    tone: str = "muted"
    returns: tuple[float, ...] = ()
    # Share of the way from the random policy to the expert.
    nr: Estimate | None = None
    # Steps of each episode.
    lengths: tuple[float, ...] = ()
    seeds: tuple[int, ...] = ()
    # The command that made it, or where it was cached.
    source: str = ""
    missing: str = ""

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
    # Sentences about files that could not be read.
    faults: tuple[str, ...] = ()

    def series(self, *keys: str) -> list[tuple[float, ...]]:
        """`(step, value, ...)` of every line of the metrics that holds all of `keys`, by step."""
        wanted = ("step", *keys)
        return sorted(tuple(m[k] for k in wanted) for m in self.metrics if all(k in m for k in wanted))

    @property
    def nr_decimals(self) -> int:
        """Decimals of every NR on the page: those the imitator's is worth."""
        nr = self.scores["deterministic"].nr
        return nr.decimals if nr else 2

    @property
    def return_decimals(self) -> int:
        """Decimals of every return on the page: those the largest is worth."""
        return min((score.estimate.decimals for score in self.scores.values() if score.estimate), default=0)

    def nr_of_returns(self, name: str) -> tuple[float, ...]:
        """NR of each episode of one policy; empty without its returns or without the two references."""
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
    lines = "1 line" if damaged == 1 else f"{damaged} lines"
    faults = [f"{lines} of metrics.jsonl could not be read, left out here."] if damaged else []
    return RunRecord(
        folder=folder,
        result=result,
        scores=_scores(result),
        metrics=metrics,
        config=_text(folder / "config.toml"),
        command=_text(folder / "command.txt").strip(),
        videos=tuple(sorted((folder / "videos").glob("*.mp4"))),
        faults=tuple(faults),
    )


def section(mapping: Mapping[str, Any], key: str) -> dict[str, Any]:
    """A nested table of the result; empty where there is none."""
    value = mapping.get(key)
    return value if isinstance(value, dict) else {}


def real(value: object) -> float | None:
    """A number, or None for anything else (JSON's NaN, text, true) and beyond any physical size."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    # NaN compares false; squares of larger numbers would overflow.
    return float(value) if abs(value) < 1e100 else None


def _result(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise DataError(
            f"{path} is missing: this run has no scores yet; run `gailforce evaluate {path.parent}` first"
        )
    try:
        result = json.loads(_text(path))
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path} is not JSON ({error}); evaluate the run again to rewrite it") from None
    if not isinstance(result, dict):
        raise DataError(f"{path} holds no table of results; evaluate the run again to rewrite it")
    kind = result.get("kind", "imitation")
    if kind != "imitation":
        raise DataError(f"{path.parent} is a run of kind {kind!r}; reports are made of runs of `imitate`")
    return result


def _scores(result: dict[str, Any]) -> dict[str, Score]:
    """Every policy's score; an NR that the file lacks is worked out from the two references."""
    read = {key: _score(section(result, part).get(key), name, tone) for key, part, name, tone in POLICIES}
    shares = {key: _shares(score, read["random"], read["expert"]) for key, score in read.items()}
    return {
        key: replace(score, nr=score.nr or mean_interval(shares[key])) if shares[key] else score
        for key, score in read.items()
    }


def _shares(score: Score, random: Score, expert: Score) -> tuple[float, ...]:
    """NR of each episode; empty without returns or without two references, the expert's the higher."""
    if not (score.returns and random.returns and expert.returns):
        return ()
    low, high = (sum(s.returns) / len(s.returns) for s in (random, expert))
    return tuple(normalised(score.returns, low, high).tolist()) if high > low else ()


def _score(entry: object, name: str, tone: str) -> Score:
    if not isinstance(entry, dict):
        return Score(name, tone, missing="Not in result.json.")
    source = str(entry.get("source") or "")
    missing = str(entry.get("missing") or "")
    returns = _numbers(entry.get("returns"))
    if not returns:
        return Score(name, tone, source=source, missing=missing or "No finite returns in result.json.")
    seeds = tuple(int(s) for s in _numbers(entry.get("seeds")))
    return Score(name, tone, returns, _nr(entry.get("nr")), _numbers(entry.get("lengths")), seeds, source)


def _nr(entry: object) -> Estimate | None:
    if not isinstance(entry, dict):
        return None
    value, low, high, n = (real(entry.get(key)) for key in ("value", "low", "high", "n"))
    if value is None or low is None or high is None or n is None:
        return None
    try:
        return Estimate(value, low, high, int(n))
    except DataError:
        return None


def _numbers(entry: object) -> tuple[float, ...]:
    """All numbers of a list; empty if there is one that is none (a mean of the rest would mislead)."""
    numbers = [real(value) for value in entry] if isinstance(entry, list) else []
    return tuple(n for n in numbers if n is not None) if None not in numbers else ()


def _metrics(path: Path) -> tuple[list[dict[str, float]], int]:
    """The readable lines, and how many were not (a killed run leaves half a line)."""
    lines, damaged = [], 0
    for line in filter(str.strip, _text(path).splitlines()):
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


def _text(path: Path) -> str:
    """A file's text; empty when it is missing or cannot be read."""
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
