"""The physics residual: zero for MuJoCo's own steps, one for a step that is off by one standard deviation."""

from dataclasses import replace

import numpy as np
import pytest

from gailforce import Demonstrations
from gailforce.demos.physics_residual import change_std, physics_residual, states_of
from gailforce.envs.errors import DataError
from gailforce.envs.registry import find_body

DEMOS = list(Demonstrations.load("hopper-expert").take(1))
BODY = find_body("hopper")


def test_real_steps_have_none():
    episode, unit = DEMOS[0], change_std(DEMOS)
    residual = physics_residual(BODY, episode.states, episode.actions, unit)
    assert residual.shape == (len(episode),)
    assert residual.max() < 1e-9


def test_a_step_off_by_one_deviation_everywhere_has_1():
    episode, unit = DEMOS[0], change_std(DEMOS)
    states = episode.states[:2].copy()
    states[1] += unit
    assert physics_residual(BODY, states, episode.actions[:1], unit) == pytest.approx([1.0], abs=1e-6)


def test_shuffled_actions_are_far_off():
    episode, unit = DEMOS[0], change_std(DEMOS)
    shuffled = np.random.default_rng(0).permutation(episode.actions)
    assert np.median(physics_residual(BODY, episode.states, shuffled, unit)) > 0.3


def test_without_states_there_is_no_residual():
    with pytest.raises(DataError, match="hold no states"):
        states_of(replace(DEMOS[0], states=None))
