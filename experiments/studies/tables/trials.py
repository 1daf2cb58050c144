"""README tables of the verdict's trial and of the choice of checkpoints, from `results/`."""

import json
from pathlib import Path
from typing import Any

from ...runs.counting import counted
from ...scoring.statistics import Estimate

# Rows of the verdict's table: what it is called, and the key of its figure.
FIGURES = (
    ("rank correlation of the verdict's distance with normalized score, agents that live", "spearman"),
    ("... of the episodes' length alone", "spearman of length alone"),
    ("... of the distance, agents with a discriminator", "spearman where a discriminator was"),
    ("... of that discriminator's accuracy alone", "spearman of its accuracy alone"),
    ("... of the distance, all agents", "spearman over all"),
    ("of agents with normalized score 0.95 and more, called `imitates`", "good called imitates"),
    ("of living agents with normalized score below 0.8, called `imitates`", "bad living called imitates"),
)


def verdict_table(results: Path) -> str:
    """Figures of the half of the runs that set no threshold, together and for each body."""
    found = json.loads((results / "verdict.json").read_text())
    parts = [found["unseen"], *found["unseen by body"].values()]
    rows = ["| on unseen runs | both bodies | Hopper | Walker2d |", "|-|-|-|-|"]
    counts = [f"{part['agents']} of {counted(part['runs'], 'run')}, {part['living']} live" for part in parts]
    rows.append(f"| agents | {' | '.join(counts)} |")
    for name, key in FIGURES:
        rows.append(f"| {name} | {' | '.join(_shown(part[key]) for part in parts)} |")
    return "\n".join(rows)


def words_table(results: Path) -> str:
    """How often each word was right."""
    words = json.loads((results / "verdict.json").read_text())["unseen"]["words"]
    rows = ["| word | agents called so | that had | share |", "|-|-|-|-|"]
    for word, tried in words.items():
        share = f"{tried['right']} of {tried['called']}" if tried["called"] else "-"
        rows.append(f"| {word} | {tried['called']} | {tried['meaning']} | {share} |")
    return "\n".join(rows)


def fewer_table(results: Path) -> str:
    """The same distance by fewer demonstrations, the threshold as it is."""
    found = json.loads((results / "verdict.json").read_text())["fewer demonstrations"]
    rows = [
        "| demonstrations | rank correlation with the score, living | score 0.95 and more within threshold "
        "| normalized score below 0.8 within it |",
        "|-|-|-|-|",
    ]
    for name, part in found.items():
        shown = " | ".join(_shown(part[key]) for key in ("spearman", "good within", "bad within"))
        rows.append(f"| {name} | {shown} |")
    return "\n".join(rows)


def choice_table(results: Path) -> str:
    """Regrets of the last checkpoint and of the one nearest to the demonstrations."""
    found = json.loads((results / "checkpoint-choice.json").read_text())
    rows = ["| runs | regret of the last checkpoint | of the nearest | ratio |", "|-|-|-|-|"]
    above = found["swinging"]["fall above"]
    for name, key in (
        (f"that swing (normalized score falls by more than {above:g})", "swinging"),
        ("all", "all"),
    ):
        part = found[key]
        ratio = "-" if part["nearest of last"] is None else f"{part['nearest of last']:.2f}"
        rows.append(f"| {name} | {_shown(part['last'])} | {_shown(part['nearest'])} | {ratio} |")
    return "\n".join(rows)


def _shown(entry: dict[str, Any] | None) -> str:
    return "-" if entry is None else f"{Estimate(**entry):.2f}"
