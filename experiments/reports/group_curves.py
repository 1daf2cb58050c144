"""The charts of a comparison: every run's score, learning curves, performance profiles."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from ..runs.counting import counted
from ..scoring.comparison import performance_profile, probability_of_improvement
from ..scoring.statistics import mean_interval
from .charts import Line, Reference, line_chart, responsive
from .data import RunRecord
from .dot_charts import DotRow, Mark, dot_chart
from .group_table import chip
from .groups import Group
from .markup import element, escaped, number
from .page import block, missing, paragraph
from .scales import text_width

SCORE_AXIS = "share of the way from a random policy to the expert (normalized score)"
# Points of a group's mean curve, and resamples of the band at each of them.
CURVE_POINTS, CURVE_RESAMPLES = 60, 2_000
# The score whose share of runs is written out beside the profile's chart.
PROFILE_AT = 0.9
# Width of the page's charts on a desktop [px].
WIDE = 980.0
# Room beside a dot chart's rows for a name [px].
ROOM = 185.0

DOTS_NOTE = (
    "Each dot is one run, the ring the interquartile mean of the runs, the bar its 95 % bootstrap interval "
    "over runs. Of three runs or fewer an interval says little: look at the dots."
)
LEARNING_NOTE = (
    "Evaluations during training. Thin, each run; strong, the mean of its group; shaded, the mean's 95 % "
    "bootstrap interval over runs."
)
PROFILE_NOTE = (
    "How many runs end above each score; shaded, the 95 % bootstrap band over runs. A curve that stays high "
    "further to the right is better, one that steps down early has seeds that fail."
)


def side_by_side(groups: Sequence[Group]) -> str:
    """Every run as a dot, each group's interquartile mean, and how likely the better wins."""
    if not any(group.scores() for group in groups):
        return block("Side by side", missing("No scale: the returns of expert and random are not known."))
    figure = element("figure", responsive(lambda width: _dots(groups, width), WIDE))
    return block("Side by side", paragraph(DOTS_NOTE) + key(groups) + figure + _wins(groups))


def _dots(groups: Sequence[Group], width: float) -> str:
    rows = [DotRow(_short(group), group.scores(), group.iqm, group.tone) for group in groups]
    told = "; ".join(f"{group.letter} {group.iqm}" for group in groups if group.iqm)
    marks = (Mark("random", 0.0), Mark("expert", 1.0))
    return dot_chart(
        rows, marks, x_label=SCORE_AXIS, describe=f"IQM of normalized score: {told}", width=width
    )


def key(groups: Sequence[Group], texts: Sequence[str] = ()) -> str:
    """What each letter stands for, and a text about each."""
    texts = texts or [counted(len(group.runs), "run") for group in groups]
    items = [
        element("li", chip(group) + element("span", escaped(group.name)) + element("small", escaped(text)))
        for group, text in zip(groups, texts, strict=True)
    ]
    return element("ul", "".join(items), class_="key")


def learning(groups: Sequence[Group]) -> str:
    """All learning curves on one chart."""
    lines, left_out = [], []
    for group in groups:
        curves = [(run, *_curve(run)) for run in group.runs]
        left_out += [run.folder.name for run, steps, _ in curves if not steps]
        known = [(steps, values) for _, steps, values in curves if steps]
        if len(known) > 1:
            lines += [Line(group.letter, x, y, tone=group.tone, bare=True, thin=True) for x, y in known]
        lines += [_mean_line(group, known)] if known else []
    if not lines:
        return block("Learning", missing("No learning curve with a scale was recorded."))
    body = paragraph(LEARNING_NOTE) + key(groups)
    body += element("figure", responsive(lambda width: _learning_chart(lines, width), WIDE))
    if left_out:
        body += missing(f"Without a curve or a scale, not drawn: {', '.join(left_out)}.")
    return block("Learning", body)


def profiles(groups: Sequence[Group]) -> str:
    """The performance profile of each group."""
    scored = [group for group in groups if len(group.scores()) > 1]
    alone = [group.letter for group in groups if len(group.scores()) == 1]
    note = missing(f"One run alone has no profile: {', '.join(alone)}.") if alone else ""
    if not scored:
        return block("Performance profile", note) if note else ""
    every = [score for group in scored for score in group.scores()]
    # Right before each score and at it, so that its step is upright.
    taus = sorted({min(0.0, *every), max(1.05, *every), *every, *(score - 1e-9 for score in every)})
    lines, texts = [], []
    for group in scored:
        profile = performance_profile(group.scores(), taus)
        columns = (profile.thresholds, profile.values, profile.low, profile.high)
        x, y, low, high = (column.tolist() for column in columns)
        lines.append(Line(group.letter, x, y, low, high, group.tone, bare=True))
        at = performance_profile(group.scores(), [PROFILE_AT])
        share, least, most = (number(float(v[0]), 2) for v in (at.values, at.low, at.high))
        texts.append(f"{share} [{least}, {most}] of {counted(at.n, 'run')} above {PROFILE_AT}")
    chart = responsive(lambda width: _profile_chart(lines, texts, width), WIDE)
    return block(
        "Performance profile", paragraph(PROFILE_NOTE) + key(scored, texts) + element("figure", chart)
    )


def _short(group: Group) -> str:
    full = f"{group.letter}  {group.name}"
    return full if text_width(full) <= ROOM else group.letter


def _wins(groups: Sequence[Group]) -> str:
    """For neighbours in rank: how likely a run of the better beats a run of the other."""
    several = [group for group in groups if len(group.scores()) > 1]
    pairs = [(a, b) for a, b in pairwise(several) if a.environment == b.environment]
    wins = [element("li", chip(a) + "over " + chip(b) + escaped(_win(a, b))) for a, b in pairs]
    note = paragraph("How likely a run of one does better than a run of the next; 0.5 is a draw.")
    return note + element("ul", "".join(wins), class_="key") if wins else ""


def _win(a: Group, b: Group) -> str:
    found = probability_of_improvement(a.scores(), b.scores())
    return f"{found.value:.2f} [{found.low:.2f}, {found.high:.2f}], N = {counted(found.n, 'run')}"


def _curve(run: RunRecord) -> tuple[list[float], list[float]]:
    """Steps and normalized score of a run's evaluations on the way; empty without a scale."""
    low, high = run.scores["random"].mean, run.scores["expert"].mean
    if low is None or high is None or high <= low:
        return [], []
    points = run.series("eval/return_mean")
    return [step for step, _ in points], [(mean - low) / (high - low) for _, mean in points]


def _mean_line(group: Group, curves: Sequence[tuple[list[float], list[float]]]) -> Line:
    """The mean of a group's curves with its interval, over the steps that all of them reached."""
    first, last = max(steps[0] for steps, _ in curves), min(steps[-1] for steps, _ in curves)
    if len(curves) == 1 or first > last:
        return Line(group.letter, *curves[0], tone=group.tone, decimals=2)
    own = sorted({step for steps, _ in curves for step in steps if first <= step <= last})
    grid = own if len(own) <= CURVE_POINTS else np.linspace(first, last, CURVE_POINTS).tolist()
    values = np.array([np.interp(grid, steps, heights) for steps, heights in curves])  # (runs, points)
    means = [mean_interval(column, CURVE_RESAMPLES) for column in values.T]
    low, high = [m.low for m in means], [m.high for m in means]
    return Line(group.letter, grid, [m.value for m in means], low, high, group.tone, decimals=2)


def _learning_chart(lines: Sequence[Line], width: float) -> str:
    told = "; ".join(f"{line.name} ends at {line.y[-1]:.2f}" for line in lines if not line.bare)
    return line_chart(
        lines,
        (Reference("expert", 1.0), Reference("random", 0.0)),
        x_label="environment steps",
        y_label="normalized score",
        describe=f"normalized score against steps: {told}.",
        width=width,
        height=400.0 if width > 500 else 300.0,
    )


def _profile_chart(lines: Sequence[Line], texts: Sequence[str], width: float) -> str:
    told = "; ".join(f"{line.name} {text}" for line, text in zip(lines, texts, strict=True))
    return line_chart(
        lines,
        x_label="normalized score",
        y_label="share of runs above",
        describe=f"Share of runs above each normalized score: {told}.",
        width=width,
        height=320.0 if width > 500 else 280.0,
        y_range=(0.0, 1.0),
    )
