"""The claims of gailforce.experiments.reports.scales."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gailforce.envs.errors import DataError
from gailforce.experiments.reports.scales import Scale, bounds, compact, spread, tick_texts, ticks

values = st.floats(-1e12, 1e12)


def test_a_scale_puts_its_ends_at_its_ends_and_keeps_values_between():
    scale = Scale(0.0, 10.0, 100.0, 20.0)
    assert [scale(v) for v in (0.0, 5.0, 10.0, 12.0, -1.0)] == [100.0, 60.0, 20.0, 20.0, 100.0]


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0.0, 3324.0, [0.0, 1000.0, 2000.0, 3000.0, 4000.0]),
        (0.0, 1.0, [0.0, 0.25, 0.5, 0.75, 1.0]),
        (-2.9, 2.8, [-4.0, -2.0, 0.0, 2.0, 4.0]),
    ],
)
def test_ticks_are_round(low, high, expected):
    assert ticks(low, high) == expected


@given(values, values, st.integers(3, 9))
def test_ticks_enclose_their_range_in_rising_order(a, b, at_most):
    low, high = min(a, b), max(a, b)
    found = ticks(low, high, at_most)
    slack = 1e-6 * max(abs(low), abs(high), 1.0)
    assert found == sorted(set(found))
    assert len(found) >= 2
    assert found[0] <= low + slack
    assert found[-1] >= high - slack
    assert len(tick_texts(found)) == len(found)


def test_tick_texts_share_the_decimals_of_their_spacing():
    assert tick_texts([0.0, 0.25, 0.5]) == ["0.00", "0.25", "0.50"]
    assert tick_texts([0.0, 1000.0, 2000.0]) == ["0", "1,000", "2,000"]
    assert tick_texts([0.0, 500_000.0, 1_000_000.0]) == ["0", "500k", "1M"]


def test_large_numbers_are_compact_and_middling_ones_stay():
    assert [compact(v) for v in (4096.0, 250e3, 1.5e6, 12.25e6, 2e9)] == [
        "4,096",
        "250k",
        "1.5M",
        "12.25M",
        "2G",
    ]


def test_bounds_reach_down_to_a_near_zero_but_not_to_a_far_one():
    assert bounds([100.0, 300.0, float("nan")]) == (0.0, 300.0)
    assert bounds([290.0, 300.0]) == (290.0, 300.0)
    assert bounds([-1.0, 2.0]) == (-1.0, 2.0)
    low, high = bounds([5.0])
    assert low < 5.0 < high
    with pytest.raises(DataError, match="no finite value"):
        bounds([float("inf")])


def test_labels_that_collide_move_apart_evenly():
    assert spread([50.0, 50.0], 10.0, 0.0, 100.0) == [45.0, 55.0]
    assert spread([100.0, 100.0], 10.0, 0.0, 100.0) == [90.0, 100.0]
    assert spread([80.0, 20.0, 50.0], 10.0, 0.0, 100.0) == [80.0, 20.0, 50.0]


@given(st.lists(st.floats(0, 100), max_size=8))
def test_spread_labels_keep_their_order_their_gap_and_their_room(places):
    moved = spread(places, 12.0, 0.0, 100.0)
    order = sorted(range(len(places)), key=lambda i: (places[i], i))
    arranged = [moved[i] for i in order]
    assert all(-1e-6 <= place <= 100 + 1e-6 for place in moved)
    assert all(b - a >= 12.0 - 1e-6 for a, b in itertools.pairwise(arranged))
