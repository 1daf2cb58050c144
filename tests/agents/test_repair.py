"""Repair: the simple ways by known curves, gaps filled and nothing else touched."""

import numpy as np
import pytest
from scipy.interpolate import CubicSpline

from gailforce import Demonstrations
from gailforce.agents.generation import TrajectoryGenerator
from gailforce.agents.repair import Recording, cubic, linear, repaired, thinned, with_gap
from gailforce.envs.errors import DataError, UsageError

DEMOS = Demonstrations.load("hopper-expert").take(2)


def wave(frames=25):
    t = np.arange(frames)[:, None]
    return Recording(np.concatenate((np.sin(0.2 * t), 3 + 0.5 * t), axis=1), np.zeros((frames - 1, 1)))


def test_lines_are_exact_on_lines_and_splines_are_scipys():
    whole = wave()
    lossy = thinned(whole, 4)
    assert np.allclose(linear(lossy)[:, 1], whole.states[:, 1])
    known = np.flatnonzero(lossy.known)
    oracle = CubicSpline(known, whole.states[known], bc_type="natural")(np.arange(25))
    assert np.allclose(cubic(lossy), oracle, atol=1e-9)
    # Away from the ends, whose curvature is taken for none.
    error = [np.abs(way(lossy) - whole.states)[8:17].max() for way in (linear, cubic)]
    assert error[1] < 0.2 * error[0]


def test_thinning_and_gaps_lose_what_they_say():
    whole = wave()
    assert np.flatnonzero(thinned(whole, 8).known).tolist() == [0, 8, 16, 24]
    gap = with_gap(whole, 5, 3)
    assert np.flatnonzero(~gap.known).tolist() == [5, 6, 7]
    assert np.flatnonzero(np.isnan(gap.actions[:, 0])).tolist() == [5, 6, 7]


@pytest.fixture(scope="module")
def generator():
    return TrajectoryGenerator("nearest").fit(DEMOS)


def test_a_gap_in_a_training_episode_is_filled_as_it_was(generator):
    whole = Recording.of(DEMOS[0])
    lossy = with_gap(whole, 300, 8)
    found = repaired(generator, lossy, float(generator.known_conditions.mean()))
    assert np.isfinite(found.states).all()
    assert np.isfinite(found.actions).all()
    kept = lossy.known
    assert np.array_equal(found.states[kept], whole.states[kept])
    spread = whole.states.std(axis=0)
    missed = np.abs(found.states - whole.states)[~kept] / spread
    lines = np.abs(linear(lossy) - whole.states)[~kept] / spread
    # The nearest training window holds the very frames that are missing.
    assert missed.mean() < 0.5 * lines.mean()


def test_a_low_frame_rate_is_raised_over_the_whole_recording(generator):
    whole = Recording.of(DEMOS[1])
    lossy = thinned(Recording(whole.states[:100], whole.actions[:99]), 4)
    found = repaired(generator, lossy, float(generator.known_conditions.mean()))
    assert np.isfinite(found.states).all()
    assert np.isfinite(found.actions).all()
    # The place on the ground passes through the known ones.
    assert np.allclose(found.states[::4, 0], whole.states[:100:4, 0])


def test_what_cannot_be_repaired_is_said(generator):
    whole = Recording.of(DEMOS[0])
    with pytest.raises(UsageError, match="nothing is missing"):
        repaired(generator, whole, 2.0)
    with pytest.raises(DataError, match="at least 32 steps"):
        repaired(generator, with_gap(Recording(whole.states[:11], whole.actions[:10]), 2, 3), 2.0)
    with pytest.raises(DataError, match="first frame"):
        repaired(generator, with_gap(whole, 0, 3), 2.0)
