"""Contracts of every registered critic, and what a reward model does around it."""

import math
from dataclasses import replace

import pytest
import torch

from gailforce.generative.families.airl import shaped_reward
from gailforce.generative.families.boltzmann import MachineConfig, RBMConfig
from gailforce.generative.families.deep_belief import DBNConfig
from gailforce.generative.interfaces.critics import whole
from gailforce.generative.interfaces.model import Critic
from gailforce.generative.interfaces.reward_inputs import Widths
from gailforce.generative.interfaces.rollout import Rollout, loose_steps
from gailforce.generative.rewards.reward_config import RewardConfig
from gailforce.generative.rewards.reward_families import FAMILIES, register_reward
from gailforce.generative.rewards.reward_form import positive
from gailforce.generative.rewards.reward_model import RewardNet

LEARNING = [name for name, family in FAMILIES.items() if family.way != "control"]


def _steps(count=200, shift=0.0, scale=1.0, seed=0):
    """One episode."""
    generator = torch.Generator().manual_seed(seed)
    obs, next_obs = (scale * (torch.randn(count, 1, 3, generator=generator) + shift) for _ in range(2))
    action = torch.rand(count, 1, 2, generator=generator)
    ends, starts = (torch.zeros(count, 1, dtype=torch.bool) for _ in range(2))
    starts[0] = True
    return Rollout(obs, action, next_obs, ends, ends, starts, torch.zeros(count, 1))


def _rollout(times=5, copies=4):
    steps = _steps(times * copies)
    shaped = (column.reshape(times, copies, -1) for column in (steps.obs, steps.action, steps.next_obs))
    flags = (torch.zeros(times, copies, dtype=torch.bool) for _ in range(3))
    return Rollout(*shaped, *flags)


# Short fits: whether a family converges is its own test.
QUICK = RewardConfig(updates=4, batch_size=64)
SHORT = {
    "rbm": RBMConfig(machine=MachineConfig(hidden=32), steps=60),
    "dbn": DBNConfig(layers=(32, 32), steps=60),
}


def _short(name, fit_steps=60):
    config = SHORT.get(name, FAMILIES[name].config_class())
    density = getattr(config, "density", None)
    return replace(config, density=replace(density, fit_steps=fit_steps)) if density else config


def _fitted(name="gan", training=QUICK, fit_steps=60, **kwargs):
    model = RewardNet(name, config=_short(name, fit_steps), training=training, **kwargs)
    model.fit(_steps())
    return model


@pytest.mark.parametrize(("name", "inputs"), [(n, i) for n in FAMILIES for i in FAMILIES[n].inputs])
def test_a_saved_critic_judges_the_same_to_the_bit(name, inputs):
    model = _fitted(name, inputs=inputs, seed=4)
    model.update(_steps(), _steps(shift=1.0))
    other = RewardNet(name, inputs=inputs, seed=9, config=_short(name), training=QUICK)
    other.load_state_dict(model.state_dict())
    assert torch.equal(model.logit(_steps(seed=2)), other.logit(_steps(seed=2)))


@pytest.mark.parametrize("name", FAMILIES)
def test_the_same_seed_trains_to_the_same_bits(name):
    models = [_fitted(name, seed=3) for _ in range(2)]
    for model in models:
        model.update(_steps(), _steps(shift=1.0))
    assert torch.equal(*(model.logit(_steps(seed=2)) for model in models))


@pytest.mark.parametrize("name", FAMILIES)
def test_constant_inputs_and_a_single_step_stay_finite(name):
    model = RewardNet(name, config=_short(name), training=QUICK)
    constant = loose_steps(torch.ones(64, 3), torch.ones(64, 2), torch.ones(64, 3))
    model.fit(constant)
    metrics = model.update(constant, constant)
    assert all(math.isfinite(value) for value in metrics.values())
    assert torch.isfinite(model.logit(_steps(1))).all()


@pytest.mark.parametrize("name", LEARNING)
def test_expert_is_the_high_side(name):
    model = _fitted(name, training=replace(QUICK, updates=100))
    metrics = model.update(_steps(), _steps(shift=3.0))
    assert model.logit(_steps(seed=5)).mean() > model.logit(_steps(shift=3.0, seed=6)).mean()
    assert metrics["expert_logit"] > metrics["agent_logit"]


@pytest.mark.parametrize("name", [name for name in LEARNING if FAMILIES[name].way != "density"])
def test_the_loss_falls_on_64_points(name):
    model = _fitted(name, training=replace(QUICK, updates=16))
    losses = [model.update(_steps(64), _steps(64, shift=2.0))["loss"] for _ in range(10)]
    assert losses[-1] < losses[0] - 0.1 * abs(losses[0])


@pytest.mark.parametrize("name", [name for name in LEARNING if FAMILIES[name].way == "density"])
def test_a_density_sets_the_expert_further_apart_once_it_is_fitted(name):
    def apart(steps):
        model = _fitted(name, fit_steps=steps)
        expert, other = (
            model.critic.model.score(*whole(model._seen(_steps(shift=shift, seed=7)))) for shift in (0.0, 3.0)
        )
        # In widths of the expert's own scores.
        return (expert.median() - other.median()) / (expert.quantile(0.9) - expert.quantile(0.1))

    assert apart(400) > apart(1)


@pytest.mark.parametrize("name", LEARNING)
def test_every_parameter_learns(name):
    model = _fitted(name, training=replace(QUICK, updates=30))
    model.update(_steps(), _steps(shift=1.0))
    fresh = dict(FAMILIES[name].make(Widths(5, 3, 2), 0, _short(name)).named_parameters())
    still = [
        key
        for key, value in model.critic.named_parameters()
        if value.requires_grad and torch.equal(fresh[key], value)
    ]
    assert not still


def test_standardising_takes_effect():
    # In a rival's GAIL the normalization of the reward network did nothing.
    plain, scaled = RewardNet("gan", inputs="s"), RewardNet("gan", inputs="s")
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
    one = loose_steps(rollout.obs[2, 3:4], rollout.action[2, 3:4], rollout.next_obs[2, 3:4])
    assert rewards[2, 3].item() == pytest.approx(positive(model.logit(one)).item(), rel=1e-5)


def test_the_constant_control_pays_ln_2_for_every_step_whatever_happens():
    model = _fitted("constant")
    model.update(_steps(), _steps(shift=9.0))
    assert model.reward(_rollout()).flatten().tolist() == pytest.approx([math.log(2)] * 20)


def test_a_positive_reward_hides_no_bonus():
    # A published variant adds 20 to every step and calls the reward positive.
    assert positive(torch.tensor(-40.0)).item() == pytest.approx(0.0, abs=1e-12)


def test_recent_rollouts_are_replayed_and_old_ones_forgotten():
    model = _fitted(training=RewardConfig(replay=2))
    for shift in range(4):
        model.update(_steps(), _steps(10, shift=float(shift)))
    assert sum(len(part) for part in model._replay) == 20


def test_judging_before_fitting_says_what_is_missing():
    with pytest.raises(RuntimeError, match="fit"):
        RewardNet("gan").logit(_steps())


def test_your_own_critic_joins_by_its_name_and_a_taken_name_is_refused(request):
    class Mine(Critic):
        def __init__(self, widths, seed, config):
            super().__init__()
            self.widths = widths

        def update(self, expert, agent):
            return {"loss": 0.0}

        def logit(self, x):
            return x[:, 0]

    register_reward("mine", Mine, use_when="in this test", inputs=("s",))
    request.addfinalizer(lambda: FAMILIES.pop("mine"))
    model = RewardNet("mine", inputs="s")
    model.fit(_steps())
    assert model.critic.widths == Widths(3, 3, 2)
    assert model.reward(_rollout()).shape == (5, 4)
    with pytest.raises(ValueError, match="exists already"):
        register_reward("gan", Mine)


def test_an_expert_without_a_zero_of_its_own_is_anchored_in_the_middle():
    model = _fitted("wgan-gp", training=RewardConfig(updates=200))
    metrics = model.update(_steps(), _steps(shift=3.0))
    assert metrics["expert_accuracy"] > 0.9 < metrics["agent_accuracy"]


def test_random_demos_remembers_the_first_steps_and_pays_for_likeness_to_them():
    model = _fitted("random-demos", training=RewardConfig(updates=200))
    model.update(_steps(), _steps(shift=3.0, seed=1))
    for _ in range(3):
        model.update(_steps(), _steps(shift=-3.0, seed=2))
    assert model.logit(_steps(shift=3.0, seed=3)).mean() > model.logit(_steps(shift=-3.0, seed=4)).mean()


def test_airl_subtracts_the_policys_log_probability():
    model, steps = _fitted("airl"), _steps()
    f = model.logit(steps)
    assert torch.allclose(model.logit(replace(steps, log_prob=torch.full((200, 1), 2.0))), f - 2, atol=1e-5)


def test_airl_without_a_policy_is_the_reward_without_its_shaping():
    model, steps = _fitted("airl", inputs="s"), _steps()
    elsewhere = replace(steps, next_obs=steps.next_obs + 1, log_prob=None)
    assert torch.equal(model.logit(replace(steps, log_prob=None)), model.logit(elsewhere))
    assert not torch.equal(model.logit(steps), model.logit(replace(elsewhere, log_prob=steps.log_prob)))


def test_a_shaped_reward_by_hand():
    one = torch.ones(1)
    # 1 + 0.5 * 4 - 3 while it goes on, 1 - 3 at an end.
    assert shaped_reward(one, 3 * one, 4 * one, 0 * one, 0.5).item() == 0.0
    assert shaped_reward(one, 3 * one, 4 * one, one, 0.5).item() == -2.0
