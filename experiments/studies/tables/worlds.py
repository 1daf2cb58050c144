"""The README's tables of world models: errors against MuJoCo, real steps that a dream needs, frames."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ....generative.worlds.world_families import WORLDS
from ..sample_efficiency import first
from .generators import spread

# Real steps at which ways are compared.
BESIDE = 50_000
WAYS = {
    "model-based": "in a world model",
    "alone": "in the simulator",
    "reference-states": "in the simulator, with the model-based agent's starts",
}


def world_table(results: Path, env: str = "Hopper-v5") -> str:
    """Every world model, best after 50 steps first; persistence and the mean below."""
    groups: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for path in sorted((results / "worlds").glob("*.json")):
        found = json.loads(path.read_text())
        if found["environment"] == env:
            groups[found["name"]].append(found)
    lines = [
        "| world model | one-step R² | 90 % interval holds | error after 1 step | 10 | 50 | 200 "
        "| imagined and real return, Spearman | minutes to fit | N |",
        "|" + "-|" * 10,
    ]
    for name in sorted(groups, key=lambda name: _place(name, groups[name])):
        lines.append(_line(name, groups[name]))
    return "\n".join(lines)


def _place(name: str, found: Sequence[dict[str, Any]]) -> tuple[bool, float]:
    return name not in WORLDS, sum(one["errors"]["50"] for one in found) / len(found)


def _line(name: str, found: Sequence[dict[str, Any]]) -> str:
    known = name in WORLDS
    cells = [
        f"`{name}`" if known else name,
        spread([one["one_step"]["r2"] for one in found], 4) if known else "-",
        spread([one["one_step"]["covered"] for one in found]) if known else "-",
        *(spread([one["errors"][key] for one in found], 3) for key in ("1", "10", "50", "200")),
        spread([one["spearman"] for one in found]) if known else "-",
        f"{sum(one['fit_seconds'] for one in found) / len(found) / 60:.1f}" if known else "-",
        str(len(found)),
    ]
    return f"| {' | '.join(cells)} |"


def efficiency_table(results: Path) -> str:
    """Real steps until imitation stays good, of every seed, and what it took."""
    groups: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for path in sorted((results / "sample-efficiency").glob("*.json")):
        found = json.loads(path.read_text())
        groups[found["environment"], found["way"]].append(found)
    lines = [
        "| body | GAIL | real steps to normalized score 0.9 at three looks in a row, each seed "
        "| kept to the end | best score of each seed "
        f"| score at the evaluation nearest {BESIDE:,} real steps | last score | all real steps | minutes |",
        "|" + "-|" * 9,
    ]
    for (env, way), found in sorted(groups.items()):
        looks = [
            list(zip([at for at, _ in one["curve"]], one["normalized_score"], strict=True)) for one in found
        ]
        reached, kept = _steps(map(first, looks)), _steps(one["reached"] for one in found)
        best, last = (
            " ".join(f"{pick(one['normalized_score']):.2f}" for one in found)
            for pick in (max, lambda normalized_score: normalized_score[-1])
        )
        beside = " ".join(f"{_at(BESIDE, one):.2f}" for one in found)
        minutes = sum(one["seconds"] for one in found) / len(found) / 60
        lived = f"{max(one['real_steps'] for one in found):,}"
        cells = (env, WAYS[way], reached, kept, best, beside, last, lived, f"{minutes:.0f}")
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _steps(counts: Iterable[int | None]) -> str:
    return " ".join(f"{count:,}" if count else "never" for count in counts)


def _at(steps: int, found: Mapping[str, Any]) -> float:
    """Normalized score at the look nearest to so many real steps."""
    looks = zip(found["curve"], found["normalized_score"], strict=True)
    return float(min(looks, key=lambda look: abs(look[0][0] - steps))[1])


def frames_table(results: Path) -> str:
    """Painters of frames beside what they must beat, and what they cannot."""
    found = json.loads((results / "frames.json").read_text())["found"]
    lines = ["| frames | Fréchet distance to unseen ones | absolute error | minutes to train |", "|-|-|-|-|"]
    for name, one in sorted(found.items(), key=lambda item: item[1]["frechet"]):
        error = f"{one['absolute error']:.3f}" if "absolute error" in one else "-"
        minutes = f"{one['minutes']:.1f}" if "minutes" in one else "-"
        lines.append(f"| {name} | {one['frechet']:.2f} | {error} | {minutes} |")
    return "\n".join(lines)
