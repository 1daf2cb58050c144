"""Resemblance: distances with known answers, and the two ends of the scale."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gailforce.demos.card import Card
from gailforce.demos.dataset import Demonstrations
from gailforce.demos.resemblance import (
    DemoDistance,
    energy_distance,
    mean_component,
    portions_of,
    sliced_wasserstein,
)
from gailforce.demos.trajectory import Trajectory
from gailforce.envs.errors import DataError

RNG = np.random.default_rng(0)
CARD = Card("Hopper-v5", "tests", "none", episodes=4)


def _episode(shift=0.0, length=200, seed=0, source=""):
    rng = np.random.default_rng(seed)
    obs = rng.normal(shift, 1.0, (length + 1, 3))
    return Trajectory(obs, rng.normal(shift, 1.0, (length, 2)), True, False, source=source)


def _demos(episodes=4, length=200):
    return Demonstrations([_episode(seed=10 + i, length=length) for i in range(episodes)], CARD)


def _fitted(demos=None, **kwargs):
    return DemoDistance.of(demos or _demos(), [_episode(4.0, seed=90 + i) for i in range(3)], **kwargs)


def test_energy_distance_of_two_points_is_twice_their_distance():
    # 2 E|X-Y| = 2 * 5; no spread within either sample.
    assert energy_distance(np.array([[0.0, 0.0]]), np.array([[3.0, 4.0]])) == 10.0


def test_energy_distance_by_hand():
    # X = {0, 2}, Y = {1}: 2 * 1 - (0+2+2+0)/4 - 0 = 1.
    assert energy_distance(np.array([[0.0], [2.0]]), np.array([[1.0]])) == pytest.approx(1.0)


def test_energy_distance_does_not_depend_on_blocks():
    x, y = RNG.normal(size=(4100, 3)), RNG.normal(1.0, 1.0, (50, 3))
    whole = np.linalg.norm(x[:, None] - y[None], axis=2).mean()
    within = [np.linalg.norm(z[:, None] - z[None], axis=2).mean() for z in (y, x)]
    assert energy_distance(x, y) == pytest.approx(2 * whole - sum(within))


@pytest.mark.parametrize("distance", [energy_distance, sliced_wasserstein])
def test_a_sample_is_at_no_distance_from_itself(distance):
    x = RNG.normal(size=(40, 5))
    assert distance(x, x) == pytest.approx(0.0, abs=1e-9)
    assert distance(x, RNG.permutation(x)) == pytest.approx(0.0, abs=1e-9)


@given(st.floats(-5, 5), st.integers(0, 1000))
@settings(max_examples=20, deadline=None)
def test_sliced_wasserstein_of_a_shift_is_the_mean_of_its_projections(shift, seed):
    # W1 of a sample and its translate by v is |u.v|; in one dimension u = 1 or -1.
    x = np.random.default_rng(seed).normal(size=(300, 1))
    assert sliced_wasserstein(x, x + shift) == pytest.approx(abs(shift), abs=1e-9)


def test_distances_are_symmetric():
    x, y = RNG.normal(size=(60, 4)), RNG.normal(0.5, 2.0, (80, 4))
    for distance in (energy_distance, sliced_wasserstein):
        assert distance(x, y) == pytest.approx(distance(y, x))


def test_a_shift_is_as_far_as_it_is_long_in_any_number_of_dimensions():
    for size in (2, 11, 40):
        x, shift = RNG.normal(size=(50, size)), RNG.normal(size=size)
        distance = sliced_wasserstein(x, x + shift, directions=20_000)
        assert distance == pytest.approx(np.linalg.norm(shift), rel=0.02)


def test_the_mean_component_of_a_direction_by_hand():
    assert mean_component(1) == pytest.approx(1.0)
    assert mean_component(2) == pytest.approx(2 / np.pi)
    assert mean_component(3) == pytest.approx(0.5)


def test_the_distance_reads_standard_deviations():
    # Every one of three observations lies one standard deviation away: the shift is sqrt(3) long.
    measure = _fitted()
    near = np.mean([measure(_episode(seed=50 + i)) for i in range(10)])
    away = np.mean([measure(_episode(1.0, seed=50 + i)) for i in range(10)])
    assert near == pytest.approx(measure.within_demos, abs=0.1)
    assert away == pytest.approx(np.sqrt(3), rel=0.15)
    assert np.mean([measure(_episode(4.0, seed=90 + i)) for i in range(3)]) == pytest.approx(measure.random)


def test_steps_that_a_fall_cut_off_count_as_random():
    whole, half = _episode(seed=1, length=200), _episode(seed=1, length=100)
    measure = _fitted()
    assert measure(half) == pytest.approx(measure.random / 2, rel=0.1)
    assert measure(whole) < 0.1 * measure.random


def test_the_distance_ignores_rewards():
    episode = _episode(seed=3)
    poisoned = Trajectory(episode.obs, episode.actions, True, False, rewards=np.full(200, np.nan))
    assert _fitted()(poisoned) == _fitted()(episode)


def test_actions_count_where_they_are_asked_for():
    still = Trajectory(_episode(seed=4).obs, np.full((200, 2), 50.0), True, False)
    alone, together = _fitted(), _fitted(with_actions=True)
    assert (alone.reference.shape[1], together.reference.shape[1]) == (3, 5)
    assert alone(still) < 0.5
    assert together(still) > 10


def test_one_episode_is_cut_in_the_middle_of_its_time():
    (first, second) = portions_of(_demos(1))
    assert len(first) == len(second) == 100


def test_each_episode_is_a_portion_and_dropped_steps_are_left_out():
    portions = portions_of(_demos(4).subsample(20))
    assert [len(part) for part in portions] == [10] * 4


def test_too_few_steps_are_refused():
    with pytest.raises(DataError, match="hold 3 steps; give at least four"):
        portions_of(_demos(1, length=3))


def test_demonstrations_like_random_actions_are_refused():
    with pytest.raises(DataError, match="differ from each other"):
        DemoDistance.of(_demos(2, length=4), [_episode(seed=70, length=2000)])
