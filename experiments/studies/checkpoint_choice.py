"""What choosing a checkpoint without reward costs: its regret beside that of the last checkpoint.

Regret is the best normalized score among a run's checkpoints less that of the one taken, each from the ten
episodes of the learning curve, so both are measured by the same noise. Reads the finished cells alone; run
`python -m gailforce.experiments.studies.checkpoint_choice` from the root of a checkout to write
`results/checkpoint-choice.json`.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ..runs.provenance import write_result
from ..scoring.statistics import Estimate, mean_interval

# Today's defaults, and those of before: smaller steps, less exploration.
CELLS = (Path("results/cells"), Path("results/earlier"))
RESULT = Path("results/checkpoint-choice.json")
# Normalized score that a swinging run has reached and lost again between two checkpoints.
SWING = 0.2


@dataclass(frozen=True)
class Choice:
    """One run: the scores of its best checkpoint, of the last, and of the nearest to the demonstrations."""

    cell: str
    best: float
    last: float
    nearest: float
    # Largest fall of normalized score from any checkpoint to a later one.
    fall: float

    @classmethod
    def from_json(cls, name: str, cell: Mapping[str, Any]) -> "Choice":
        """From the checkpoints of a finished cell."""
        random, expert = (cell["controls"][key]["mean"] for key in ("random", "expert"))
        checkpoints = cell["checkpoints"]
        scores = [(entry["return"] - random) / (expert - random) for entry in checkpoints]
        nearest = min(range(len(checkpoints)), key=lambda i: checkpoints[i]["distance"])
        fall = max(max(scores[: i + 1]) - score for i, score in enumerate(scores))
        return cls(name, max(scores), scores[-1], scores[nearest], fall)


@dataclass(frozen=True)
class Regrets:
    """Mean regrets over runs, and their ratio; None where the last checkpoint costs nothing."""

    last: Estimate
    nearest: Estimate
    nearest_of_last: float | None

    @classmethod
    def of(cls, choices: Sequence[Choice]) -> "Regrets":
        """Of these runs."""
        last = mean_interval([c.best - c.last for c in choices])
        nearest = mean_interval([c.best - c.nearest for c in choices])
        return cls(last, nearest, nearest.value / last.value if last.value > 0 else None)

    def to_json(self) -> dict[str, Any]:
        """Plain values, keys in words."""
        return {key.replace("_", " "): value for key, value in asdict(self).items()}

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> "Regrets":
        """The regrets that `to_json` wrote."""
        return cls(Estimate(**plain["last"]), Estimate(**plain["nearest"]), plain["nearest of last"])


@dataclass(frozen=True)
class ChoiceResult:
    """The regrets of all runs, and of those whose normalized score falls by more than `fall_above`."""

    fall_above: float
    swinging: Regrets
    all: Regrets
    runs: tuple[Choice, ...]

    @classmethod
    def of(cls, choices: Sequence[Choice], fall_above: float = SWING) -> "ChoiceResult":
        """Of these runs."""
        swinging = [c for c in choices if c.fall > fall_above]
        return cls(fall_above, Regrets.of(swinging), Regrets.of(choices), tuple(choices))

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "swinging": {"fall above": self.fall_above, **self.swinging.to_json()},
            "all": self.all.to_json(),
            "runs": [asdict(choice) for choice in self.runs],
        }

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> "ChoiceResult":
        """The result that `to_json` wrote."""
        return cls(
            plain["swinging"]["fall above"],
            Regrets.from_json(plain["swinging"]),
            Regrets.from_json(plain["all"]),
            tuple(Choice(**run) for run in plain["runs"]),
        )


def main() -> None:
    """Read the cells, write the regrets."""
    paths = [path for folder in CELLS for path in sorted(folder.glob("gail-*.json"))]
    cells = {path.stem: json.loads(path.read_text()) for path in paths}
    choices = [Choice.from_json(name, cell) for name, cell in cells.items() if cell.get("checkpoints")]
    result = ChoiceResult.of(choices).to_json()
    write_result(RESULT, result)
    print(json.dumps({key: result[key] for key in ("swinging", "all")}, indent=1))


if __name__ == "__main__":
    main()
