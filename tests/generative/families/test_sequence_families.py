"""Contract of families over a window's steps: what they see, learn and save, with a known process."""

import copy
import math
from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import pytest
import torch
from torch import nn

from gailforce.generative.families.lstm import LSTM, LSTMRewardConfig, RecurrentEncoder, lstm
from gailforce.generative.families.transformer import GPT, CausalEncoder, GPTRewardConfig, gpt
from gailforce.generative.interfaces.critics import RatioConfig
from gailforce.generative.interfaces.gaussian_head import GaussianModel, HeadConfig
from gailforce.generative.interfaces.model import FitOptions
from gailforce.generative.interfaces.reward_inputs import Widths
from gailforce.generative.nn.networks import seeded

HEAD = HeadConfig(learning_rate=3e-3)
WIDTHS = Widths(3, 2, 1)


class Family(NamedTuple):
    """A family under test: small for windows of three columns, larger to learn the process."""

    small: LSTMRewardConfig | GPTRewardConfig
    larger: LSTMRewardConfig | GPTRewardConfig
    encoder: type[nn.Module]
    model: Callable[..., GaussianModel]
    make: Callable


FAMILIES = {
    "lstm": Family(
        LSTMRewardConfig(memory=5, features=16, head=HEAD),
        LSTMRewardConfig(memory=4, features=32, head=HEAD),
        RecurrentEncoder,
        LSTM,
        lstm,
    ),
    "gpt": Family(
        GPTRewardConfig(memory=5, features=16, heads=2, blocks=2, head=HEAD),
        GPTRewardConfig(memory=4, features=32, heads=2, head=HEAD),
        CausalEncoder,
        GPT,
        gpt,
    ),
}


@pytest.fixture(params=FAMILIES, scope="module")
def family(request):
    return FAMILIES[request.param]


def encoder_of(family):
    return seeded(0, lambda: family.encoder(4, family.small))


def critic_of(family, fit_steps, seed=0):
    return family.make(WIDTHS, seed, replace(family.small, density=RatioConfig(fit_steps=fit_steps)))


def windows(count, steps=6, existing=None, seed=0, shift=0.0):
    """Windows of 3 columns and a mark, of which the last `existing` steps exist."""
    generator = torch.Generator().manual_seed(seed)
    rows = torch.randn(count, steps, 4, generator=generator) + shift
    rows[..., -1] = (torch.arange(steps) >= steps - (existing or steps)).float()
    return rows * rows[..., -1:]


@pytest.mark.parametrize("existing", [1, 3, 4])
def test_missing_steps_have_no_influence_to_the_bit(family, existing):
    encoder, context = encoder_of(family), windows(8, 5, existing)
    other = context.clone()
    other[:, : 5 - existing, :-1] = 1e3
    assert torch.equal(encoder(context), encoder(other))


def test_a_short_context_counts_as_a_long_one_with_missing_steps(family):
    encoder, context = encoder_of(family), windows(8, 5, 2)
    assert torch.allclose(encoder(context), encoder(context[:, -2:]), atol=1e-6)
    nothing = encoder(context[:, :0])
    assert torch.allclose(nothing, encoder(torch.zeros(8, 5, 4)), atol=1e-6)
    assert torch.equal(nothing[0], nothing[1])


def test_nothing_beyond_its_memory_is_seen(family):
    encoder, context = encoder_of(family), windows(8, 9)
    other = context.clone()
    other[:, :4] = 0
    assert torch.equal(encoder(context), encoder(other))


@pytest.mark.parametrize("swapped", [[1, 0, 2, 3, 4], [0, 1, 2, 4, 3]])
def test_the_order_of_steps_matters(family, swapped):
    encoder, context = encoder_of(family), windows(8, 5)
    assert (encoder(context) != encoder(context[:, swapped])).any(dim=-1).all()


@pytest.mark.parametrize("existing", [1, 2, 6])
def test_windows_of_any_length_and_a_single_one_stay_finite(family, existing):
    critic, rows = critic_of(family, 2), windows(1, 6, existing)
    critic.fit(rows)
    metrics = critic.update(rows, rows)
    assert all(math.isfinite(value) for value in metrics.values())
    assert torch.isfinite(critic.logit(rows)).all()


def test_every_parameter_receives_a_gradient(family):
    model = family.model(3, 4, family.small, 0)
    model.update(torch.randn(32, 3), windows(32, 5))
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in model.parameters())


@pytest.fixture(scope="module")
def learned(family):
    """A model of x_t = 0.8 x_(t-2) + 0.5 noise, and fresh windows of that process, variance 1 first."""
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(8000, 5, 1, generator=generator)
    for t in range(2, 5):
        x[:, t] = 0.8 * x[:, t - 2] + 0.5 * torch.randn(8000, 1, generator=generator)
    rows = torch.cat((x, torch.ones_like(x)), dim=-1)
    model = family.model(1, 2, family.larger, seed=0)
    model.fit(rows[:4000, -1, :1], rows[:4000, :-1], FitOptions(400))
    return model, rows[4000:]


def test_the_likelihood_of_a_known_process_is_approached(learned):
    # E[log p(x | past)] = -log(std) - (1 + log 2 pi) / 2.
    model, fresh = learned
    exact = -math.log(0.5) - 0.5 * (1 + math.log(2 * math.pi))
    assert model.score(fresh[:, -1, :1], fresh[:, :-1]).mean().item() == pytest.approx(exact, abs=0.04)


def test_draws_follow_the_learned_process(learned):
    context = torch.zeros(2, 4, 2)
    context[..., 1] = 1
    context[:, -2, 0] = torch.tensor([1.0, -0.5])
    draws = learned[0].sample(context, 4000, torch.Generator().manual_seed(0))
    assert draws.shape == (4000, 2, 1)
    assert draws.mean(dim=0).flatten().tolist() == pytest.approx([0.8, -0.4], abs=0.15)
    assert draws.std(dim=0).flatten().tolist() == pytest.approx([0.5, 0.5], abs=0.1)


def test_it_learns_which_side_the_expert_is_on(family):
    critic = critic_of(family, 60)
    expert, agent = windows(128), windows(128, seed=1, shift=2.0)
    critic.fit(expert)
    assert critic.logit(expert).abs().max() < 1e-6
    for _ in range(60):
        critic.update(expert, agent)
    assert critic.logit(expert).median() > 0 > critic.logit(agent).median()


def test_the_agents_model_learns_alone(family):
    critic = critic_of(family, 2)
    critic.fit(windows(64))
    fitted = copy.deepcopy(critic.expert.state_dict())
    critic.update(windows(64), windows(64, seed=1))
    assert all(torch.equal(fitted[key], value) for key, value in critic.expert.state_dict().items())
    assert all(not torch.equal(fitted[key], value) for key, value in critic.agent.state_dict().items())


def test_a_saved_critic_judges_the_same_and_the_seed_decides_everything(family):
    critics = [critic_of(family, 2, seed) for seed in (0, 0, 1)]
    for critic in critics[:2]:
        critic.fit(windows(64))
        critic.update(windows(64), windows(64, seed=1))
    rows = windows(16, seed=2)
    assert torch.equal(critics[0].logit(rows), critics[1].logit(rows))
    critics[2].load_state_dict(critics[0].state_dict())
    assert torch.equal(critics[0].logit(rows), critics[2].logit(rows))


def test_scoring_one_window_equals_scoring_it_in_a_batch(family):
    model, rows = family.model(3, 4, family.small, 1), windows(10)
    x, context = rows[:, -1, :-1], rows[:, :-1]
    assert torch.allclose(model.score(x, context)[:1], model.score(x[:1], context[:1]), atol=1e-5)
