"""Cloning recovers a known linear policy, stops by held-out steps, and survives saving."""

import numpy as np
import pytest
import torch

from gailforce.agents.bc import BC, BCConfig, cloning_loss
from gailforce.agents.loading import load_policy
from gailforce.demos.card import Card
from gailforce.demos.dataset import Demonstrations
from gailforce.demos.trajectory import Trajectory
from gailforce.envs.errors import DataError, NumericalError, UsageError

CONFIG = BCConfig(layers=(32, 32), updates=1500, check_every=100)
WEIGHTS = np.random.default_rng(9).normal(size=(11, 3)) * 0.2


def _linear_demos(steps=400, env_id="Hopper-v5"):
    obs = np.random.default_rng(0).normal(size=(steps + 1, 11))
    actions = np.tanh(obs[:-1] @ WEIGHTS)
    return Demonstrations(
        [Trajectory(obs=obs, actions=actions, terminated=False, truncated=True)], Card(env_id=env_id)
    )


def test_the_loss_of_known_actions():
    # ((1 - 0)^2 + (2 - 0)^2) / 2
    assert cloning_loss(torch.tensor([[1.0, 2.0]]), torch.zeros(1, 2)).item() == pytest.approx(2.5)


def test_a_known_policy_is_recovered_on_observations_never_shown():
    agent = BC("hopper", _linear_demos(4000), seed=0, config=CONFIG).learn()
    obs = np.random.default_rng(1).normal(size=(200, 11))
    actions, _ = agent.predict(obs, deterministic=True)
    assert np.abs(actions - np.tanh(obs @ WEIGHTS)).mean() < 0.05


def test_the_same_seed_gives_the_same_policy_and_another_another():
    obs = np.random.default_rng(1).normal(size=(5, 11))
    first, same, other = (
        BC("hopper", _linear_demos(), seed, CONFIG).learn(200).predict(obs, deterministic=True)[0]
        for seed in (0, 0, 1)
    )
    assert np.array_equal(first, same)
    assert not np.array_equal(first, other)


def test_a_saved_clone_acts_the_same(tmp_path):
    agent = BC("hopper", _linear_demos(), config=CONFIG).learn(200)
    agent.save(tmp_path / "clone.gfa")
    obs = np.random.default_rng(1).normal(size=(5, 11))
    for loaded in (load_policy(tmp_path / "clone.gfa"), BC.load(tmp_path / "clone.gfa", _linear_demos())):
        _assert_same(agent, loaded, obs)


def _assert_same(agent, loaded, obs):
    assert np.array_equal(
        agent.predict(obs, deterministic=True)[0], loaded.predict(obs, deterministic=True)[0]
    )


def test_the_exploring_clone_is_as_wide_as_its_error():
    agent = BC("hopper", _linear_demos(4000), config=CONFIG).learn()
    assert (agent.policy.log_std.exp() < 0.2).all()


def test_a_diverging_fit_is_said():
    with pytest.raises(NumericalError, match="lower the learning rate"):
        BC(
            "hopper", _linear_demos(), config=BCConfig(learning_rate=1e30, updates=200, check_every=50)
        ).learn()


def test_demonstrations_of_another_environment_or_too_few_are_refused():
    with pytest.raises(DataError, match="not Hopper-v5"):
        BC("hopper", _linear_demos(env_id="Walker2d-v5"))
    with pytest.raises(UsageError, match="at least two transitions"):
        BC("hopper", _linear_demos(1)).learn()
