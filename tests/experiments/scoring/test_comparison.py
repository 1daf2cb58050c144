"""The claims of gailforce.experiments.scoring.comparison."""

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gailforce.envs.errors import DataError, UsageError
from gailforce.experiments.scoring.comparison import Profile, performance_profile, probability_of_improvement
from gailforce.experiments.scoring.statistics import mean_interval

# Few distinct numbers, so that equal scores are common.
runs = st.lists(st.integers(-3, 3).map(float), min_size=1, max_size=8)
pairs = st.lists(st.tuples(runs, runs), min_size=1, max_size=4)
taus = st.lists(st.floats(-4, 4) | st.integers(-4, 4).map(float), min_size=1, max_size=8)


def test_probability_of_improvement_of_a_worked_example():
    # Task 1: 2 beats 1, ties with 2, 3 beats both: (1 + 1/2 + 1 + 1) / 4. Task 2: 0 loses to 1: 0.
    estimate = probability_of_improvement([[2.0, 3.0], [0.0]], [[1.0, 2.0], [1.0]])
    assert (estimate.value, estimate.n) == ((3.5 / 4 + 0) / 2, 6)


def test_one_run_against_many_has_the_binomial_interval():
    # Y is drawn from five runs above and five below x: the share below is Binomial(10, 1/2) / 10.
    estimate = probability_of_improvement([0.0], [-1.0] * 5 + [1.0] * 5)
    assert (estimate.value, estimate.low, estimate.high, estimate.n) == (0.5, 0.2, 0.8, 11)


def test_probability_of_improvement_matches_the_normal_limit():
    # P(X > Y) = Phi(1 / sqrt 2) of X ~ N(1, 1), Y ~ N(0, 1); a tight interval around it.
    generator = np.random.default_rng(0)
    estimate = probability_of_improvement(
        generator.normal(1.0, 1.0, 400), generator.normal(size=400), resamples=2000
    )
    assert estimate.low < 0.76025 < estimate.high
    assert estimate.high - estimate.low < 0.08


def test_ninety_percent_intervals_of_improvement_hold_the_truth_about_that_often():
    generator = np.random.default_rng(1)
    hits = 0
    for _ in range(200):
        x, y = generator.normal(size=(2, 3, 15))
        estimate = probability_of_improvement(list(x), list(y), resamples=300, confidence=0.9)
        hits += estimate.low <= 0.5 <= estimate.high
    assert 0.8 <= hits / 200 <= 0.97


@settings(max_examples=40, deadline=None)
@given(pairs, st.sampled_from([0.01, 0.5, 0.95, 0.999]))
def test_the_interval_of_improvement_holds_its_value_and_the_other_side_is_the_rest(tasks, confidence):
    x, y = [task[0] for task in tasks], [task[1] for task in tasks]
    estimate = probability_of_improvement(x, y, resamples=50, confidence=confidence)
    assert 0 <= estimate.low <= estimate.value <= estimate.high <= 1
    assert estimate.n == sum(map(len, x)) + sum(map(len, y))
    other = probability_of_improvement(y, x, resamples=50)
    assert other.value == pytest.approx(1 - estimate.value, abs=1e-12)


@settings(max_examples=40, deadline=None)
@given(st.lists(runs, min_size=1, max_size=4))
def test_a_method_against_itself_is_a_coin(tasks):
    assert probability_of_improvement(tasks, tasks, resamples=20).value == 0.5


@settings(max_examples=40, deadline=None)
@given(pairs, st.randoms(use_true_random=False))
def test_the_order_of_runs_and_tasks_changes_no_bit_of_the_improvement(tasks, random):
    shuffled = [(random.sample(x, len(x)), random.sample(y, len(y))) for x, y in tasks]
    random.shuffle(shuffled)
    first, second = (
        probability_of_improvement([x for x, _ in both], [y for _, y in both], resamples=50)
        for both in (tasks, shuffled)
    )
    assert first == second


@settings(max_examples=30, deadline=None)
@given(pairs)
def test_only_the_order_of_scores_counts(tasks):
    plain, cubed = (
        probability_of_improvement(
            [[x**power for x in task[0]] for task in tasks],
            [[y**power for y in task[1]] for task in tasks],
            resamples=50,
        )
        for power in (1, 3)
    )
    assert plain.value == cubed.value


def test_tasks_are_never_compared_with_each_other():
    # X wins on neither task, though its runs on the second beat those of Y on the first.
    assert probability_of_improvement([[0.0], [10.0]], [[1.0], [11.0]]).value == 0.0


def test_memory_blocks_do_not_lose_draws(monkeypatch):
    monkeypatch.setattr("gailforce.experiments.scoring.bootstrap.BLOCK", 37)
    estimate = probability_of_improvement([0.0], [-1.0] * 5 + [1.0] * 5, resamples=5000)
    assert (estimate.low, estimate.high) == (0.2, 0.8)


def test_profile_of_a_worked_example():
    profile = performance_profile([[0.0, 1.0], [1.0, 2.0]], [-0.5, 0.0, 1.0, 2.0])
    assert profile.values.tolist() == [1.0, 0.75, 0.25, 0.0]
    assert profile.n == 4
    # Above 0: one of two on the first task, both on the second: Binomial(2, 1/2) + 2 of 4.
    assert (profile.low[1], profile.high[1]) == (0.5, 1.0)


def test_profile_of_two_coins_has_the_binomial_band():
    profile = performance_profile([0.0] * 5 + [1.0] * 5, [0.5])
    assert (profile.values[0], profile.low[0], profile.high[0]) == (0.5, 0.2, 0.8)


def test_the_band_is_that_of_the_bootstrap():
    generator = np.random.default_rng(3)
    tasks = [generator.normal(size=size) for size in (7, 12, 30)]
    grid = np.linspace(-1.5, 1.5, 9)
    profile = performance_profile(tasks, grid, confidence=0.9)
    for tau, value, low, high in zip(grid, profile.values, profile.low, profile.high, strict=True):
        drawn = mean_interval([(task > tau).astype(float) for task in tasks], confidence=0.9)
        assert value == pytest.approx(drawn.value)
        # One run of 49 at most: an end whose chance is the tail itself may fall either way.
        assert (low, high) == pytest.approx((drawn.low, drawn.high), abs=1 / 49 + 1e-9)


def test_a_band_of_thousands_of_runs_is_the_normal_limit():
    profile = performance_profile([0.0] * 3000 + [1.0] * 2000, [0.5])
    half = 1.96 * np.sqrt(0.4 * 0.6 / 5000)
    assert profile.low[0] == pytest.approx(0.4 - half, abs=3e-4)
    assert profile.high[0] == pytest.approx(0.4 + half, abs=3e-4)


@settings(max_examples=60, deadline=None)
@given(st.lists(runs, min_size=1, max_size=4), taus, st.sampled_from([0.01, 0.5, 0.95, 0.999]))
def test_a_profile_falls_from_one_to_zero_within_its_band(tasks, thresholds, confidence):
    grid = [-np.inf, *sorted(thresholds), np.inf]
    profile = performance_profile(tasks, grid, confidence)
    assert profile.values[0] == profile.low[0] == profile.high[0] == 1.0
    assert profile.values[-1] == profile.low[-1] == profile.high[-1] == 0.0
    for curve in (profile.values, profile.low, profile.high):
        assert (np.diff(curve) <= 0).all()
    assert (profile.low <= profile.values).all()
    assert (profile.values <= profile.high).all()
    scores = np.concatenate(tasks)
    assert profile.values.tolist() == [(scores > tau).mean() for tau in grid]
    assert profile.n == scores.size


@settings(max_examples=30, deadline=None)
@given(st.lists(runs, min_size=1, max_size=4), taus, st.randoms(use_true_random=False))
def test_the_order_of_runs_and_tasks_changes_no_bit_of_the_profile(tasks, thresholds, random):
    shuffled = [random.sample(task, len(task)) for task in tasks]
    random.shuffle(shuffled)
    first, second = performance_profile(tasks, thresholds), performance_profile(shuffled, thresholds)
    for name in ("values", "low", "high"):
        assert getattr(first, name).tolist() == getattr(second, name).tolist()


def test_a_profile_keeps_its_own_thresholds():
    grid = np.array([0.0, 1.0])
    profile = performance_profile([0.5], grid)
    grid[0] = 7.0
    assert profile.thresholds.tolist() == [0.0, 1.0]


def test_comparisons_take_a_second_at_most():
    scores = list(np.random.default_rng(4).normal(size=(6, 10)))
    start = time.process_time()
    probability_of_improvement(scores, scores)
    performance_profile(scores, np.linspace(-2, 2, 101))
    assert time.process_time() - start < 1


@pytest.mark.parametrize("compare", [probability_of_improvement, performance_profile])
@pytest.mark.parametrize(
    ("scores", "words"),
    [
        ([], "at least one"),
        ([1.0, float("nan")], "1 of 2 .*not finite"),
        ([float("inf")], "1 of 1 .*not finite"),
        ([[1.0], []], "at least one"),
    ],
)
def test_scores_that_cannot_be_compared_are_refused(compare, scores, words):
    with pytest.raises(DataError, match=words):
        compare(scores, [1.0])


def test_different_numbers_of_tasks_are_refused():
    with pytest.raises(DataError, match="2 and 1 tasks"):
        probability_of_improvement([[1.0], [2.0]], [1.0])


@pytest.mark.parametrize("thresholds", [[], [0.0, float("nan")]])
def test_thresholds_that_are_no_numbers_are_refused(thresholds):
    with pytest.raises(DataError, match="thresholds"):
        performance_profile([1.0], thresholds)


def test_a_confidence_or_resamples_out_of_range_are_refused():
    with pytest.raises(UsageError, match=r"0\.95 is usual"):
        probability_of_improvement([1.0], [1.0], confidence=95.0)
    with pytest.raises(UsageError, match="at least one resample"):
        probability_of_improvement([1.0], [1.0], resamples=0)
    with pytest.raises(UsageError, match=r"0\.95 is usual"):
        performance_profile([1.0], [0.0], confidence=1.0)


def test_a_profile_outside_its_band_cannot_be_made():
    half, whole = np.array([0.5]), np.array([1.0])
    with pytest.raises(DataError, match="band"):
        Profile(half, half, whole, whole, 3)
    with pytest.raises(DataError, match="at least one run"):
        Profile(half, half, half, half, 0)
