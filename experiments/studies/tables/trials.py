"""README tables of the verdict's trial and of the choice of checkpoints, from `results/`."""

import json
from pathlib import Path

from ...runs.counting import counted
from ...scoring.reading import estimate
from ...scoring.statistics import Estimate
from .markdown import markdown_table

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
    stored = json.loads((results / "verdict.json").read_text())
    parts = [stored["unseen"], *stored["unseen by body"].values()]
    counts = [f"{part['agents']} of {counted(part['runs'], 'run')}, {part['living']} live" for part in parts]
    rows = [("agents", *counts)]
    rows += [(name, *(_text(estimate(part[key])) for part in parts)) for name, key in FIGURES]
    return markdown_table(("on unseen runs", "both bodies", "Hopper", "Walker2d"), rows)


def words_table(results: Path) -> str:
    """How often each word was right."""
    words = json.loads((results / "verdict.json").read_text())["unseen"]["words"]
    rows = []
    for word, counts in words.items():
        share = f"{counts['right']} of {counts['called']}" if counts["called"] else "-"
        rows.append((word, str(counts["called"]), counts["meaning"], share))
    return markdown_table(("word", "agents called so", "that had", "share"), rows)


def fewer_table(results: Path) -> str:
    """The same distance by fewer demonstrations, the threshold as it is."""
    parts = json.loads((results / "verdict.json").read_text())["fewer demonstrations"]
    header = (
        *(
            "demonstrations",
            "rank correlation with the score, living",
            "score 0.95 and more within threshold",
        ),
        "normalized score below 0.8 within it",
    )
    keys = ("spearman", "good within", "bad within")
    return markdown_table(
        header, [(name, *(_text(estimate(part[key])) for key in keys)) for name, part in parts.items()]
    )


def choice_table(results: Path) -> str:
    """Regrets of the last checkpoint and of the one nearest to the demonstrations."""
    stored = json.loads((results / "checkpoint-choice.json").read_text())
    above = stored["swinging"]["fall above"]
    names = {f"that swing (normalized score falls by more than {above:g})": "swinging", "all": "all"}
    rows = []
    for name, key in names.items():
        part = stored[key]
        ratio = "-" if part["nearest of last"] is None else f"{part['nearest of last']:.2f}"
        rows.append((name, _text(estimate(part["last"])), _text(estimate(part["nearest"])), ratio))
    return markdown_table(("runs", "regret of the last checkpoint", "of the nearest", "ratio"), rows)


def _text(value: Estimate | None) -> str:
    return "-" if value is None else f"{value:.2f}"
