"""Playing: whole episodes on the fast copy are those that recording gives, without their rewards."""

import numpy as np
import pytest

from gailforce.demos.playing import play
from gailforce.demos.recorder import RandomPolicy, StillPolicy, record
from gailforce.envs import BODIES, make_env, spaces


@pytest.mark.parametrize("name", [*BODIES, "InvertedPendulum-v5"])
def test_played_episodes_are_the_recorded_ones(name):
    for kind in (StillPolicy, RandomPolicy):
        policies = [kind(spaces(name)[1]) for _ in range(2)]
        played = play(policies[0], make_env(name, 3, 5), seed=5)
        recorded = record(policies[1], name, 3, seed=5)
        for ours, theirs in zip(played, recorded, strict=True):
            assert np.array_equal(ours.obs, theirs.obs)
            assert np.array_equal(ours.actions, theirs.actions)
            assert (ours.terminated, ours.truncated) == (theirs.terminated, theirs.truncated)
            assert ours.seed == theirs.seed


def test_played_episodes_hold_no_reward():
    (episode,) = play(StillPolicy(spaces("hopper")[1]), make_env("hopper", 1), seed=0)
    assert episode.rewards is None


def test_playing_leaves_the_global_generator_alone():
    import torch

    before = torch.random.get_rng_state()
    play(StillPolicy(spaces("hopper")[1]), make_env("hopper", 1), seed=3)
    assert torch.equal(before, torch.random.get_rng_state())
