"""Borders of phases: matched by hand, and phases named by what their steps do."""

import numpy as np
import pytest

from gailforce import Demonstrations
from gailforce.agents.models.gait_phases import Gait
from gailforce.envs.errors import UsageError
from gailforce.experiments.studies.gait_phases import borders, contact_phases, even_borders, f1


def test_borders_are_where_a_flag_changes():
    assert borders(np.array([False, False, True, True, False])).tolist() == [2, 4]


def test_f1_by_hand():
    true = np.array([10, 20, 30])
    assert f1(true, true) == 1.0
    assert f1(np.array([12, 18]), true) == pytest.approx(2 * 2 / 5)
    # One predicted border hits one true border only, and three steps are too far.
    assert f1(np.array([21]), np.array([20, 22])) == pytest.approx(2 / 3)
    assert f1(np.array([13]), np.array([10])) == 0.0
    none = np.array([], dtype=int)
    assert (f1(none, true), f1(none, none)) == (0.0, 1.0)
    # The nearest first would take 10 for 11 and leave 8 without a partner.
    assert f1(np.array([8, 11]), np.array([10, 12])) == 1.0


def test_a_phase_is_of_contact_when_most_of_its_steps_are():
    demos = Demonstrations.load("hopper-expert").take(1)
    steps = len(demos[0])
    called = contact_phases(
        lambda episode: np.arange(steps) % 2, demos, lambda episode: np.arange(steps) % 2 == 1
    )
    assert called[:2].tolist() == [False, True]


def test_even_borders_lie_inside():
    assert even_borders(3, 100).tolist() == [25, 50, 75]


def test_a_gait_returns_to_its_phases_and_keeps_their_order():
    demos = Demonstrations.load("hopper-expert").take(1)
    phases = Gait(demos, phases=6).phases(demos[0])
    assert phases.shape == (len(demos[0]),)
    exits = np.flatnonzero(phases[1:] != phases[:-1])
    assert 20 < len(exits) < 200
    # Once it runs, each phase is nearly always followed by the same one.
    running = exits[exits > 300]
    followers = [phases[running + 1][phases[running] == k] for k in np.unique(phases[running])]
    assert all(len(after) >= 3 for after in followers)
    usual = sum((after == np.bincount(after).argmax()).sum() for after in followers)
    assert usual / len(running) > 0.8


def test_single_steps_have_no_phases():
    with pytest.raises(UsageError, match="step by step"):
        Gait(Demonstrations.load("hopper-expert").take(1).subsample(20))
