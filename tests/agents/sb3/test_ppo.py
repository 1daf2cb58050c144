"""PPO with our defaults learns five probes with known answers; schedules and shapes are as declared."""

import numpy as np
import pytest
import torch
from probes import Probe
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.vec_env import DummyVecEnv

from gailforce.agents.sb3.normalizer import UpdateNormalizer
from gailforce.agents.sb3.ppo import PPOConfig, falling, ppo
from gailforce.envs.errors import UsageError

CONFIG = PPOConfig(steps_per_update=256, batch_size=64, learning_rate=3e-3)
SIGNS = np.array([[-1.0], [1.0]])


def _learn(probe, steps=8000, **changes):
    learner = ppo(DummyVecEnv([probe] * 8), CONFIG, seed=0, **changes)
    return learner.learn(steps, UpdateNormalizer())


def _values(learner):
    with torch.no_grad():
        return learner.policy.predict_values(torch.as_tensor(SIGNS)).squeeze(-1).numpy()


def test_a_constant_reward_is_its_own_value():
    assert _values(_learn(lambda: Probe(lambda sign, action: 1.0))) == pytest.approx([1, 1], abs=0.1)


def test_a_reward_equal_to_the_observation_is_the_value_of_the_observation():
    assert _values(_learn(lambda: Probe(lambda sign, action: sign))) == pytest.approx([-1, 1], abs=0.1)


def test_a_delayed_reward_is_discounted():
    learner = _learn(lambda: Probe(lambda sign, action: 1.0, steps=2), gamma=0.5, gae_lambda=1.0)
    # Both steps look alike, so the value lies between the last step's 1 and the first one's 0.5.
    assert _values(learner) == pytest.approx([0.75, 0.75], abs=0.1)


def test_a_reward_for_the_action_moves_the_action():
    actions, _ = _learn(lambda: Probe(lambda sign, action: action)).predict(SIGNS, deterministic=True)
    assert (actions > 0.9).all()


def test_a_reward_for_the_fitting_action_makes_the_action_follow_the_observation():
    actions, _ = _learn(lambda: Probe(lambda sign, action: sign * action)).predict(SIGNS, deterministic=True)
    assert actions[0] < -0.8
    assert actions[1] > 0.8


class _Rates(BaseCallback):
    def __init__(self):
        super().__init__()
        self.seen = []

    def _on_step(self):
        return True

    def _on_rollout_start(self):
        self.seen.append(self.model.policy.optimizer.param_groups[0]["lr"])


def test_the_learning_rate_falls_over_the_whole_training():
    # A call of learn for each round would end every schedule in its first round, a fault of others.
    rates = _Rates()
    ppo(DummyVecEnv([lambda: Probe(lambda s, a: 1.0)] * 8), CONFIG, 0).learn(256 * 4, rates)
    assert rates.seen == pytest.approx([3e-3, 3e-3 * 3 / 4, 3e-3 / 2, 3e-3 / 4])


def test_a_falling_rate_ends_at_zero():
    assert [falling(2.0)(remaining) for remaining in (1.0, 0.5, 0.0)] == [2.0, 1.0, 0.0]


def test_every_parameter_of_the_policy_moves_in_one_update():
    # The policy head of the book chapter received no gradient.
    learner = ppo(DummyVecEnv([lambda: Probe(lambda s, a: s * a)] * 8), CONFIG, 0)
    before = {name: p.clone() for name, p in learner.policy.named_parameters()}
    learner.learn(512)
    assert all(not torch.equal(before[name], p) for name, p in learner.policy.named_parameters())


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (
            lambda: PPOConfig(steps_per_update=250, batch_size=64),
            "250 steps cannot be split into batches of 64",
        ),
        (lambda: ppo(DummyVecEnv([lambda: Probe(lambda s, a: 1.0)] * 3), CONFIG, 0), "among 3 environments"),
    ],
)
def test_sizes_that_do_not_divide_are_refused(build, words):
    with pytest.raises(UsageError, match=words):
        build()
