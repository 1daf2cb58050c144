"""Line charts as SVG text: one pure function, no script, no font of its own, light and dark.

The text size is fixed, so that a chart is drawn once for each width it is shown at (see `responsive`).
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from ...envs.errors import DataError
from .markup import element, escaped, number
from .palette import tone, variables
from .scales import Scale, bounds, compact, spread, text_width, tick_texts, ticks

# Height of a line of labels [px].
LINE_HEIGHT = 16.0
# More points than this are averaged in equal groups: the eye sees no more, the file stays small.
MOST_POINTS = 400

STYLE = f"""{variables(".gf-chart")}
.gf-chart{{display:block;width:100%;height:auto;overflow:visible;color:var(--ink);
font:12px/1.3 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;font-variant-numeric:tabular-nums}}
.gf-chart text{{fill:currentColor}}.gf-chart .muted{{fill:var(--muted)}}.gf-chart .strong{{font-weight:600}}
.gf-chart .grid{{stroke:var(--grid);stroke-width:1}}.gf-chart .axis{{stroke:var(--muted);stroke-width:1}}
.gf-chart .line{{fill:none;stroke-width:2;stroke-linejoin:round;stroke-linecap:round}}
.gf-chart .thin{{stroke-width:1;opacity:.4}}
.gf-chart .mark{{fill:none;stroke-width:1.25;stroke-dasharray:5 4}}
.gf-chart .leader{{stroke-width:.75;opacity:.6}}
.gf-chart .band{{stroke:none;opacity:.16}}.gf-chart .dot{{stroke:none;opacity:.38}}"""


@dataclass(frozen=True)
class Line:
    """A curve: `x` and `y` of one length, and optionally the edges of a shaded band of the same length.

    Points that are not finite are left out. Of a line without a name only the band is drawn.
    """

    name: str
    x: Sequence[float]
    y: Sequence[float]
    low: Sequence[float] | None = None
    high: Sequence[float] | None = None
    # A role of `palette.TONES`.
    tone: str = "agent"
    # Decimals of the last value, written at the line's end.
    decimals: int = 0
    # Drawn without dot, name and value at its end; thin, to stand behind others.
    bare: bool = False
    thin: bool = False

    def __post_init__(self) -> None:
        lengths = {name: len(getattr(self, name) or ()) for name in ("x", "y", "low", "high")}
        if lengths["x"] != lengths["y"] or {lengths["low"], lengths["high"]} not in ({0}, {lengths["x"]}):
            raise DataError(f'line "{self.name}": x, y, low and high differ in length: {lengths}')


@dataclass(frozen=True)
class Reference:
    """A level that a curve is read against, drawn across the chart and named at its end."""

    name: str
    value: float
    tone: str = "muted"
    decimals: int = 0


@dataclass(frozen=True)
class Frame:
    """The scales of a chart and where its plot ends."""

    x: Scale
    y: Scale
    x_ticks: Sequence[float]
    y_ticks: Sequence[float]


def line_chart(
    lines: Sequence[Line],
    references: Sequence[Reference] = (),
    *,
    x_label: str,
    y_label: str,
    describe: str,
    width: float = 720.0,
    height: float = 320.0,
    y_range: tuple[float, float] | None = None,
) -> str:
    """Curves with their bands against reference levels; every name stands at its line's end.

    Args:
        lines: at least one point in all.
        references: levels across the whole width; their values widen the range.
        x_label: below the axis, with its unit.
        y_label: above the axis, with its unit.
        describe: what a reader who cannot see the chart is told.
        width: of the drawing [px].
        height: of the drawing [px].
        y_range: fixed ends of the vertical axis; otherwise they follow the data.

    Raises:
        DataError: no point to draw.
    """
    curves = [thinned(line) for line in lines]
    curves = [line for line in curves if line.x]
    if not curves:
        raise DataError("there is no point to draw: every line is empty")
    references = [mark for mark in references if math.isfinite(mark.value)]
    drawn = [line for line in curves if line.name]
    named = [line for line in drawn if not line.bare]
    labels = [_label(mark.name, mark.value, mark.decimals) for mark in references]
    labels += [_label(line.name, line.y[-1], line.decimals) for line in named]
    frame = _frame(curves, references, width, height, max(map(text_width, labels), default=0.0) + 18, y_range)
    parts = [_grid(frame, x_label, y_label), *(_mark(mark, frame) for mark in references)]
    parts += [_band(line, frame) for line in curves] + [_curve(line, frame) for line in drawn]
    parts.append(_end_labels(named, references, labels, frame))
    return drawing("".join(parts), width, height, describe)


def drawing(content: str, width: float, height: float, describe: str) -> str:
    """The `<svg>` around a chart's parts: scales with its column up to its own width, names itself."""
    return element(
        "svg",
        element("style", STYLE) + content,
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {width:g} {height:g}",
        style=f"max-width:{width:g}px",
        class_="gf-chart",
        role="img",
        aria_label=describe,
    )


def responsive(draw: Callable[[float], str], wide: float = 860.0, narrow: float = 350.0) -> str:
    """A chart drawn at two widths [px]; the page's style shows the one that fits (`.wide`, `.narrow`)."""
    return element("div", draw(wide), class_="wide") + element("div", draw(narrow), class_="narrow")


def thinned(line: Line, most: int = MOST_POINTS) -> Line:
    """The line without points that are not finite, averaged in equal groups where it has too many."""
    columns = [column for column in (line.x, line.y, line.low, line.high) if column is not None]
    points = [p for p in zip(*columns, strict=True) if all(math.isfinite(v) for v in p)]
    size = math.ceil(len(points) / most) or 1
    groups = [points[i : i + size] for i in range(0, len(points), size)]
    means = [[sum(values) / len(values) for values in zip(*group, strict=True)] for group in groups]
    kept = [list(column) for column in zip(*means, strict=True)] or [[] for _ in columns]
    band = kept[2:] if len(kept) == 4 else [None, None]
    return replace(line, x=kept[0], y=kept[1], low=band[0], high=band[1])


def words(
    content: str, x: float, y: float, *, style: str = "", anchor: str = "start", fill: str | None = None
) -> str:
    """A line of text at its baseline; `style` is a class of `STYLE`, `fill` a tone."""
    color = f"fill:{tone(fill)}" if fill else None
    attributes = {"class_": style or None, "text_anchor": anchor, "style": color}
    return element("text", escaped(content), x=x, y=y, **attributes)


def _frame(
    curves: Sequence[Line],
    references: Sequence[Reference],
    width: float,
    height: float,
    right: float,
    y_range: tuple[float, float] | None,
) -> Frame:
    levels = [v for line in curves for column in (line.y, line.low, line.high) for v in column or ()]
    low, high = y_range or bounds([*levels, *(mark.value for mark in references)])
    y_ticks = ticks(low, high, max(6, int(height / 45)))
    x_values = [v for line in curves for v in line.x]
    left = max(map(text_width, tick_texts(y_ticks))) + 8
    x_low, x_high = bounds([*x_values, 0.0])
    x_ticks = ticks(x_low, x_high, max(5, int((width - right - left) / 90)))
    # A last tick just beyond the data is worth the room; a far one is not.
    if x_ticks[-1] - x_high > 0.05 * (x_high - x_low):
        x_ticks = x_ticks[:-1]
    x = Scale(min(x_low, x_ticks[0]), max(x_high, x_ticks[-1]), left, width - right)
    y = Scale(min(low, y_ticks[0]), max(high, y_ticks[-1]), height - 44, 30.0)
    return Frame(x, y, x_ticks, y_ticks)


def _grid(frame: Frame, x_label: str, y_label: str) -> str:
    left, right, bottom = frame.x.start, frame.x.end, frame.y.start
    parts = [words(y_label, 0.0, 12.0, style="muted")]
    for value, text in zip(frame.y_ticks, tick_texts(frame.y_ticks), strict=True):
        style = "axis" if value == frame.y_ticks[0] else "grid"
        parts.append(element("line", x1=left, x2=right, y1=frame.y(value), y2=frame.y(value), class_=style))
        parts.append(words(text, left - 8, frame.y(value) + 4, style="muted", anchor="end"))
    for value, text in zip(frame.x_ticks, tick_texts(frame.x_ticks), strict=True):
        place = frame.x(value)
        parts.append(element("line", x1=place, x2=place, y1=bottom, y2=bottom + 4, class_="axis"))
        parts.append(words(text, place, bottom + 18, style="muted", anchor="middle"))
    parts.append(words(x_label, (left + right) / 2, bottom + 38, style="muted", anchor="middle"))
    return "".join(parts)


def _mark(mark: Reference, frame: Frame) -> str:
    place = frame.y(mark.value)
    ends = {"x1": frame.x.start, "x2": frame.x.end, "y1": place, "y2": place}
    return element("line", class_="mark", style=f"stroke:{tone(mark.tone)}", **ends)


def _band(line: Line, frame: Frame) -> str:
    if not line.low or not line.high:
        return ""
    upper = [f"{frame.x(x):.1f},{frame.y(y):.1f}" for x, y in zip(line.x, line.high, strict=True)]
    lower = [f"{frame.x(x):.1f},{frame.y(y):.1f}" for x, y in zip(line.x, line.low, strict=True)]
    outline = " ".join(upper + lower[::-1])
    return element("polygon", points=outline, class_="band", style=f"fill:{tone(line.tone)}")


def _curve(line: Line, frame: Frame) -> str:
    places = [f"{frame.x(x):.1f},{frame.y(y):.1f}" for x, y in zip(line.x, line.y, strict=True)]
    style = "line thin" if line.thin else "line"
    path = element("polyline", points=" ".join(places), class_=style, style=f"stroke:{tone(line.tone)}")
    if line.bare:
        return path
    end = {"cx": frame.x(line.x[-1]), "cy": frame.y(line.y[-1])}
    return path + element("circle", r=3.5, style=f"fill:{tone(line.tone)}", **end)


def _end_labels(
    curves: Sequence[Line], references: Sequence[Reference], labels: Sequence[str], frame: Frame
) -> str:
    ends = [(frame.x.end, frame.y(mark.value), mark.tone, "") for mark in references]
    ends += [(frame.x(c.x[-1]), frame.y(c.y[-1]), c.tone, "strong") for c in curves]
    places = spread([y for _, y, _, _ in ends], LINE_HEIGHT, 22.0, frame.y.start + 4)
    parts = []
    for (x, y, color, style), place, text in zip(ends, places, labels, strict=True):
        leader = {"x1": max(x + 4, frame.x.end), "y1": y, "x2": frame.x.end + 12, "y2": place}
        parts.append(element("line", class_="leader", style=f"stroke:{tone(color)}", **leader))
        parts.append(words(text, frame.x.end + 15, place + 4, style=style, fill=color))
    return "".join(parts)


def _label(name: str, value: float, decimals: int) -> str:
    return f"{name} {compact(value) if abs(value) >= 100_000 else number(value, decimals)}"
