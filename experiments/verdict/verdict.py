"""A verdict: one reward-free word with its reasons and confidence, and its file `verdict.json`."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from ..scoring.reading import PlainTable, estimate, numbers, read_table
from ..scoring.statistics import Estimate

VERDICT_FILE = "verdict.json"
Word = Literal["imitates", "partly", "survives only", "failed", "cannot tell"]
Status = Literal["fail", "warn", "unknown", "pass"]
# Every word a verdict may end in.
WORDS: tuple[Word, ...] = get_args(Word)
# The statuses of a check, those that ask for attention first.
STATUSES: tuple[Status, ...] = get_args(Status)
# Parts that a whole file holds.
PARTS = ("confidence", "trend", "checks", "attribution")


@dataclass(frozen=True)
class Check:
    """One question the verdict asks, its answer in plain words, and what to try next."""

    name: str
    status: Status
    sentence: str
    # What to try; empty where nothing has to be done.
    next: str = ""


@dataclass(frozen=True)
class Confidence:
    """How often the word was right in the trial, as a sentence and as a share; None where not measured."""

    sentence: str = ""
    share: Estimate | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        share = dict.fromkeys(("value", "low", "high", "n")) if self.share is None else asdict(self.share)
        return {"sentence": self.sentence, **share}


@dataclass(frozen=True)
class Verdict:
    """The judgement that reads no reward.

    Attributes:
        word: one of `WORDS`.
        sentence: the verdict in plain words.
        confidence: how often the word was right.
        resemblance: distance of the policy from the demonstrations.
        within_demos: distance of the demonstrations among themselves.
        random: distance of random actions.
        trend: `(step, distance)` over training.
        checks: in the order of the questions.
        attribution: share of each input in what the reward depends on, the largest first.
        demonstrations: name of the set that the policy is compared with.
        command: what made it.
        versions: of the packages that decided it.
        policy: the file of the policy; empty where it is the run's.
        lacking: parts that the file should hold and does not.
    """

    word: Word
    sentence: str
    confidence: Confidence = Confidence()
    resemblance: Estimate | None = None
    within_demos: float | None = None
    random: float | None = None
    trend: tuple[tuple[int, float], ...] = ()
    checks: tuple[Check, ...] = ()
    attribution: tuple[tuple[str, float], ...] = ()
    demonstrations: str = ""
    command: str = ""
    versions: tuple[tuple[str, str], ...] = ()
    policy: str = ""
    lacking: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Plain values for `verdict.json`."""
        policy = {"policy": self.policy} if self.policy else {}
        return {
            "verdict": self.word,
            "sentence": self.sentence,
            "confidence": self.confidence.to_json(),
            "resemblance": None if self.resemblance is None else asdict(self.resemblance),
            "scale": {"within_demos": self.within_demos, "random": self.random},
            "trend": [list(point) for point in self.trend],
            "checks": [asdict(check) for check in self.checks],
            "attribution": [{"dimension": name, "share": share} for name, share in self.attribution],
            "demonstrations": self.demonstrations,
            "command": self.command,
            "versions": dict(self.versions),
            **policy,
        }

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> "Verdict":
        """The verdict of a file that may lack any part.

        Raises:
            ValueError: it holds no word or no sentence.
        """
        table = PlainTable(plain)
        text, sentence = table.text("verdict"), table.text("sentence")
        word = next((word for word in WORDS if word == text), None)
        if word is None or not sentence:
            raise ValueError("no verdict")
        confidence, scale = table.table("confidence"), table.table("scale")
        return cls(
            word=word,
            sentence=sentence,
            confidence=Confidence(confidence.text("sentence"), estimate(confidence.entries)),
            resemblance=table.estimate("resemblance"),
            within_demos=scale.number("within_demos"),
            random=scale.number("random"),
            trend=_trend(plain.get("trend")),
            checks=_checks(table),
            attribution=_attribution(table),
            demonstrations=table.text("demonstrations"),
            command=table.text("command"),
            versions=tuple(table.texts("versions").items()),
            policy=table.text("policy"),
            lacking=tuple(part for part in PARTS if part not in table),
        )


def read_verdict(path: Path) -> tuple[Verdict | None, str]:
    """The verdict, or None; and a sentence about the file where it could not be read.

    A missing file is no fault: not every run has a verdict.
    """
    if not path.is_file():
        return None, ""
    try:
        table = read_table(path)
    except ValueError as fault:
        return None, f"{path.name} could not be read ({fault}). `gailforce verdict RUN` writes it anew."
    try:
        return Verdict.from_json(table.entries), ""
    except ValueError:
        return None, f"{path.name} holds no verdict. `gailforce verdict RUN` writes it anew."


def _trend(entry: object) -> tuple[tuple[int, float], ...]:
    pairs = [numbers(pair) for pair in entry] if isinstance(entry, list) else []
    return tuple(sorted((int(pair[0]), pair[1]) for pair in pairs if len(pair) == 2))


def _checks(table: PlainTable) -> tuple[Check, ...]:
    checks = (
        Check(entry.text("name"), _status(entry), entry.text("sentence"), entry.text("next"))
        for entry in table.tables("checks")
    )
    return tuple(check for check in checks if check.name)


def _status(check: PlainTable) -> Status:
    text = check.text("status")
    return next((status for status in STATUSES if status == text), "unknown")


def _attribution(table: PlainTable) -> tuple[tuple[str, float], ...]:
    shares = [(entry.text("dimension"), entry.number("share")) for entry in table.tables("attribution")]
    valid = [(name, share) for name, share in shares if name and share is not None and 0 <= share <= 1]
    return tuple(sorted(valid, key=lambda pair: -pair[1]))
