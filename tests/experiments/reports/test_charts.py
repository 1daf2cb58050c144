"""The claims of gailforce.experiments.reports.charts, dot_charts and palette."""

import itertools
import re
import xml.etree.ElementTree as ElementTree

import pytest

from gailforce.envs.errors import DataError
from gailforce.experiments.reports.charts import Line, Reference, line_chart, responsive, thinned
from gailforce.experiments.reports.dot_charts import DotRow, Mark, dot_chart
from gailforce.experiments.reports.palette import DARK, LIGHT, TONES, tone
from gailforce.experiments.scoring.statistics import mean_interval

SVG = "{http://www.w3.org/2000/svg}"
LINE = Line("imitator", [0.0, 1e6], [18.0, 3300.0], [10.0, 3290.0], [30.0, 3310.0])
LABELS = {"x_label": "steps", "y_label": "return", "describe": "return against steps"}


def parsed(svg: str) -> ElementTree.Element:
    return ElementTree.fromstring(svg)


def texts(svg: str) -> list[str]:
    return [node.text or "" for node in parsed(svg).iter(f"{SVG}text")]


def places(svg: str, tag: str, style: str = "") -> list[ElementTree.Element]:
    return [node for node in parsed(svg).iter(f"{SVG}{tag}") if style in (node.get("class") or "")]


def test_a_line_chart_is_well_formed_and_names_itself():
    root = parsed(line_chart([LINE], **LABELS, width=500.0, height=300.0))
    assert root.get("viewBox") == "0 0 500 300"
    assert (root.get("role"), root.get("aria-label")) == ("img", "return against steps")


def test_every_line_and_reference_is_labelled_at_its_end():
    found = texts(line_chart([LINE], [Reference("expert", 3324.0), Reference("random", 18.0)], **LABELS))
    assert {"imitator 3,300", "expert 3,324", "random 18", "steps", "return"} <= set(found)


def test_higher_values_stand_higher_and_later_steps_further_right():
    svg = line_chart([LINE], **LABELS)
    first, last = (tuple(map(float, p.split(","))) for p in places(svg, "polyline")[0].get("points").split())
    assert last[0] > first[0]
    assert last[1] < first[1]


def test_a_band_goes_out_along_the_top_and_back_along_the_bottom():
    (band,) = places(line_chart([LINE], **LABELS), "polygon", "band")
    corners = [tuple(map(float, p.split(","))) for p in band.get("points").split()]
    assert [c[0] for c in corners] == [corners[0][0], corners[1][0], corners[1][0], corners[0][0]]
    assert corners[0][1] < corners[3][1]


def test_a_line_without_a_name_is_only_its_band():
    svg = line_chart([LINE, Line("", LINE.x, LINE.y, LINE.low, LINE.high)], **LABELS)
    assert len(places(svg, "polygon")) == 2
    assert len(places(svg, "polyline")) == 1


def test_end_labels_do_not_overlap():
    levels = [Reference(f"level {i}", 3300.0 + i) for i in range(5)]
    svg = line_chart([LINE], levels, **LABELS)
    ends = sorted(float(n.get("y")) for n in parsed(svg).iter(f"{SVG}text") if re.match("level|imit", n.text))
    assert all(b - a >= 15.9 for a, b in itertools.pairwise(ends))


def test_text_stays_inside_the_drawing():
    for width in (350.0, 860.0):
        svg = line_chart([LINE], [Reference("constant reward", 1006.0)], **LABELS, width=width)
        for node in parsed(svg).iter(f"{SVG}text"):
            assert 0 <= float(node.get("x")) <= width


def test_hostile_names_are_text():
    hostile = "<script>alert(1)</script>\x1b[31m\x00"
    svg = line_chart([Line(hostile, [0.0, 1.0], [0.0, 1.0])], [Reference(hostile, 1.0)], **LABELS)
    assert "<script" not in svg
    assert "\x1b" not in svg
    row = DotRow(hostile, (0.1, 0.2), mean_interval([0.1, 0.2]))
    assert "<script" not in dot_chart([row], x_label=hostile, describe=hostile)
    parsed(svg)


def test_points_that_are_not_finite_are_left_out_and_nothing_else():
    line = thinned(Line("a", [0.0, 1.0, 2.0], [1.0, float("nan"), 3.0]))
    assert (line.x, line.y) == ([0.0, 2.0], [1.0, 3.0])


def test_too_many_points_are_averaged_in_groups():
    line = thinned(Line("a", [float(i) for i in range(10)], [float(i) for i in range(10)]), most=5)
    assert line.y == [0.5, 2.5, 4.5, 6.5, 8.5]
    assert line.x == line.y


@pytest.mark.parametrize("point", [0.0, 5.0, -3.0, 1e-9])
def test_one_point_makes_a_chart(point):
    chart = line_chart([Line("a", [4096.0], [point])], **LABELS)
    parsed(chart)
    # The point's value stands at the end of its line.
    shown = re.search(r">a ([^<]+)<", chart).group(1)
    assert float(shown.replace("\N{MINUS SIGN}", "-")) == round(point)
    assert not re.search(r"\b(nan|inf)\b", chart)


def test_a_chart_of_nothing_is_refused():
    with pytest.raises(DataError, match="no point"):
        line_chart([Line("a", [], [])], **LABELS)
    with pytest.raises(DataError, match="nothing to draw"):
        dot_chart([DotRow("a")], x_label="", describe="")


def test_a_line_of_unequal_lengths_is_refused():
    with pytest.raises(DataError, match="differ in length"):
        Line("a", [0.0, 1.0], [1.0])
    with pytest.raises(DataError, match="differ in length"):
        Line("a", [0.0, 1.0], [1.0, 2.0], low=[0.0, 1.0])


@pytest.mark.parametrize("width", [350.0, 860.0])
def test_a_dot_chart_shows_every_score_its_estimate_and_what_is_missing(width):
    scores = (0.97, 0.99, 1.0)
    rows = [DotRow("imitator", scores, mean_interval(scores)), DotRow("cloning", tone="cloning")]
    svg = dot_chart(
        rows, [Mark("random", 0.0), Mark("expert", 1.0)], x_label="normalized score", describe="", width=width
    )
    assert len(places(svg, "circle", "dot")) == 3
    assert {"imitator", "cloning", "not measured", "0.99 [0.97, 1.00]", "random", "expert"} <= set(texts(svg))


def test_dots_stand_where_their_scores_are():
    svg = dot_chart([DotRow("a", (0.0, 0.5, 1.0), None)], x_label="", describe="", width=860.0)
    at = [float(dot.get("cx")) for dot in places(svg, "circle", "dot")]
    assert at[1] == pytest.approx((at[0] + at[2]) / 2, abs=0.2)


def test_responsive_draws_once_for_each_width():
    drawn = responsive(lambda width: f"[{width:g}]")
    assert drawn == '<div class="wide">[860]</div><div class="narrow">[350]</div>'


def test_light_and_dark_name_the_same_colors():
    assert LIGHT.keys() == DARK.keys()
    with pytest.raises(KeyError, match="there are: agent"):
        tone("pink")


@pytest.mark.parametrize("colors", [LIGHT, DARK])
@pytest.mark.parametrize("name", TONES)
def test_every_tone_is_readable_as_text(colors, name):
    # 4.5 to 1 is what the Web Content Accessibility Guidelines 2.2 ask of small text.
    first, second = sorted((luminance(colors[name]), luminance(colors["paper"])), reverse=True)
    assert (first + 0.05) / (second + 0.05) >= 4.5


def luminance(color: str) -> float:
    parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
