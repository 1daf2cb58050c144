"""Windows compared: samples of one kind, of another kind, and copies."""

import numpy as np
import pytest

from gailforce import Demonstrations
from gailforce.demos.window_resemblance import (
    area_under,
    copying,
    covered,
    distances,
    explained,
    in_units_of,
    memorised,
    told_apart,
    windows_of,
)
from gailforce.envs.errors import DataError


def cloud(count=300, at=0.0, seed=0):
    return np.random.default_rng(seed).normal(at, 1.0, (count, 4))


def test_one_kind_covers_is_precise_and_cannot_be_told_apart():
    coverage, precision = covered(cloud(), cloud(seed=1))
    assert min(coverage, precision) > 0.9
    assert told_apart(cloud(), cloud(seed=1)) == pytest.approx(0.5, abs=0.08)


def test_another_kind_is_told_apart_and_covers_nothing():
    far = cloud(at=8.0, seed=1)
    assert covered(cloud(), far) == (0.0, 0.0)
    assert told_apart(cloud(), far) > 0.99


def test_half_of_two_clouds_covers_half():
    both = np.concatenate((cloud(), cloud(at=20.0, seed=1)))
    coverage, precision = covered(both, cloud(seed=2))
    assert coverage == pytest.approx(0.5, abs=0.06)
    assert precision > 0.9


def test_copies_have_the_ratio_0_and_new_draws_1():
    training, held_out = cloud(seed=0), cloud(seed=1)
    assert copying(training, training, held_out) == 0.0
    assert copying(cloud(seed=2), training, held_out) == pytest.approx(1.0, abs=0.15)


def test_copies_count_as_memorized_and_new_draws_do_not():
    training, real = cloud(seed=0), cloud(seed=1)
    half = np.concatenate((training[:150], cloud(150, seed=2)))
    assert memorised(training, real, training) == 1.0
    assert memorised(half, real, training) == pytest.approx(0.5, abs=0.03)


def test_distances_by_hand():
    distance = distances(np.array([[0.0, 0.0], [3.0, 4.0]]), np.array([[0.0, 0.0]]))
    assert distance.ravel() == pytest.approx([0.0, 5.0])


def test_the_area_by_hand():
    assert area_under(np.array([3.0, 1.0, 2.0, 1.0]), np.array([1.0, 1.0, 0.0, 0.0])) == (2 + 0.5) / 4


def test_explained_by_hand():
    target = np.array([1.0, 2.0, 3.0])
    assert explained(target, target) == 1.0
    assert explained(target, target + 1) == 1 - 3 / 2


def test_units_are_those_of_the_real_sample():
    real, other = in_units_of(cloud(at=5.0), cloud(at=6.0, seed=1))
    assert real.mean() == pytest.approx(0.0, abs=1e-9)
    assert other.mean() == pytest.approx(1.0, abs=0.15)


def test_windows_leave_the_x_position_out():
    demos = list(Demonstrations.load("hopper-expert").take(1))
    rows = windows_of(demos, 10, 100)
    assert rows.shape == (10, 10 * (11 + 3))
    assert rows[1, :11] == pytest.approx(demos[0].states[100, 1:])
    with pytest.raises(DataError, match="use shorter windows"):
        windows_of(demos, 2000, 1)
