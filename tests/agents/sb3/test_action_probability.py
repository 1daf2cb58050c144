"""Probabilities of clipped actions: they sum to one, and mean what was executed."""

import math

import pytest
import torch
from torch.distributions import Normal

from gailforce.agents.sb3.action_probability import clipped_log_prob

LOW, HIGH = torch.tensor([-1.0]), torch.tensor([1.0])


def policy(mean, std=0.7):
    return Normal(torch.tensor([[mean]]), torch.tensor([[std]]))


@pytest.mark.parametrize("mean", [-3.0, 0.2, 1.5])
def test_density_and_both_bounds_sum_to_one(mean):
    grid = torch.linspace(-1, 1, 20_001)[1:-1, None]
    inside = clipped_log_prob(policy(mean), grid, LOW, HIGH).exp().sum() * 2 / 20_000
    bounds = sum(clipped_log_prob(policy(mean), bound[None], LOW, HIGH).exp() for bound in (LOW, HIGH))
    assert (inside + bounds).item() == pytest.approx(1.0, abs=1e-3)


def test_an_action_that_is_always_executed_is_certain():
    # A mean far outside executes the bound, however small the density there.
    assert clipped_log_prob(policy(9.0, 0.5), HIGH[None], LOW, HIGH).item() == pytest.approx(0.0, abs=1e-6)


def test_bounds_by_hand_and_columns_add_up():
    both = Normal(torch.zeros(1, 2), torch.ones(1, 2))
    found = clipped_log_prob(both, torch.tensor([[1.0, 0.0]]), LOW.repeat(2), HIGH.repeat(2))
    beyond = 0.5 * math.erfc(1 / math.sqrt(2))
    assert found.item() == pytest.approx(math.log(beyond) - 0.5 * math.log(2 * math.pi), rel=1e-5)
