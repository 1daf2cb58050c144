"""LSTM: its cell against torch's own, missing steps, and the likelihood of a known process."""

import math

import pytest
import torch
from torch import nn

from gailforce.generative.families.lstm import LSTM, LSTMConfig, RecurrentEncoder, cell, lstm
from gailforce.generative.interfaces.critics import DensityConfig
from gailforce.generative.interfaces.gaussian_head import HeadConfig
from gailforce.generative.interfaces.model import FitOptions
from gailforce.generative.interfaces.reward_inputs import Widths
from gailforce.generative.nn.networks import seeded

SMALL = LSTMConfig(memory=5, features=16, head=HeadConfig(learning_rate=3e-3))
WIDTHS = Widths(3, 2, 1)


def _windows(count, steps=6, existing=None, seed=0, shift=0.0):
    """Windows of 3 columns and a mark, of which the last `existing` steps exist."""
    generator = torch.Generator().manual_seed(seed)
    rows = torch.randn(count, steps, 4, generator=generator) + shift
    rows[..., -1] = (torch.arange(steps) >= steps - (existing or steps)).float()
    return rows * rows[..., -1:]


def _encoder(config=SMALL):
    return seeded(0, lambda: RecurrentEncoder(4, config))


def test_the_cell_by_hand():
    # All gates at 0 are half open: c = c / 2 + tanh(0) / 2, h = tanh(c) / 2.
    hidden, memory = cell(torch.zeros(1, 4), torch.tensor([[0.6]]))
    assert memory.item() == pytest.approx(0.3)
    assert hidden.item() == pytest.approx(math.tanh(0.3) / 2)


def test_the_recurrence_equals_torchs_own():
    encoder, context = _encoder(), _windows(8, 5)
    own = nn.LSTM(3, 16, batch_first=True)
    # Torch orders the gates input, forget, candidate, output.
    order = torch.arange(64).reshape(4, 16)[[0, 1, 3, 2]].flatten()
    own.weight_ih_l0.data, own.weight_hh_l0.data = encoder.input.weight[order], encoder.recur.weight[order]
    own.bias_ih_l0.data, own.bias_hh_l0.data = encoder.input.bias[order], torch.zeros(64)
    start = tuple(part.expand(1, 8, 16).contiguous() for part in encoder.start)
    assert torch.allclose(encoder(context), own(context[..., :-1], start)[0][:, -1], atol=1e-6)


def test_the_forget_gate_begins_open():
    bias = _encoder().input.bias.reshape(4, 16)
    assert bool((bias[1] == 1).all())
    assert bool((bias[[0, 2, 3]] != 1).all())


@pytest.mark.parametrize("existing", [1, 3, 4])
def test_missing_steps_have_no_influence_to_the_bit(existing):
    encoder, context = _encoder(), _windows(8, 5, existing)
    other = context.clone()
    other[:, : 5 - existing, :-1] = 1e3
    assert torch.equal(encoder(context), encoder(other))


def test_a_short_context_counts_as_a_long_one_with_missing_steps():
    encoder, context = _encoder(), _windows(8, 5, 2)
    assert torch.allclose(encoder(context), encoder(context[:, -2:]), atol=1e-6)
    assert torch.equal(encoder(context[:, :0]), encoder(torch.zeros(8, 5, 4)))
    assert torch.equal(encoder(context[:, :0])[0], encoder.start[0])


def test_nothing_beyond_its_memory_is_seen():
    encoder, context = _encoder(), _windows(8, 9)
    other = context.clone()
    other[:, :4] = 0
    assert torch.equal(encoder(context), encoder(other))


@pytest.mark.parametrize("existing", [1, 2, 6])
def test_windows_of_any_length_and_a_single_one_stay_finite(existing):
    critic = lstm(WIDTHS, 0, SMALL, DensityConfig(fit_steps=2))
    rows = _windows(1, 6, existing)
    critic.fit(rows)
    metrics = critic.update(rows, rows)
    assert all(math.isfinite(value) for value in metrics.values())
    assert torch.isfinite(critic.logit(rows)).all()


def test_every_parameter_receives_a_gradient():
    model = LSTM(3, 4, SMALL, 0)
    model.update(torch.randn(32, 3), _windows(32, 5))
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in model.parameters())


@pytest.fixture(scope="module")
def learned():
    """A model of x_t = 0.8 x_(t-2) + 0.5 noise, and fresh windows of that process, variance 1 first."""
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(8000, 5, 1, generator=generator)
    for t in range(2, 5):
        x[:, t] = 0.8 * x[:, t - 2] + 0.5 * torch.randn(8000, 1, generator=generator)
    rows = torch.cat((x, torch.ones_like(x)), dim=-1)
    config = LSTMConfig(memory=4, features=32, head=HeadConfig(learning_rate=3e-3))
    model = LSTM(1, 2, config, seed=0)
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


def test_it_learns_which_side_the_expert_is_on():
    critic = lstm(WIDTHS, 0, SMALL, DensityConfig(fit_steps=60))
    expert, agent = _windows(128), _windows(128, seed=1, shift=2.0)
    critic.fit(expert)
    assert critic.logit(expert).abs().max() < 1e-6
    for _ in range(60):
        critic.update(expert, agent)
    assert critic.logit(expert).median() > 0 > critic.logit(agent).median()


def test_a_saved_critic_judges_the_same_and_the_seed_decides_everything():
    critics = [lstm(WIDTHS, seed, SMALL, DensityConfig(fit_steps=2)) for seed in (0, 0, 1)]
    for critic in critics[:2]:
        critic.fit(_windows(64))
        critic.update(_windows(64), _windows(64, seed=1))
    rows = _windows(16, seed=2)
    assert torch.equal(critics[0].logit(rows), critics[1].logit(rows))
    critics[2].load_state_dict(critics[0].state_dict())
    assert torch.equal(critics[0].logit(rows), critics[2].logit(rows))


def test_scoring_one_window_equals_scoring_it_in_a_batch():
    model, rows = LSTM(3, 4, SMALL, 1), _windows(10)
    x, context = rows[:, -1, :-1], rows[:, :-1]
    assert torch.allclose(model.score(x, context)[:1], model.score(x[:1], context[:1]), atol=1e-5)


def test_a_memory_of_nothing_is_refused():
    with pytest.raises(ValueError, match="1 to 15"):
        LSTMConfig(memory=0)
