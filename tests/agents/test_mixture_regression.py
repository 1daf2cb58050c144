"""Gaussian mixture regression as a policy: a known law is learned, saved to the bit, bounded."""

import numpy as np
import pytest
import torch

from gailforce import BC, Demonstrations
from gailforce.agents.loading import PolicyOptions, load_reward_model
from gailforce.agents.mixture_regression import GMR, GMRConfig
from gailforce.envs.errors import DataError, UsageError
from gailforce.generative.families.mixture import MixtureConfig

DEMOS = Demonstrations.load("hopper-expert").take(1)
CONFIG = GMRConfig(mixture=MixtureConfig(parts=(8,)))


@pytest.fixture(scope="module")
def agent():
    return GMR("hopper", DEMOS, seed=1, config=CONFIG).learn()


def test_it_repeats_the_demonstrated_actions(agent):
    obs, actions = DEMOS[0].obs[:-1], DEMOS[0].actions
    found, _ = agent.predict(obs, deterministic=True)
    error, spread = np.square(found - actions).mean(), actions.var(axis=0).mean()
    assert error < 0.1 * spread
    drawn, _ = agent.predict(obs)
    assert 0 < np.square(drawn - found).mean() < 0.2 * spread


def test_actions_stay_within_the_bounds_and_single_ones_keep_their_shape(agent):
    far, _ = agent.predict(1e3 * np.ones((5, 11)), deterministic=True)
    assert np.abs(far).max() <= 1.0
    assert agent.predict(DEMOS[0].obs[0])[0].shape == (3,)


def test_a_saved_agent_acts_the_same_to_the_bit(agent, tmp_path):
    agent.save(tmp_path / "a.gfa")
    obs = DEMOS[0].obs[:50]
    other = GMR.load(tmp_path / "a.gfa")
    assert np.array_equal(
        agent.predict(obs, deterministic=True)[0], other.predict(obs, deterministic=True)[0]
    )
    with pytest.raises(UsageError, match="without demonstrations"):
        other.learn()


def test_its_file_is_known_wherever_a_policy_is_asked_for(agent, tmp_path):
    path = tmp_path / "a.gfa"
    agent.save(path)
    options = PolicyOptions()
    assert options.environment_of(path) == "Hopper-v5"
    obs = DEMOS[0].obs[:5]
    again = options.load(path, "Hopper-v5").predict(obs, deterministic=True)[0]
    assert np.array_equal(again, agent.predict(obs, deterministic=True)[0])
    assert load_reward_model(path) is None


def test_another_agents_file_is_refused(tmp_path):
    BC("hopper", DEMOS).save(tmp_path / "bc.gfa")
    with pytest.raises(DataError, match="not gmr"):
        GMR.load(tmp_path / "bc.gfa")


def test_the_same_seed_gives_the_same_agent(agent):
    other = GMR("hopper", DEMOS, seed=1, config=CONFIG).learn()
    for one, two in zip(
        agent.mixture.state_dict().values(), other.mixture.state_dict().values(), strict=True
    ):
        assert torch.equal(one, two)
