"""What choosing a checkpoint without reward costs: its regret beside that of the last checkpoint.

Regret is the best normalized score among a run's checkpoints less that of the one taken, each from the ten
episodes of the learning curve, so both are measured by the same noise. Reads the finished cells alone; run
`python -m gailforce.experiments.studies.checkpoint_choice` from the root of a checkout to write
`results/checkpoint-choice.json`.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ..runs.provenance import write_result
from ..scoring.statistics import mean_interval

# Today's defaults, and those of before: smaller steps, less exploration.
CELLS = (Path("results/cells"), Path("results/earlier"))
RESULT = Path("results/checkpoint-choice.json")
# normalized score that a swinging run has reached and lost again between two checkpoints.
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


def choice(name: str, cell: dict[str, Any]) -> Choice:
    """What a finished cell's checkpoints say."""
    random, expert = (cell["controls"][key]["mean"] for key in ("random", "expert"))
    looked = cell["checkpoints"]
    shares = [(entry["return"] - random) / (expert - random) for entry in looked]
    nearest = min(range(len(looked)), key=lambda i: looked[i]["distance"])
    fall = max(max(shares[: i + 1]) - share for i, share in enumerate(shares))
    return Choice(name, max(shares), shares[-1], shares[nearest], fall)


def summary(choices: list[Choice]) -> dict[str, Any]:
    """Mean regrets with intervals over runs, and their ratio."""
    last = mean_interval([c.best - c.last for c in choices])
    nearest = mean_interval([c.best - c.nearest for c in choices])
    ratio = nearest.value / last.value if last.value > 0 else None
    return {"last": asdict(last), "nearest": asdict(nearest), "nearest of last": ratio}


def main() -> None:
    """Read, sum up, write."""
    paths = [path for folder in CELLS for path in sorted(folder.glob("gail-*.json"))]
    cells = {path.stem: json.loads(path.read_text()) for path in paths}
    choices = [choice(name, cell) for name, cell in cells.items() if cell.get("checkpoints")]
    swinging = [c for c in choices if c.fall > SWING]
    result = {
        "swinging": {"fall above": SWING, **summary(swinging)},
        "all": summary(choices),
        "runs": [asdict(c) for c in choices],
    }
    write_result(RESULT, result)
    print(json.dumps({key: result[key] for key in ("swinging", "all")}, indent=1))


if __name__ == "__main__":
    main()
