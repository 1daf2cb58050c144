"""What came of a run: its origin, costs and scores, and the file `result.json`."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from .reading import real, section, table_of, tables, words_of
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
    config: Mapping[str, object] = field(default_factory=dict)
    commit: str | None = None
    versions: Mapping[str, str] = field(default_factory=dict)
    command: str | None = None
    run: str | None = None
    seconds: Mapping[str, float] = field(default_factory=dict)
    steps_per_second: int | float | None = None
    real_steps: int | None = None
    scores: ScoreTable = field(default_factory=ScoreTable)
    checkpoints: tuple[CheckpointChoice, ...] | None = None
    verdict: VerdictSummary | None = None

    @property
    def world_model(self) -> str | None:
        """The world model that the policy learned in, if any."""
        return words_of(self.config, "world_model") or None

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
            "config": dict(self.config),
            "commit": self.commit,
            "versions": dict(self.versions),
            "command": self.command,
            "run": self.run,
            "seconds": dict(self.seconds),
            "steps_per_second": self.steps_per_second,
            "real_steps": self.real_steps,
        }
        always = ALWAYS if self.kind == "imitation" else ALWAYS[:1]
        stored = {key: value for key, value in facts.items() if value is not None or key in always}
        return {**stored, **self.scores.to_json(), **self._judged()}

    def _judged(self) -> dict[str, Any]:  # plain values, a part of `to_json`
        judged: dict[str, Any] = {}
        if self.checkpoints is not None:
            judged["checkpoints"] = [
                {"step": c.step, "distance": c.distance, "return": c.mean_return} for c in self.checkpoints
            ]
        if self.verdict is not None:
            judged["verdict"] = {"verdict": self.verdict.word, "sentence": self.verdict.sentence}
        return judged

    @classmethod
    def from_json(cls, table: dict[str, Any]) -> "RunResult":
        """The result of a file that may lack any part."""
        demos, summary = section(table, "demonstrations"), section(table, "verdict")
        seconds = {name: real(value) for name, value in section(table, "seconds").items()}
        word, sentence = words_of(summary, "verdict"), words_of(summary, "sentence")
        return cls(
            kind=words_of(table, "kind") or "imitation",
            **{key: words_of(table, key) or None for key in TEXTS},
            demonstrations=_demos(demos) if demos else None,
            steps=_whole(table.get("steps")),
            seed=_whole(table.get("seed")),
            config=section(table, "config"),
            versions={name: str(version) for name, version in section(table, "versions").items()},
            seconds={name: value for name, value in seconds.items() if value is not None},
            steps_per_second=real(table.get("steps_per_second")),
            real_steps=_whole(table.get("real_steps")),
            scores=ScoreTable.from_json(table),
            checkpoints=_checkpoints(table) if "checkpoints" in table else None,
            verdict=VerdictSummary(word, sentence) if word else None,
        )


def read_result(path: Path) -> RunResult:
    """The result of a file.

    Raises:
        ValueError: it holds no JSON object; says what.
    """
    return RunResult.from_json(table_of(path))


def _whole(value: object) -> int | None:
    number = real(value)
    return None if number is None else round(number)


def _demos(table: Mapping[str, object]) -> DemosFacts:
    return DemosFacts(
        words_of(table, "name") or None,
        _whole(table.get("episodes")),
        _whole(table.get("transitions")),
        words_of(table, "sha256") or None,
    )


def _checkpoints(table: Mapping[str, object]) -> tuple[CheckpointChoice, ...]:
    rows = [
        (real(c.get("step")), real(c.get("distance")), real(c.get("return")))
        for c in tables(table, "checkpoints")
    ]
    return tuple(
        CheckpointChoice(int(step), distance, value)
        for step, distance, value in rows
        if step is not None and distance is not None and value is not None
    )
