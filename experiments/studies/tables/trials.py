"""README tables of the verdict's trial and of the choice of checkpoints, from `results/`."""

import json
from pathlib import Path

from ...runs.counting import counted
from ..checkpoint_choice import ChoiceResult
from ..verdict_result import VerdictResult
from .cells import or_dash
from .markdown import markdown_table

# Rows of the verdict's table: title, and the field of `Scores` with the figure.
FIGURES = (
    ("rank correlation of the verdict's distance with normalized score, agents that live", "spearman"),
    ("... of the episodes' length alone", "spearman_of_length_alone"),
    ("... of the distance, agents with a discriminator", "spearman_where_a_discriminator_was"),
    ("... of that discriminator's accuracy alone", "spearman_of_its_accuracy_alone"),
    ("... of the distance, all agents", "spearman_over_all"),
    ("of agents with normalized score 0.95 and more, called `imitates`", "good_called_imitates"),
    ("of living agents with normalized score below 0.8, called `imitates`", "bad_living_called_imitates"),
)


def read_verdict_result(results: Path) -> VerdictResult:
    """The stored result of the verdict's trial."""
    return VerdictResult.from_json(json.loads((results / "verdict.json").read_text()))


def verdict_table(results: Path) -> str:
    """Figures of the half of the runs that set no threshold, together and for each body."""
    stored = read_verdict_result(results)
    parts = [stored.unseen, *stored.unseen_by_body.values()]
    counts = [f"{part.agents} of {counted(part.runs, 'run')}, {part.living} live" for part in parts]
    rows = [("agents", *counts)]
    rows += [(title, *(or_dash(getattr(part, field), ".2f") for part in parts)) for title, field in FIGURES]
    return markdown_table(("on unseen runs", "both bodies", "Hopper", "Walker2d"), rows)


def words_table(results: Path) -> str:
    """How often each word was right."""
    rows = []
    for word, count in read_verdict_result(results).unseen.words.items():
        share = f"{count.right} of {count.called}" if count.called else "-"
        rows.append((word, str(count.called), count.meaning, share))
    return markdown_table(("word", "agents called so", "that had", "share"), rows)


def fewer_table(results: Path) -> str:
    """The same distance by fewer demonstrations, the threshold as it is."""
    header = (
        "demonstrations",
        "rank correlation with the score, living",
        "score 0.95 and more within threshold",
        "normalized score below 0.8 within it",
    )
    rows = [
        (
            name,
            or_dash(scores.spearman, ".2f"),
            or_dash(scores.good_within, ".2f"),
            or_dash(scores.bad_within, ".2f"),
        )
        for name, scores in read_verdict_result(results).fewer_demonstrations.items()
    ]
    return markdown_table(header, rows)


def choice_table(results: Path) -> str:
    """Regrets of the last checkpoint and of the one nearest to the demonstrations."""
    stored = ChoiceResult.from_json(json.loads((results / "checkpoint-choice.json").read_text()))
    swinging = f"that swing (normalized score falls by more than {stored.fall_above:g})"
    rows = [
        (
            name,
            f"{regrets.last:.2f}",
            f"{regrets.nearest:.2f}",
            or_dash(regrets.nearest_of_last, ".2f"),
        )
        for name, regrets in ((swinging, stored.swinging), ("all", stored.all))
    ]
    return markdown_table(("runs", "regret of the last checkpoint", "of the nearest", "ratio"), rows)
