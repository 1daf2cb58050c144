"""Apprenticeship learning: sums and hulls by hand, a margin that never grows, no look at the reward."""

import itertools

import numpy as np
import pytest
import torch
from probes import Poisoned

from gailforce import Demonstrations
from gailforce.agents import apprenticeship as module
from gailforce.agents.apprenticeship import Apprenticeship, ApprenticeshipConfig, discounted
from gailforce.agents.convex_hull import nearest_mixture
from gailforce.agents.loading import load_policy
from gailforce.agents.sb3.ppo import PPOConfig
from gailforce.envs import make_env
from gailforce.envs.errors import UsageError

DEMOS = Demonstrations.load("hopper-expert").take(1)
CONFIG = ApprenticeshipConfig(
    iterations=3,
    features=16,
    episodes=2,
    n_envs=8,
    ppo=PPOConfig(steps_per_update=256, batch_size=128, epochs=2),
)


def test_discounted_features_by_hand():
    features = torch.tensor([[1.0, 0.0], [2.0, 4.0], [0.0, 8.0]])
    assert discounted(features, 0.5).tolist() == [2.0, 4.0]


def test_the_nearest_mixture_by_hand():
    points = np.array([[0.0, 0.0], [2.0, 0.0], [0.0, 2.0]])
    assert nearest_mixture(points, np.array([3.0, 3.0])) == pytest.approx([0.0, 0.5, 0.5])
    assert nearest_mixture(points, np.array([-1.0, -1.0])) == pytest.approx([1.0, 0.0, 0.0])
    inside = np.array([0.5, 1.0])
    assert nearest_mixture(points, inside) @ points == pytest.approx(inside)


@pytest.mark.parametrize("seed", range(5))
def test_at_the_nearest_mixture_no_point_lies_further_towards_the_target(seed):
    # Kuhn and Tucker's conditions of the programme.
    draws = np.random.default_rng(seed)
    points, target = draws.normal(size=(12, 6)), 2 * draws.normal(size=6)
    weights = nearest_mixture(points, target)
    assert weights.sum() == pytest.approx(1.0)
    assert (weights >= 0).all()
    left = target - weights @ points
    towards = points @ left
    assert towards.max() <= (weights @ points) @ left + 1e-8
    assert towards[weights > 1e-9] == pytest.approx(towards.max(), abs=1e-7)


def test_the_margin_never_grows_and_the_nearest_policy_acts():
    agent = Apprenticeship("hopper", DEMOS, seed=1, config=CONFIG).learn(1024)
    margins = [iteration.margin for iteration in agent.iterations]
    assert len(margins) >= 3
    assert all(b <= a + 1e-9 for a, b in itertools.pairwise(margins))
    nearest = min(agent.iterations, key=lambda iteration: iteration.distance)
    index = agent.iterations.index(nearest)
    for name, value in agent.policy.state_dict().items():
        assert torch.equal(value, agent._weights[index][name])


def test_the_expert_earns_more_than_every_policy_so_far():
    agent = Apprenticeship("hopper", DEMOS, seed=2, config=CONFIG).learn(512)
    earned = [float(agent.w.double().numpy() @ expectations) for expectations in agent._expectations]
    assert float(agent.w.double().numpy() @ agent.expert) > max(earned)


def test_it_reads_no_true_reward(monkeypatch):
    clean = Apprenticeship("hopper", DEMOS, seed=3, config=CONFIG).learn(512)
    monkeypatch.setattr(module, "make_env", lambda *args, **kwargs: Poisoned(make_env(*args, **kwargs)))
    poisoned = Apprenticeship("hopper", DEMOS.without_rewards(), seed=3, config=CONFIG).learn(512)
    for one, other in zip(clean.policy.parameters(), poisoned.policy.parameters(), strict=True):
        assert torch.equal(one, other)


def test_a_saved_apprentice_acts_the_same(tmp_path):
    agent = Apprenticeship("hopper", DEMOS, seed=4, config=CONFIG).learn(256)
    agent.save(tmp_path / "a.gfa")
    obs = DEMOS[0].obs[:20]
    again = load_policy(tmp_path / "a.gfa").predict(obs, deterministic=True)[0]
    assert np.array_equal(agent.predict(obs, deterministic=True)[0], again)


def test_single_steps_are_refused():
    with pytest.raises(UsageError, match="whole episodes"):
        Apprenticeship("hopper", DEMOS.subsample(20), config=CONFIG)
