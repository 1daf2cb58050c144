"""The section that sets a score beside its controls: every episode as a dot, then the numbers."""

from collections.abc import Sequence

from ..scoring.score import ScoreEntry
from ..scoring.statistics import Estimate, mean_interval
from .charts import responsive
from .data import NAMES, TONES, RunRecord
from .dot_charts import DotRow, Mark, dot_chart
from .markup import element, escaped, number
from .page import block, code, missing, paragraph, prose

NOTE = (
    "Each dot is one episode, the ring their mean, the bar its 95 % bootstrap interval. On bodies that are "
    "paid for not falling, a constant reward alone teaches something: what counts is the distance to it."
)
AXIS = "share of the way from a random policy to the expert (normalized score)"
COLUMNS = ("Policy", "normalized score [95 % interval]", "Mean return", "Length", "N", "Seeds")


def controls(run: RunRecord) -> str:
    """Every policy of a run on one scale, and the table with where each number came from."""
    rows = [_dot_row(run, key) for key in run.scores]
    chart = missing("No common scale: it takes the returns of the expert and of a random policy.")
    if any(row.scores for row in rows):
        chart = paragraph(NOTE) + element("figure", responsive(lambda width: _chart(rows, width)))
    return block("Beside its controls", chart + table(run))


def table(run: RunRecord) -> str:
    """One row for each policy, every column with the same decimals; on a phone each row becomes a card."""
    head = "".join(element("th", escaped(name), scope="col") for name in COLUMNS)
    rows = "".join(element("tr", _cells(key, entry, run)) for key, entry in run.scores.items())
    return element("table", element("thead", element("tr", head)) + element("tbody", rows))


def seed_ranges(seeds: Sequence[int]) -> str:
    """Seeds in little room: 100, 101, 102, 7 is '7, 100 to 102'."""
    runs: list[list[int]] = []
    for seed in sorted(set(seeds)):
        if runs and seed == runs[-1][-1] + 1:
            runs[-1].append(seed)
        else:
            runs.append([seed])
    return ", ".join(str(r[0]) if len(r) == 1 else f"{r[0]} to {r[-1]}" for r in runs)


def _dot_row(run: RunRecord, key: str) -> DotRow:
    entry = run.scores[key]
    dots = run.scores_of_returns(key)
    # A stored interval may stand on more than these dots (other seeds); the dots' own is the fallback.
    estimate = (entry.normalized_score or mean_interval(dots)) if dots else None
    return DotRow(NAMES[key], dots, estimate, TONES[key], decimals=run.score_decimals)


def _chart(rows: Sequence[DotRow], width: float) -> str:
    estimates = [f"{row.name} {row.estimate}" for row in rows if row.estimate]
    described = "Normalised returns: " + "; ".join(estimates)
    marks = (Mark("random", 0.0), Mark("expert", 1.0))
    return dot_chart(rows, marks, x_label=AXIS, describe=described, width=width)


def _cells(key: str, entry: ScoreEntry, run: RunRecord) -> str:
    score = entry.score
    source = element("small", _source(score.source)) if score and score.source else ""
    name = element("td", element("span", escaped(NAMES[key]), class_="name") + source)
    if score is None:
        return name + element("td", missing(entry.missing), class_="gap", colspan=len(COLUMNS) - 1)
    seeds = [seed for seed in score.seeds if seed is not None]
    deviation = element("small", f"± {number(score.std, run.return_decimals)}")
    cells = (
        _normalized_score(entry.normalized_score, run.score_decimals),
        number(score.mean, run.return_decimals) + deviation,
        number(sum(score.lengths) / len(score.lengths)) if score.lengths else "",
        str(len(score.returns)),
        escaped(seed_ranges(seeds)),
    )
    labels = ("normalized score", "Return ± sd", "Length", "Episodes", "Seeds")
    pairs = zip(labels, cells, strict=True)
    return name + "".join(element("td", cell or "not recorded", data_label=label) for label, cell in pairs)


def _source(text: str) -> str:
    """A bare command as code, anything else as a sentence."""
    return code(text) if text.startswith(("gailforce ", "cached: gailforce ")) else prose(text)


def _normalized_score(normalized_score: Estimate | None, decimals: int) -> str:
    if normalized_score is None:
        return "no scale"
    value, low, high = (
        number(v, decimals) for v in (normalized_score.value, normalized_score.low, normalized_score.high)
    )
    interval = element("small", f"[{low}, {high}]", class_="interval")
    return element("span", value, class_="name") + interval
