"""The claims of gailforce.experiments.scoring.statistics."""

import itertools
import math
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gailforce.envs.errors import DataError, UsageError
from gailforce.experiments.scoring.statistics import Estimate, iqm_interval, mean_interval, normalized, wilson

# Normal quantile of a 95 % interval.
Z = 1.959963984540054
finite = st.floats(-1e6, 1e6)
groups = st.lists(finite, min_size=1, max_size=20)
# Whole numbers, so that shifting and scaling them rounds nothing.
whole = st.lists(
    st.lists(st.integers(-1000, 1000).map(float), min_size=1, max_size=10), min_size=1, max_size=4
)


def iqm(scores):
    """The interquartile mean alone."""
    return iqm_interval(scores, resamples=1).value


def test_iqm_of_eight_is_the_mean_of_the_middle_four():
    # Two are cut at each end: (3 + 4 + 5 + 6) / 4.
    assert iqm([8.0, 1.0, 2.0, 100.0, 3.0, 4.0, 5.0, 6.0]) == pytest.approx((3 + 4 + 5 + 6) / 4)


@pytest.mark.parametrize(
    ("n", "expected"),
    [(1, 0.0), (2, 0.5), (3, 1.0), (4, 1.5), (5, 2.0), (6, 2.5), (7, 3.0), (9, 4.0), (10, 4.5)],
)
def test_iqm_cuts_whole_scores_as_scipy_does(n, expected):
    assert iqm(np.arange(float(n))) == pytest.approx(expected)
    # Values of scipy.stats.trim_mean(x**2, 0.25), whose cut is floor(n / 4) at each end.
    squares = {1: 0, 2: 0.5, 3: 5 / 3, 4: 2.5, 5: 14 / 3, 6: 7.5, 7: 11, 9: 18, 10: 139 / 6}
    assert iqm(np.arange(float(n)) ** 2) == pytest.approx(squares[n])


def test_iqm_of_three_is_the_mean_and_of_five_hides_a_dead_seed():
    assert iqm([0.0, 1.0, 1.0]) == pytest.approx(2 / 3)
    assert iqm([0.0, 1.0, 1.0, 1.0, 1.0]) == 1.0


def test_bootstrap_of_two_coins_has_the_binomial_quantiles():
    # The mean of ten draws from {0, 1} is Binomial(10, 1/2) / 10: its 2.5 % and 97.5 % points are 0.2, 0.8.
    estimate = mean_interval([0.0] * 5 + [1.0] * 5)
    assert (estimate.value, estimate.low, estimate.high, estimate.n) == (0.5, 0.2, 0.8, 10)


def test_mean_interval_matches_the_normal_limit():
    scores = np.random.default_rng(1).normal(3.0, 2.0, 1000)
    estimate = mean_interval(scores)
    half = 1.96 * scores.std() / np.sqrt(scores.size)
    assert estimate.low == pytest.approx(scores.mean() - half, abs=0.005)
    assert estimate.high == pytest.approx(scores.mean() + half, abs=0.005)


def test_ninety_five_percent_intervals_hold_the_truth_about_that_often():
    generator = np.random.default_rng(2)
    hits = 0
    for _ in range(200):
        estimate = mean_interval(generator.normal(size=30), resamples=500)
        hits += estimate.low <= 0.0 <= estimate.high
    assert 0.88 <= hits / 200 <= 0.99


def test_strata_are_never_mixed():
    # Each task is constant, so that resampling within tasks changes nothing; mixing them would.
    estimate = iqm_interval([[0.0] * 4, [1.0] * 4])
    assert (estimate.value, estimate.low, estimate.high, estimate.n) == (0.5, 0.5, 0.5, 8)
    mixed = iqm_interval([0.0] * 4 + [1.0] * 4)
    assert mixed.low < 0.5 < mixed.high


def test_tasks_may_have_different_numbers_of_runs():
    assert iqm_interval([[1.0, 2.0, 3.0], [4.0]]).n == 4


def test_one_score_has_an_interval_of_no_width():
    for interval in (iqm_interval, mean_interval):
        assert interval([0.7]) == Estimate(0.7, 0.7, 0.7, 1)


def test_equal_scores_have_an_interval_of_no_width_worth_naming():
    estimate = mean_interval([0.1] * 7)
    assert estimate.low == pytest.approx(0.1, abs=1e-15)
    assert estimate.high == pytest.approx(0.1, abs=1e-15)


@settings(max_examples=60, deadline=None)
@given(st.lists(groups, min_size=1, max_size=4), st.sampled_from([0.01, 0.5, 0.95, 0.999]))
def test_the_interval_always_holds_the_estimate(tasks, confidence):
    for interval in (iqm_interval, mean_interval):
        estimate = interval(tasks, resamples=100, confidence=confidence)
        assert estimate.low <= estimate.value <= estimate.high
        assert min(map(min, tasks)) - 1e-6 <= estimate.low
        assert estimate.high <= max(map(max, tasks)) + 1e-6
        assert estimate.n == sum(map(len, tasks))


@settings(max_examples=40, deadline=None)
@given(st.lists(groups, min_size=1, max_size=3), st.randoms(use_true_random=False))
def test_the_order_of_runs_and_tasks_changes_no_bit(tasks, random):
    shuffled = [random.sample(task, len(task)) for task in tasks]
    random.shuffle(shuffled)
    assert iqm_interval(tasks, resamples=50) == iqm_interval(shuffled, resamples=50)
    assert mean_interval(tasks, resamples=50) == mean_interval(shuffled, resamples=50)


def test_the_order_of_scores_does_not_change_the_iqm():
    assert len({iqm(order) for order in itertools.permutations([0.1, 0.2, 0.4, 0.7, 0.9])}) == 1


def test_the_same_seed_gives_the_same_interval_and_another_seed_another():
    scores = np.random.default_rng(3).normal(size=25)
    assert iqm_interval(scores) == iqm_interval(scores)
    assert iqm_interval(scores, resamples=100) != iqm_interval(scores, resamples=100, seed=1)


def test_memory_blocks_do_not_lose_resamples(monkeypatch):
    monkeypatch.setattr("gailforce.experiments.scoring.bootstrap.BLOCK", 37)
    estimate = mean_interval([0.0] * 5 + [1.0] * 5, resamples=20_000)
    assert (estimate.low, estimate.high) == (0.2, 0.8)


@pytest.mark.parametrize("interval", [iqm_interval, mean_interval])
@pytest.mark.parametrize("scores", [np.arange(50.0), np.arange(60.0).reshape(6, 10)], ids=["50", "6x10"])
def test_fifty_thousand_resamples_take_a_second_at_most(interval, scores):
    start = time.process_time()
    interval(list(scores))
    assert time.process_time() - start < 1


@settings(max_examples=40, deadline=None)
@given(whole, st.integers(-1000, 1000), st.sampled_from([0.25, 0.5, 2.0, 1024.0]))
def test_shifted_and_scaled_scores_shift_and_scale_the_interval(tasks, shift, scale):
    moved = [[scale * x + shift for x in task] for task in tasks]
    for interval in (iqm_interval, mean_interval):
        old, new = interval(tasks, resamples=100), interval(moved, resamples=100)
        for end in ("value", "low", "high"):
            assert getattr(new, end) == pytest.approx(scale * getattr(old, end) + shift, abs=1e-9)


def test_mirrored_scores_mirror_the_estimate():
    scores = np.random.default_rng(5).normal(size=11)
    for interval in (iqm_interval, mean_interval):
        assert interval(-scores).value == pytest.approx(-interval(scores).value, abs=1e-15)


def test_whole_numbers_are_scores_too():
    assert mean_interval([1, 2, 3]) == mean_interval(np.array([1, 2, 3])) == mean_interval([1.0, 2.0, 3.0])


@given(st.integers(1, 10**6))
def test_wilson_of_none_and_of_all_has_its_closed_form(n):
    none, everything = wilson(0, n), wilson(n, n)
    assert (none.value, none.low, none.n) == (0.0, 0.0, n)
    assert none.high == pytest.approx(Z**2 / (n + Z**2))
    assert (everything.value, everything.high) == (1.0, 1.0)
    assert everything.low == pytest.approx(n / (n + Z**2))


@given(st.data(), st.integers(1, 10**4), st.sampled_from([0.01, 0.5, 0.95, 0.9999]))
def test_wilson_solves_the_equation_it_comes_from(data, n, confidence):
    successes = data.draw(st.integers(0, n))
    estimate = wilson(successes, n, confidence)
    assert 0 <= estimate.low <= estimate.value <= estimate.high <= 1
    # Its ends are the shares q of which p is z standard errors away: (p - q)² = z² q (1 - q) / n.
    z = 2**0.5 * inverse_erf(confidence)
    for q in (estimate.low, estimate.high):
        assert (estimate.value - q) ** 2 == pytest.approx(z**2 * q * (1 - q) / n, abs=1e-12)


def inverse_erf(confidence):
    """x with erf(x) = confidence, by bisection."""
    low, high = 0.0, 6.0
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if math.erf(middle) < confidence else (low, middle)
    return low


def test_wilson_agrees_with_worked_examples():
    # Newcombe 1998, table I: 81 of 263, 15 of 148, 1 of 29.
    for successes, n, low, high in [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (1, 29, 0.0061, 0.1718),
    ]:
        estimate = wilson(successes, n)
        assert (estimate.low, estimate.high) == pytest.approx((low, high), abs=5e-5)


def test_wilson_of_failures_mirrors_that_of_successes():
    few, many = wilson(3, 20), wilson(17, 20)
    assert (many.low, many.high) == pytest.approx((1 - few.high, 1 - few.low))


@pytest.mark.parametrize(
    ("successes", "n", "words"),
    [(0, 0, "one trial, not 0"), (-1, 5, "-1 successes"), (6, 5, "6 successes cannot come of 5")],
)
def test_a_share_that_cannot_be_is_refused(successes, n, words):
    with pytest.raises(DataError, match=words):
        wilson(successes, n)


@pytest.mark.parametrize("confidence", [0.0, 1.0, 95.0])
def test_a_share_with_a_confidence_out_of_range_is_refused(confidence):
    with pytest.raises(UsageError, match=r"0\.95 is usual"):
        wilson(1, 2, confidence)


def test_normalized_puts_random_at_zero_and_the_expert_at_one():
    assert normalized([20.0, 3320.0, 1670.0, 20.0 - 330.0], 20.0, 3320.0).tolist() == [0.0, 1.0, 0.5, -0.1]


def test_normalizing_by_an_expert_no_better_than_random_is_refused():
    for expert in (20.0, 10.0):
        with pytest.raises(DataError, match="not above the random policy"):
            normalized([1.0], 20.0, expert)
    with pytest.raises(DataError, match="finite"):
        normalized([1.0], 20.0, float("nan"))


@pytest.mark.parametrize(
    ("scores", "words"),
    [
        ([], "at least one"),
        ([1.0, float("nan")], "1 of 2 .*not finite"),
        ([float("inf")], "1 of 1 .*not finite"),
        ([[1.0], []], "at least one"),
    ],
)
def test_scores_that_cannot_be_summarized_are_refused(scores, words):
    with pytest.raises(DataError, match=words):
        iqm_interval(scores)


def test_a_confidence_or_resamples_out_of_range_are_refused():
    with pytest.raises(UsageError, match=r"0\.95 is usual"):
        mean_interval([1.0], confidence=95.0)
    with pytest.raises(UsageError, match="at least one resample"):
        mean_interval([1.0], resamples=0)


def test_an_estimate_prints_value_interval_and_n():
    assert str(Estimate(0.98, 0.951, 0.99, 10)) == "0.98 [0.95, 0.99] N=10"
    assert str(Estimate(3301.4, 3200.0, 3310.2, 50)) == "3,301 [3,200, 3,310] N=50"
    assert f"{Estimate(0.98, 0.951, 0.99, 10):.3f}" == "0.980 [0.951, 0.990] N=10"


@pytest.mark.parametrize(
    ("numbers", "words"),
    [
        ((1.0, 1.1, 1.2, 3), "outside its interval"),
        ((1.0, 0.8, 0.9, 3), "outside its interval"),
        ((1.0, 1.0, 1.0, 0), "at least one score, not 0"),
        ((float("nan"), 0.0, 1.0, 3), "finite numbers"),
    ],
)
def test_an_estimate_that_contradicts_itself_cannot_be_made(numbers, words):
    with pytest.raises(DataError, match=words):
        Estimate(*numbers)
