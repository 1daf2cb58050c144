"""What `gailforce verdict` left in a run's folder, read with care: the reward-free judgement."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..scoring.reading import estimate, numbers, real, section, table_of, tables, words_of
from ..scoring.statistics import Estimate

VERDICT_FILE = "verdict.json"
# Every word a verdict may end in.
WORDS = ("imitates", "partly", "survives only", "failed", "cannot tell")
# The statuses of a check, those that ask for attention first.
STATUSES = ("fail", "warn", "unknown", "pass")


@dataclass(frozen=True)
class Check:
    """One question the verdict asked, its answer in plain words, and what to try next."""

    name: str
    # One of `STATUSES`.
    status: str
    sentence: str
    next: str = ""


@dataclass(frozen=True)
class Verdict:
    """The judgement that looked at no reward.

    Attributes:
        word: one of `WORDS`.
        sentence: the verdict in plain words.
        confidence: how sure it is, in plain words; empty where the file does not say.
        sure: the same as a number, where there is one.
        resemblance: distance from the expert: 0 is the expert's own halves, 1 random actions.
        trend: `(step, distance)` over training.
        checks: those that ask for attention first.
        floor: distance of the demonstrations among themselves.
        random: distance of random actions.
        attribution: share of the reward's dependence of each dimension, the largest first.
        command: what made it.
        lacking: parts the file should hold and does not.
    """

    word: str
    sentence: str
    confidence: str = ""
    sure: Estimate | None = None
    resemblance: Estimate | None = None
    trend: tuple[tuple[float, float], ...] = ()
    checks: tuple[Check, ...] = ()
    attribution: tuple[tuple[str, float], ...] = ()
    command: str = ""
    floor: float | None = None
    random: float | None = None
    lacking: tuple[str, ...] = ()


def read_verdict(path: Path) -> tuple[Verdict | None, str]:
    """The verdict, or None; and a sentence about the file where it could not be read.

    A file that is missing is no fault: not every run has been judged.
    """
    if not path.is_file():
        return None, ""
    try:
        table = table_of(path)
    except ValueError as fault:
        return None, f"{path.name} could not be read ({fault}). `gailforce verdict RUN` writes it anew."
    word, sentence = words_of(table, "verdict"), words_of(table, "sentence")
    if word not in WORDS or not sentence:
        return None, f"{path.name} holds no verdict. `gailforce verdict RUN` writes it anew."
    return _verdict(word, sentence, table), ""


def _verdict(word: str, sentence: str, table: dict[str, Any]) -> Verdict:
    confidence = section(table, "confidence")
    return Verdict(
        word=word,
        sentence=sentence,
        confidence=words_of(confidence, "sentence"),
        sure=estimate(confidence),
        resemblance=estimate(table.get("resemblance")),
        trend=_trend(table.get("trend")),
        checks=_checks(table),
        attribution=_attribution(table),
        command=words_of(table, "command"),
        floor=real(section(table, "scale").get("floor")),
        random=real(section(table, "scale").get("random")),
        lacking=tuple(key for key in ("confidence", "trend", "checks", "attribution") if key not in table),
    )


def _trend(entry: object) -> tuple[tuple[float, float], ...]:
    pairs = [numbers(pair) for pair in entry] if isinstance(entry, list) else []
    return tuple(sorted((pair[0], pair[1]) for pair in pairs if len(pair) == 2))


def _checks(table: dict[str, Any]) -> tuple[Check, ...]:
    checks = [
        Check(words_of(c, "name"), _status(c), words_of(c, "sentence"), words_of(c, "next"))
        for c in tables(table, "checks")
    ]
    named = [check for check in checks if check.name]
    return tuple(sorted(named, key=lambda check: STATUSES.index(check.status)))


def _status(check: dict[str, Any]) -> str:
    status = words_of(check, "status")
    return status if status in STATUSES else "unknown"


def _attribution(table: dict[str, Any]) -> tuple[tuple[str, float], ...]:
    shares = [(words_of(a, "dimension"), real(a.get("share"))) for a in tables(table, "attribution")]
    known = [(name, share) for name, share in shares if name and share is not None and 0 <= share <= 1]
    return tuple(sorted(known, key=lambda pair: -pair[1]))
