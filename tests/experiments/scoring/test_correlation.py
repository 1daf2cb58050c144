"""The claims of gailforce.experiments.scoring.correlation."""

import time

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from gailforce.envs.errors import DataError, UsageError
from gailforce.experiments.scoring.correlation import spearman

permutations = st.integers(3, 12).flatmap(lambda n: st.permutations(range(n)))
small = st.integers(0, 4).map(float)
points = st.lists(st.tuples(small, small, small), min_size=3, max_size=15)


def columns(rows):
    """Columns of points, none of them constant."""
    sides = [list(side) for side in zip(*rows, strict=True)]
    assume(all(len(set(side)) > 1 for side in sides))
    return sides


def mean_ranks(values):
    """Ranks from 1 on by counting, equal values sharing the mean of theirs."""
    values = np.asarray(values)
    return np.array([(values < v).sum() + ((values == v).sum() + 1) / 2 for v in values])


@settings(max_examples=60, deadline=None)
@given(permutations)
def test_without_ties_it_is_the_closed_form(order):
    n = len(order)
    d = np.array(order) - np.arange(n)
    expected = 1 - 6 * (d**2).sum() / (n * (n**2 - 1))
    assert spearman(range(n), order, resamples=20).value == pytest.approx(expected, abs=1e-12)


def test_a_worked_example_with_ties():
    # Ranks of x 1, 2.5, 2.5, 4 and of y 1, 3, 2, 4: deviations -1.5, 0, 0, 1.5 and -1.5, 0.5, -0.5, 1.5.
    estimate = spearman([1.0, 2.0, 2.0, 3.0], [10.0, 30.0, 20.0, 40.0])
    assert estimate.value == pytest.approx(4.5 / np.sqrt(4.5 * 5))
    assert estimate.n == 4


def test_ordered_points_correlate_perfectly_and_three_of_them_prove_nothing():
    x = [1.0, 2.0, 5.0, 9.0]
    up, down = spearman(x, np.exp(x)), spearman(x, [-v for v in x])
    assert (up.value, up.low, up.high) == (1.0, 1.0, 1.0)
    assert (down.value, down.low, down.high) == (-1.0, -1.0, -1.0)
    three = spearman(x[:3], x[:3])
    assert (three.value, three.low, three.high) == (1.0, -1.0, 1.0)


@settings(max_examples=60, deadline=None)
@given(points, st.sampled_from([0.01, 0.5, 0.95, 0.999]))
def test_the_interval_holds_the_correlation_of_the_ranks(rows, confidence):
    x, y, _ = columns(rows)
    estimate = spearman(x, y, resamples=50, confidence=confidence)
    assert -1 <= estimate.low <= estimate.value <= estimate.high <= 1
    assert estimate.value == pytest.approx(np.corrcoef(mean_ranks(x), mean_ranks(y))[0, 1], abs=1e-12)
    assert spearman(y, x, resamples=20).value == pytest.approx(estimate.value, abs=1e-15)
    assert estimate.n == len(rows)


@settings(max_examples=60, deadline=None)
@given(points)
def test_given_a_third_it_is_the_correlation_of_rank_residuals(rows):
    ranks = [mean_ranks(side) for side in columns(rows)]
    design = np.stack([np.ones(len(rows)), ranks[2]], axis=1)
    left = [r - design @ np.linalg.lstsq(design, r, rcond=None)[0] for r in ranks[:2]]
    assume(all(np.abs(side).max() > 1e-9 for side in left))
    estimate = spearman(*columns(rows), resamples=50)
    assert estimate.value == pytest.approx(np.corrcoef(*left)[0, 1], abs=1e-9)
    assert -1 <= estimate.low <= estimate.value <= estimate.high <= 1


def test_what_comes_only_of_the_given_is_gone():
    # Both follow the length of the episode and are otherwise unrelated.
    generator = np.random.default_rng(0)
    length = generator.normal(size=400)
    x, y = length + 0.5 * generator.normal(size=(2, 400))
    assert spearman(x, y, resamples=500).low > 0.6
    partial = spearman(x, y, given=length, resamples=500)
    assert partial.low < 0.0 < partial.high


@settings(max_examples=40, deadline=None)
@given(points, st.randoms(use_true_random=False), st.booleans(), st.booleans())
def test_the_order_of_points_changes_no_bit(rows, random, with_given, with_groups):
    columns(rows)
    labelled = [(*row, f"run {i % 4}") for i, row in enumerate(rows)]
    assume(not with_groups or len(rows) > 3)

    def measured(some):
        x, y, z, labels = (list(side) for side in zip(*some, strict=True))
        return spearman(x, y, z if with_given else None, labels if with_groups else None, resamples=50)

    try:
        first = measured(labelled)
    except DataError:
        assume(False)
    assert measured(random.sample(labelled, len(labelled))) == first


@settings(max_examples=30, deadline=None)
@given(points, st.sampled_from([np.exp, np.cbrt, lambda v: 3 * v - 7]))
def test_a_growing_function_of_either_side_changes_no_bit(rows, growing):
    x, y, _ = columns(rows)
    assert spearman(growing(np.array(x)), y, resamples=50) == spearman(x, y, resamples=50)
    assert spearman(x, growing(np.array(y)), resamples=50) == spearman(x, y, resamples=50)


def test_groups_of_one_are_points():
    x, y = np.random.default_rng(1).normal(size=(2, 40))
    plain, grouped = spearman(x, y), spearman(x, y, groups=[f"run {i}" for i in range(40)])
    assert grouped.value == plain.value
    assert (grouped.low, grouped.high) == pytest.approx((plain.low, plain.high), abs=0.02)


def test_copies_within_a_group_do_not_narrow_the_interval():
    x, y = np.random.default_rng(2).normal(size=(2, 30))
    y += x
    # Ten checkpoints of a run that all say the same.
    many = [np.repeat(side, 10) for side in (x, y)]
    single = spearman(x, y)
    grouped = spearman(*many, groups=np.repeat(np.arange(30), 10))
    assert (grouped.low, grouped.high) == pytest.approx((single.low, single.high), abs=0.02)
    assert grouped.n == 300
    naive = spearman(*many, resamples=2000)
    assert naive.high - naive.low < 0.5 * (grouped.high - grouped.low)


def test_ninety_percent_intervals_hold_the_truth_about_that_often():
    generator = np.random.default_rng(3)
    # Spearman's correlation of a normal pair of correlation 0.6.
    truth = 6 / np.pi * np.arcsin(0.6 / 2)
    hits = 0
    for _ in range(150):
        x, noise = generator.normal(size=(2, 40))
        estimate = spearman(x, 0.6 * x + 0.8 * noise, resamples=300, confidence=0.9)
        hits += estimate.low <= truth <= estimate.high
    assert 0.8 <= hits / 150 <= 0.97


def test_memory_blocks_do_not_lose_draws(monkeypatch):
    x, y = np.random.default_rng(4).normal(size=(2, 10))
    whole = spearman(x, y, resamples=2000)
    monkeypatch.setattr("gailforce.experiments.scoring.bootstrap.BLOCK", 500)
    parts = spearman(x, y, resamples=2000)
    assert (parts.low, parts.high) == pytest.approx((whole.low, whole.high), abs=0.05)


def test_a_hundred_and_twenty_points_take_two_seconds_at_most():
    x, y, z = np.random.default_rng(5).normal(size=(3, 120))
    start = time.process_time()
    spearman(x, y, given=z)
    assert time.process_time() - start < 2


def test_too_few_points_or_groups_are_refused():
    with pytest.raises(DataError, match="at least 3 points, not 2"):
        spearman([1.0, 2.0], [1.0, 2.0])
    with pytest.raises(DataError, match="at least 3 groups, not 2"):
        spearman([1.0, 2.0, 3.0], [1.0, 2.0, 3.0], groups=["a", "a", "b"])


@pytest.mark.parametrize("constant", ["x", "y", "given"])
def test_a_constant_side_is_refused_by_name(constant):
    sides = {"x": [1.0, 2.0, 3.0], "y": [1.0, 3.0, 2.0], "given": [2.0, 1.0, 3.0]}
    with pytest.raises(DataError, match=f"all 3 numbers of {constant} are 7"):
        spearman(**{**sides, constant: [7.0, 7.0, 7.0]})


def test_nothing_is_left_of_a_side_that_is_the_given():
    x, y = [1.0, 2.0, 3.0, 4.0], [2.0, 1.0, 4.0, 3.0]
    with pytest.raises(DataError, match="nothing is left"):
        spearman(x, y, given=x)
    with pytest.raises(DataError, match="nothing is left"):
        spearman(x, y, given=[-v for v in y])


def test_sides_of_different_lengths_are_refused():
    x, y = [1.0, 2.0, 3.0, 4.0], [1.0, 2.0, 3.0]
    with pytest.raises(DataError, match="x, y and groups differ in length"):
        spearman(x, y)
    with pytest.raises(DataError, match="differ in length"):
        spearman(x, x, given=y)
    with pytest.raises(DataError, match="differ in length"):
        spearman(x, x, groups=["a", "b", "c"])


def test_numbers_that_are_not_finite_are_refused_by_name():
    with pytest.raises(DataError, match="1 of 3 y are not finite"):
        spearman([1.0, 2.0, 3.0], [1.0, float("nan"), 3.0])
    with pytest.raises(DataError, match="x must be a list"):
        spearman([], [])


def test_a_confidence_or_resamples_out_of_range_are_refused():
    x = [1.0, 2.0, 3.0]
    with pytest.raises(UsageError, match=r"0\.95 is usual"):
        spearman(x, x, confidence=95.0)
    with pytest.raises(UsageError, match="at least one resample"):
        spearman(x, x, resamples=0)
