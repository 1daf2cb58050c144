"""Contracts of every registered critic, and what a reward model does around it."""

import math

import pytest
import torch

from gailforce.generative.reward_form import positive
from gailforce.generative.reward_model import (
    CRITICS,
    SELECT,
    RewardConfig,
    RewardModel,
    Rollout,
    Transitions,
)

LEARNING = sorted(set(CRITICS) - {"constant"})


def _steps(count=200, shift=0.0, scale=1.0, seed=0):
    generator = torch.Generator().manual_seed(seed)
    obs, next_obs = (scale * (torch.randn(count, 3, generator=generator) + shift) for _ in range(2))
    return Transitions(obs, torch.rand(count, 2, generator=generator), next_obs)


def _rollout(times=5, copies=4):
    steps = _steps(times * copies)
    shaped = (column.reshape(times, copies, -1) for column in steps)
    flags = (torch.zeros(times, copies, dtype=torch.bool) for _ in range(3))
    return Rollout(*shaped, *flags)


def _fitted(name="gan", **kwargs):
    model = RewardModel(name, **kwargs)
    model.fit(_steps())
    return model


@pytest.mark.parametrize("name", CRITICS)
@pytest.mark.parametrize("inputs", SELECT)
def test_a_saved_critic_judges_the_same_to_the_bit(name, inputs):
    model = _fitted(name, inputs=inputs, seed=4)
    model.update(_steps(), _steps(shift=1.0))
    other = RewardModel(name, inputs=inputs, seed=9)
    other.load_state_dict(model.state_dict())
    assert torch.equal(model.logit(_steps(seed=2)), other.logit(_steps(seed=2)))


@pytest.mark.parametrize("name", CRITICS)
def test_the_same_seed_trains_to_the_same_bits(name):
    models = [_fitted(name, seed=3) for _ in range(2)]
    for model in models:
        model.update(_steps(), _steps(shift=1.0))
    assert torch.equal(*(model.logit(_steps(seed=2)) for model in models))


@pytest.mark.parametrize("name", CRITICS)
def test_constant_inputs_and_a_single_step_stay_finite(name):
    model = RewardModel(name)
    constant = Transitions(torch.ones(64, 3), torch.ones(64, 2), torch.ones(64, 3))
    model.fit(constant)
    metrics = model.update(constant, constant)
    assert all(math.isfinite(value) for value in metrics.values())
    assert torch.isfinite(model.logit(_steps(1))).all()


@pytest.mark.parametrize("name", LEARNING)
def test_expert_is_the_high_side(name):
    model = _fitted(name, config=RewardConfig(updates=200))
    metrics = model.update(_steps(), _steps(shift=3.0))
    assert model.logit(_steps(seed=5)).mean() > model.logit(_steps(shift=3.0, seed=6)).mean()
    assert metrics["expert_logit"] > metrics["agent_logit"]


@pytest.mark.parametrize("name", LEARNING)
def test_the_loss_falls_on_64_points(name):
    model = _fitted(name)
    losses = [model.update(_steps(64), _steps(64, shift=2.0))["loss"] for _ in range(20)]
    assert losses[-1] < 0.5 * losses[0]


@pytest.mark.parametrize("name", LEARNING)
def test_every_parameter_learns(name):
    model = _fitted(name)
    before = {key: value.clone() for key, value in model.critic.state_dict().items()}
    model.update(_steps(), _steps(shift=1.0))
    assert all(not torch.equal(before[key], value) for key, value in model.critic.state_dict().items())


def test_standardising_takes_effect():
    # In a rival's GAIL the normalisation of the reward network did nothing.
    plain, scaled = RewardModel("gan", inputs="s"), RewardModel("gan", inputs="s")
    plain.fit(_steps())
    scaled.fit(_steps(scale=1000.0))
    assert torch.allclose(plain.logit(_steps(seed=1)), scaled.logit(_steps(scale=1000.0, seed=1)), atol=1e-4)


def test_far_inputs_are_clipped():
    model = _fitted(inputs="s")
    far, farther = _steps(scale=1e6), _steps(scale=1e9)
    assert torch.equal(model.logit(far), model.logit(farther))


def test_rewards_of_a_rollout_are_those_of_its_steps_in_order():
    model, rollout = _fitted(), _rollout()
    rewards = model.reward(rollout)
    assert rewards.shape == (5, 4)
    one = Transitions(rollout.obs[2, 3:4], rollout.action[2, 3:4], rollout.next_obs[2, 3:4])
    assert rewards[2, 3].item() == pytest.approx(positive(model.logit(one)).item(), rel=1e-5)


def test_the_constant_control_pays_ln_2_for_every_step_whatever_happens():
    model = _fitted("constant")
    model.update(_steps(), _steps(shift=9.0))
    assert model.reward(_rollout()).flatten().tolist() == pytest.approx([math.log(2)] * 20)


def test_a_positive_reward_hides_no_bonus():
    # A published variant adds 20 to every step and calls the reward positive.
    assert positive(torch.tensor(-40.0)).item() == pytest.approx(0.0, abs=1e-12)


def test_recent_rollouts_are_replayed_and_old_ones_forgotten():
    model = _fitted(config=RewardConfig(replay=2))
    for shift in range(4):
        model.update(_steps(), _steps(10, shift=float(shift)))
    assert sum(len(part) for part in model._replay) == 20


def test_judging_before_fitting_says_what_is_missing():
    with pytest.raises(RuntimeError, match="fit"):
        RewardModel("gan").logit(_steps())
