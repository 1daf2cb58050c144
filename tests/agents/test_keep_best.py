"""Keeping the best: the policy that scored highest comes back to the bit."""

import itertools

import pytest
import torch

import gailforce as gf
from gailforce.agents.gail import GAIL
from gailforce.envs.errors import UsageError

DEMOS = gf.Demonstrations.load("hopper-expert").take(1).without_rewards()


def _weights(policy):
    return {name: value.clone() for name, value in policy.state_dict().items()}


def test_the_policy_that_scored_best_is_taken_up_again():
    seen, scores = [], itertools.chain([0.1, 0.9, 0.5], itertools.repeat(0.2))

    def score(policy):
        seen.append(_weights(policy))
        return next(scores)

    agent = GAIL("hopper", DEMOS, seed=1, keep_best=score, keep_every=2048).learn(4 * 2048)
    assert agent.kept.score == 0.9
    assert agent.kept.step == 2 * 2048
    agent.use_kept()
    assert all(torch.equal(value, seen[1][name]) for name, value in agent.policy.state_dict().items())
    assert not all(torch.equal(value, seen[2][name]) for name, value in agent.policy.state_dict().items())


def test_looking_on_changes_no_bit_of_the_training():
    plain = GAIL("hopper", DEMOS, seed=2).learn(2 * 2048)
    watched = GAIL("hopper", DEMOS, seed=2, keep_best=lambda policy: 0.0, keep_every=2048).learn(2 * 2048)
    for name, value in plain.policy.state_dict().items():
        assert torch.equal(value, watched.policy.state_dict()[name])


def test_without_a_score_there_is_nothing_to_take_up():
    agent = GAIL("hopper", DEMOS, seed=3)
    assert agent.kept is None
    with pytest.raises(UsageError, match="keep_best"):
        agent.use_kept()
