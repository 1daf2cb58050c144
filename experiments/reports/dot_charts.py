"""Dot-and-interval charts as SVG text: each score a dot, the estimate and its interval on top."""

from collections.abc import Sequence
from dataclasses import dataclass

from ..scoring.statistics import Estimate
from .charts import drawing, words
from .markup import element, number
from .palette import tone
from .scales import Scale, bounds, text_width, tick_texts, ticks

# Below this width [px] names stand above their rows instead of beside them.
BESIDE_FROM = 600.0
# Height of a row and, above the first, of the marks' names [px].
ROW_BESIDE, ROW_ABOVE, HEAD = 40.0, 58.0, 24.0


# Upper and lower ends of vertical lines [px].
Tracks = Sequence[tuple[float, float]]


@dataclass(frozen=True)
class DotRow:
    """One named row: its scores and their estimate; without them it says `not measured`."""

    name: str
    scores: Sequence[float] = ()
    estimate: Estimate | None = None
    # A role of `palette.TONES`.
    tone: str = "agent"
    # Decimals of the written estimate; as many as it is worth by default.
    decimals: int | None = None


@dataclass(frozen=True)
class Mark:
    """A vertical level that all rows are read against, named above them."""

    name: str
    value: float


def dot_chart(
    rows: Sequence[DotRow],
    marks: Sequence[Mark] = (),
    *,
    x_label: str,
    describe: str,
    width: float = 720.0,
) -> str:
    """Rows of scores on one axis, each with its estimate and interval, written out as well.

    Args:
        rows: drawn from the top; at least one score, or a mark, in all.
        marks: levels through all rows; their values widen the range.
        x_label: below the axis, with its unit.
        describe: what a reader who cannot see the chart is told.
        width: of the drawing [px].

    Raises:
        DataError: nothing to draw at all.
    """
    beside = width >= BESIDE_FROM
    side, row_height = (190.0, ROW_BESIDE) if beside else (4.0, ROW_ABOVE)
    low, high = bounds([v for row in rows for v in row.scores] + [mark.value for mark in marks])
    edge = 0.03 * (high - low)
    scale = Scale(low - edge, high + edge, side, width - side)
    tops = [HEAD + row_height * i for i in range(len(rows))]
    middles = [top + (row_height / 2 if beside else 38.0) for top in tops]
    bottom = HEAD + row_height * len(rows)
    # Levels run through the whole plot, or through each row's own track where names stand between.
    tracks = [(HEAD, bottom)] if beside else [(middle - 15, middle + 15) for middle in middles]
    parts = [_axis(scale, tracks, bottom, x_label, 8 if beside else 6)]
    parts += [_mark(mark, scale, tracks) for mark in marks]
    parts += [_row(row, scale, middle) for row, middle in zip(rows, middles, strict=True)]
    baselines = [middle + 4 for middle in middles] if beside else [top + 18 for top in tops]
    parts += [_names(row, baseline, width) for row, baseline in zip(rows, baselines, strict=True)]
    return drawing("".join(parts), width, bottom + 46, describe)


def _axis(scale: Scale, tracks: Tracks, bottom: float, x_label: str, at_most: int) -> str:
    values = [v for v in ticks(scale.low, scale.high, at_most) if scale.low <= v <= scale.high]
    parts = []
    for value, text in zip(values, tick_texts(values), strict=True):
        parts.append(_level(scale(value), tracks, "grid"))
        parts.append(words(text, scale(value), bottom + 18, style="muted", anchor="middle"))
    middle = (scale.start + scale.end) / 2
    return "".join(parts) + words(x_label, middle, bottom + 38, style="muted", anchor="middle")


def _mark(mark: Mark, scale: Scale, tracks: Tracks) -> str:
    place, half = scale(mark.value), text_width(mark.name) / 2
    # Without room beside the plot a name at its edge stays inside.
    center = min(max(place, half), scale.end + scale.start - half)
    return _level(place, tracks, "axis") + words(mark.name, center, HEAD - 10, style="muted", anchor="middle")


def _level(place: float, tracks: Tracks, style: str) -> str:
    return "".join(element("line", x1=place, x2=place, y1=a, y2=b, class_=style) for a, b in tracks)


def _row(row: DotRow, scale: Scale, middle: float) -> str:
    parts = []
    for i, score in enumerate(row.scores):
        # The golden ratio scatters the dots evenly and always in the same way.
        lift = ((i * 0.618034) % 1.0 - 0.5) * 18
        name = element("title", f"{number(score, 3)}")
        place = {"cx": scale(score), "cy": middle + lift}
        parts.append(element("circle", name, r=2.5, class_="dot", style=f"fill:{tone(row.tone)}", **place))
    return "".join(parts) + (_interval(row.estimate, row.tone, scale, middle) if row.estimate else "")


def _interval(estimate: Estimate, color: str, scale: Scale, middle: float) -> str:
    bar = {"x1": scale(estimate.low), "x2": scale(estimate.high), "y1": middle, "y2": middle}
    style = f"stroke:{tone(color)};stroke-width:3;stroke-linecap:round"
    spot = {"cx": scale(estimate.value), "cy": middle}
    ring = f"fill:{tone(color)};stroke:var(--paper);stroke-width:2"
    return element("line", style=style, **bar) + element("circle", r=6.0, style=ring, **spot)


def _names(row: DotRow, baseline: float, width: float) -> str:
    name = words(row.name, 0.0, baseline, style="strong", fill=row.tone)
    if row.estimate is None:
        return name + words("not measured", width, baseline, style="muted", anchor="end")
    decimals = row.estimate.decimals if row.decimals is None else row.decimals
    value, low, high = (
        number(v, decimals) for v in (row.estimate.value, row.estimate.low, row.estimate.high)
    )
    # One score knows nothing of its spread.
    interval = f"[{low}, {high}]" if row.estimate.n > 1 else "N = 1"
    return name + words(f"{value} {interval}", width, baseline, anchor="end")
