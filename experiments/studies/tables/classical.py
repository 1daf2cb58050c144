"""The README's tables of what only classical families do: phases of a gait, weights learned beforehand."""

import json
from pathlib import Path

from ...bench.table import interval, number
from ...scoring.statistics import Estimate

WAYS = {
    "chain": "hidden Markov model",
    "mixture": "mixture of as many parts, no time",
    "even": "as many borders, evenly spread",
}


def phases_table(results: Path) -> str:
    """F1 of the borders of contact over the validation episodes."""
    found = json.loads((results / "gait-phases.json").read_text())["f1"]
    lines = ["| phases of | F1 over episodes [95 %] | of each seed |", "|-|-|-|"]
    for way, name in WAYS.items():
        score = dict(found[way])
        seeds = " ".join(f"{value:.2f}" for value in score.pop("seeds"))
        lines.append(f"| {name} | {Estimate(**score):.2f} | {seeds} |")
    return "\n".join(lines)


def pretraining_table(results: Path) -> str:
    """A discriminator of 50 transitions from weights of a deep belief network, and from random ones."""
    rows = json.loads((results / "pretraining.json").read_text())["rows"]
    lines = ["| first weights | score of each seed | mean | worst | IQM [95 %] |", "|-|-|-|-|-|"]
    for row in rows:
        cells = (
            "pre-trained" if row["config"]["reward.dbn.steps"] else "random",
            " ".join(f"{share:.2f}" for share in row["normalized_score"]) or "-",
            number(row["mean"]),
            number(row["worst"]),
            interval(row),
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)
