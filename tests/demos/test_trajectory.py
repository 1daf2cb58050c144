import dataclasses

import numpy as np
import pytest

from gailforce.demos.trajectory import Transitions
from gailforce.envs.errors import DataError


def test_arrays_take_their_dtypes(make_trajectory):
    t = make_trajectory(
        obs=[[0, 1], [2, 3], [4, 5]], actions=[[1], [0]], rewards=[1, 2], states=np.zeros((3, 4), "f4")
    )
    assert (t.obs.dtype, t.actions.dtype) == (np.float64, np.float32)
    assert (t.rewards.dtype, t.states.dtype) == (np.float64, np.float64)
    assert len(t) == 2


def test_later_changes_of_the_givers_arrays_do_not_reach_it(make_trajectory):
    obs = np.zeros((6, 3))
    t = make_trajectory(obs=obs)
    obs[:] = 7
    assert not t.obs.any()


def test_it_cannot_be_changed(make_trajectory):
    t = make_trajectory()
    with pytest.raises(ValueError, match="read-only"):
        t.obs[0, 0] = 1.0
    with pytest.raises(dataclasses.FrozenInstanceError):
        t.terminated = True


def test_replacing_a_field_copies_no_array(make_trajectory):
    t = make_trajectory()
    assert dataclasses.replace(t, source="random").obs is t.obs


def test_the_total_reward_is_the_sum_and_unknown_without_rewards(make_trajectory):
    assert make_trajectory(steps=3, rewards=[1.0, 2.0, 4.0]).total_reward == 7.0
    assert make_trajectory().total_reward is None


def test_rewards_may_be_nan_since_no_learner_reads_them(make_trajectory):
    assert np.isnan(make_trajectory(rewards=np.full(5, np.nan)).total_reward)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"obs": np.zeros((5, 3))}, "obs has 5 rows, but 5 actions ask for 6"),
        ({"states": np.zeros((5, 3))}, "states has 5 rows"),
        ({"rewards": np.zeros(6)}, "rewards has 6 rows"),
        ({"residual": np.zeros(4)}, "residual has 4 rows"),
        ({"obs": np.zeros(6)}, "obs has shape"),
        ({"actions": np.zeros((5, 0))}, "actions has shape"),
        ({"obs": np.zeros((1, 3)), "actions": np.zeros((0, 2))}, "at least one step"),
        (
            {"obs": np.where(np.arange(18) == 7, np.nan, 0.0).reshape(6, 3)},
            "obs is NaN or infinite at step 2",
        ),
        ({"actions": np.full((5, 2), 1e300)}, "actions is NaN or infinite at step 0"),
        ({"states": np.full((6, 2), np.inf)}, "states is NaN or infinite"),
        ({"residual": np.full(5, np.nan)}, "residual is NaN or infinite"),
        ({"obs": None}, "obs has dtype object"),
        ({"actions": [["jump", "run"]] * 5}, "actions has dtype"),
        ({"actions": np.zeros((5, 2), complex)}, "actions has dtype complex128"),
        ({"obs": [[1.0], [1.0, 2.0]]}, "obs is not an array"),
        ({"seed": -1}, "seed must be .*, got -1"),
        ({"seed": 2**63}, "seed must be"),
        ({"seed": True}, "seed must be .*, got True"),
        ({"seed": 1.5}, r"seed must be .*, got 1\.5"),
    ],
)
def test_a_fault_is_named_with_its_field(make_trajectory, fields, message):
    with pytest.raises(DataError, match=message):
        make_trajectory(**fields)


def test_transitions_of_different_lengths_are_refused():
    with pytest.raises(DataError, match="'terminated': 2"):
        Transitions(np.zeros((3, 2)), np.zeros((3, 1), "f4"), np.zeros((3, 2)), np.zeros(2, bool))
