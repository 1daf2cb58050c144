"""VAIL: the divergence and the dual step by hand, and a bottleneck that holds."""

import math

import pytest
import torch

from gailforce.generative.families.vail import VAILConfig, divergence, dual_ascent, vail
from gailforce.generative.interfaces.reward_inputs import Widths

WIDTHS = Widths(3, 2, 1)


def _rows(count=64, shift=0.0, seed=0):
    return torch.randn(count, 3, generator=torch.Generator().manual_seed(seed)) + shift


def _trained(updates, shift, config=None):
    """A critic, and what its codes told at every update [nats]."""
    critic, nats = vail(WIDTHS, 0, config or VAILConfig()), []
    for step in range(updates):
        critic.update(_rows(shift=shift, seed=2 * step), _rows(shift=-shift, seed=2 * step + 1))
        nats.append(critic.regularizer.nats.item())
    return critic, nats


def test_the_divergence_of_known_codes():
    # mu^2 / 2 = 1/2; (4 - 1 - 2 ln 2) / 2 for sigma = 2.
    told = divergence(torch.tensor([[1.0], [0.0]]), torch.tensor([[0.0], [math.log(2.0)]]))
    assert told.tolist() == pytest.approx([0.5, 1.5 - math.log(2)])


@pytest.mark.parametrize(("excess", "expected"), [(0.5, 1.05), (-0.5, 0.95), (-20.0, 0.0)])
def test_the_price_rises_above_the_limit_falls_below_and_is_never_negative(excess, expected):
    assert dual_ascent(torch.tensor(1.0), torch.tensor(excess), 0.1).item() == pytest.approx(expected)


def test_the_bottleneck_holds_within_a_fifth_where_expert_and_agent_differ():
    critic, nats = _trained(1000, shift=2.0)
    assert sum(nats[-200:]) / 200 == pytest.approx(VAILConfig().limit, rel=0.2)
    assert critic.regularizer.beta > 0
    assert critic.logit(_rows(shift=2.0)).mean() > 0 > critic.logit(_rows(shift=-2.0)).mean()


def test_a_bottleneck_wide_enough_costs_nothing():
    critic, nats = _trained(5, shift=2.0, config=VAILConfig(limit=100.0, penalty=0.0))
    assert max(nats) < 100
    assert critic.regularizer.beta == 0
    assert critic.update(_rows(), _rows())["penalty"] == 0


def test_codes_are_drawn_in_training_and_taken_at_their_mean_outside():
    critic, x = vail(WIDTHS, 0, VAILConfig()), _rows()
    assert torch.equal(critic.logit(x), critic.logit(x))
    assert torch.allclose(critic.logit(x)[:1], critic.logit(x[:1]), atol=1e-6)
    critic.train()
    assert not torch.equal(critic.score(x), critic.score(x))


def test_every_parameter_receives_a_gradient():
    critic = vail(WIDTHS, 0, VAILConfig())
    critic.update(_rows(), _rows(shift=1.0))
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in critic.parameters())


def test_the_encoder_is_saved_once_and_the_price_with_it():
    names = [name for name in vail(WIDTHS, 0, VAILConfig()).state_dict() if "encoder" not in name]
    assert set(names) == {"score.head.weight", "score.head.bias", "regularizer.beta", "regularizer.nats"}


def test_a_saved_critic_judges_the_same_to_the_bit():
    critic, _ = _trained(5, shift=1.0)
    other = vail(WIDTHS, 9, VAILConfig())
    other.load_state_dict(critic.state_dict())
    assert torch.equal(critic.logit(_rows()), other.logit(_rows()))
    assert torch.equal(critic.regularizer.beta, other.regularizer.beta)


def test_the_same_seed_trains_to_the_same_bits_and_leaves_the_global_generator_alone():
    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    one, same = (_trained(5, shift=1.0)[0] for _ in range(2))
    assert torch.equal(torch.rand(1), expected)
    assert torch.equal(one.logit(_rows()), same.logit(_rows()))
    assert not torch.equal(one.logit(_rows()), vail(WIDTHS, 1, VAILConfig()).logit(_rows()))


def test_constant_rows_and_a_single_row_stay_finite():
    critic, constant = vail(WIDTHS, 0, VAILConfig()), torch.zeros(1, 3)
    for _ in range(20):
        metrics = critic.update(constant, constant)
    assert all(math.isfinite(value) for value in metrics.values())
    assert torch.isfinite(critic.logit(torch.full((1, 3), 5.0))).all()
