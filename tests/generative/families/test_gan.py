"""The GAN critic: its losses by hand, a penalty on known slopes, and the faults of others as regressions."""

import math

import pytest
import torch
from torch import nn

from gailforce.generative.families.gan import Discriminator, gan
from gailforce.generative.nn.losses import bce
from gailforce.generative.nn.regularizers import gradient_penalty


def test_an_uninformed_guess_costs_ln_2():
    # The sigmoid applied twice, a fault of the book chapter, would give another value.
    assert bce(torch.zeros(4), torch.zeros(4)).item() == pytest.approx(math.log(2))


def test_the_loss_of_known_logits():
    # Expert D = 3/4, agent D = 1/4: (-ln 3/4 - ln 3/4) / 2.
    logit = torch.full((2,), math.log(3.0))
    assert bce(logit, -logit).item() == pytest.approx(-math.log(3 / 4))


def test_calling_the_agent_expert_costs_more():
    logits = torch.full((2,), 2.0)
    assert bce(logits, logits) > bce(logits, -logits)


@pytest.mark.parametrize(("slope", "expected"), [((3.0, 4.0), 16.0), ((0.6, 0.8), 0.0)])
def test_the_penalty_on_a_known_slope(slope, expected):
    # A linear score has the same slope everywhere: |(3, 4)| = 5, (5 - 1)^2 = 16.
    score = nn.Linear(2, 1, bias=False)
    score.weight.data = torch.tensor([slope])
    x = torch.randn(8, 2)
    penalty = gradient_penalty(lambda v: score(v).squeeze(-1), x, -x, torch.Generator().manual_seed(0))
    assert penalty.item() == pytest.approx(expected, abs=1e-5)


def test_every_layer_receives_a_gradient():
    discriminator = Discriminator(3, (8, 8))
    bce(discriminator(torch.randn(16, 3)), discriminator(torch.randn(16, 3))).backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in discriminator.parameters())


def test_it_learns_which_side_the_expert_is_on():
    critic = gan(2, seed=0)
    generator = torch.Generator().manual_seed(0)
    for _ in range(400):
        expert = torch.randn(64, 2, generator=generator) + 2
        agent = torch.randn(64, 2, generator=generator) - 2
        metrics = critic.update(expert, agent)
    assert metrics["expert_accuracy"] > 0.9
    assert metrics["agent_accuracy"] > 0.9
    assert critic.logit(torch.full((1, 2), 2.0)) > 0 > critic.logit(torch.full((1, 2), -2.0))


def test_scoring_one_row_equals_scoring_it_in_a_batch():
    # Batch statistics would mix expert and agent, a fault of the book chapter.
    critic, x = gan(3, seed=1), torch.randn(10, 3)
    assert torch.allclose(critic.logit(x)[:1], critic.logit(x[:1]), atol=1e-6)


def test_the_seed_decides_the_weights_and_leaves_the_global_generator_alone():
    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    one, same, other = gan(3, 0), gan(3, 0), gan(3, 1)
    assert torch.equal(torch.rand(1), expected)
    x = torch.randn(4, 3)
    assert torch.equal(one.logit(x), same.logit(x))
    assert not torch.equal(one.logit(x), other.logit(x))
