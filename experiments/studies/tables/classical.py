"""README tables of classical families: phases of a gait, pre-trained weights."""

from pathlib import Path

from ..gait_phases import read_border_scores
from .cells import each, or_dash
from .markdown import markdown_table
from .rows import read_grid_rows

WAYS = {
    "chain": "hidden Markov model",
    "mixture": "mixture of as many parts, no time",
    "even": "as many borders, evenly spread",
}
# Setting of the grid that says whether a deep belief network was trained first.
PRETRAINING_STEPS = "dbn.steps"


def phases_table(results: Path) -> str:
    """F1 of the borders of contact over the validation episodes."""
    scores = read_border_scores(results / "gait-phases.json")
    rows = [(title, f"{scores[way].f1:.2f}", each(scores[way].seeds)) for way, title in WAYS.items()]
    return markdown_table(("phases of", "F1 over episodes [95 %]", "of each seed"), rows)


def pretraining_table(results: Path) -> str:
    """Discriminators of 50 transitions with first weights of a deep belief network, and with random ones."""
    rows = [
        (
            "pre-trained" if row.settings[PRETRAINING_STEPS] else "random",
            each(row.scores.normalized_score),
            or_dash(row.scores.mean, ".3f"),
            or_dash(row.scores.worst, ".3f"),
            or_dash(row.scores.iqm, ".3f"),
        )
        for row in read_grid_rows(results, "pretraining")
    ]
    return markdown_table(("first weights", "score of each seed", "mean", "worst", "IQM [95 %]"), rows)
