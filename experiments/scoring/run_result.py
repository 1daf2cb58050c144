"""What came of a run: its origin, costs and scores, and the file `result.json`."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from .reading import PlainTable, read_table, real
from .score import ScoreTable

RESULT_FILE = "result.json"
# The plain texts of a result.
TEXTS = ("environment", "horizon", "method", "reward_model", "inputs", "form", "commit", "command", "run")
# Keys that a finished imitation has even where their value is unknown.
ALWAYS = ("commit", "steps_per_second")


@dataclass(frozen=True)
class DemosFacts:
    """Which demonstrations a run learned from; None where a file does not say."""

    name: str | None = None
    episodes: int | None = None
    transitions: int | None = None
    sha256: str | None = None


@dataclass(frozen=True)
class CheckpointChoice:
    """A checkpoint that could be chosen: its distance, and its true return, which the choice ignores."""

    step: int
    distance: float
    mean_return: float

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {"step": self.step, "distance": self.distance, "return": self.mean_return}


@dataclass(frozen=True)
class VerdictSummary:
    """The word of the reward-free verdict and its sentence."""

    word: str
    sentence: str


@dataclass(frozen=True)
class RunResult:
    """Everything that `result.json` holds; None where a kind of run has no such value.

    Attributes:
        kind: imitation, cloning (an agent without a reward model) or reference (an expert, random actions).
        demonstrations: what the run learned from.
        config: every setting, nested as the configuration is.
        seconds: what was spent, by what it was spent on [s].
        real_steps: environment steps; less than `steps` for a run in a world model.
        scores: of the policy and of its controls.
        checkpoints: those the nearest one is chosen from.
        verdict: of the judgement that reads no reward.
    """

    kind: str
    environment: str | None = None
    horizon: str | None = None
    method: str | None = None
    reward_model: str | None = None
    inputs: str | None = None
    form: str | None = None
    demonstrations: DemosFacts | None = None
    steps: int | None = None
    seed: int | None = None
    # The settings of any kind of run; only groups of runs and the page's origin read them.
    config: PlainTable = field(default_factory=PlainTable)
    commit: str | None = None
    versions: Mapping[str, str] = field(default_factory=dict)
    command: str | None = None
    run: str | None = None
    seconds: Mapping[str, float] = field(default_factory=dict)
    steps_per_second: int | None = None
    real_steps: int | None = None
    scores: ScoreTable = field(default_factory=ScoreTable)
    checkpoints: tuple[CheckpointChoice, ...] | None = None
    verdict: VerdictSummary | None = None

    @property
    def world_model(self) -> str | None:
        """The world model that the policy learned in, if any."""
        return self.config.text("world_model") or None

    def to_json(self) -> dict[str, Any]:
        """Plain values for `result.json`."""
        facts = {
            "kind": self.kind,
            "environment": self.environment,
            "horizon": self.horizon,
            "method": self.method,
            "reward_model": self.reward_model,
            "inputs": self.inputs,
            "form": self.form,
            "demonstrations": None if self.demonstrations is None else asdict(self.demonstrations),
            "steps": self.steps,
            "seed": self.seed,
            "config": dict(self.config.entries),
            "commit": self.commit,
            "versions": dict(self.versions),
            "command": self.command,
            "run": self.run,
            "seconds": dict(self.seconds),
            "steps_per_second": self.steps_per_second,
            "real_steps": self.real_steps,
        }
        always = ALWAYS if self.kind == "imitation" else ALWAYS[:1]
        stored: dict[str, Any] = {k: value for k, value in facts.items() if value is not None or k in always}
        stored |= self.scores.to_json()
        if self.checkpoints is not None:
            stored["checkpoints"] = [choice.to_json() for choice in self.checkpoints]
        if self.verdict is not None:
            stored["verdict"] = {"verdict": self.verdict.word, "sentence": self.verdict.sentence}
        return stored

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> "RunResult":
        """The result of a file that may lack any part."""
        table = PlainTable(plain)
        seconds = {name: real(value) for name, value in table.table("seconds").entries.items()}
        verdict = table.table("verdict")
        word, sentence = verdict.text("verdict"), verdict.text("sentence")
        return cls(
            kind=table.text("kind") or "imitation",
            **{key: table.text(key) or None for key in TEXTS},
            demonstrations=_demos(table.table("demonstrations")),
            steps=table.whole("steps"),
            seed=table.whole("seed"),
            config=table.table("config"),
            versions=table.texts("versions"),
            seconds={name: value for name, value in seconds.items() if value is not None},
            steps_per_second=table.whole("steps_per_second"),
            real_steps=table.whole("real_steps"),
            scores=ScoreTable.from_json(plain),
            checkpoints=_checkpoints(table) if "checkpoints" in table else None,
            verdict=VerdictSummary(word, sentence) if word else None,
        )


def read_result(path: Path) -> RunResult:
    """The result of a file.

    Raises:
        ValueError: it holds no JSON object; says what.
    """
    return RunResult.from_json(read_table(path).entries)


def _demos(table: PlainTable) -> DemosFacts | None:
    if not table.entries:
        return None
    return DemosFacts(
        table.text("name") or None,
        table.whole("episodes"),
        table.whole("transitions"),
        table.text("sha256") or None,
    )


def _checkpoints(table: PlainTable) -> tuple[CheckpointChoice, ...]:
    rows = [(c.whole("step"), c.number("distance"), c.number("return")) for c in table.tables("checkpoints")]
    return tuple(
        CheckpointChoice(step, distance, value)
        for step, distance, value in rows
        if step is not None and distance is not None and value is not None
    )
