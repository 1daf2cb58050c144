"""The mixture head: its likelihood and draws by hand, and every context's shape."""

import math

import pytest
import torch
from torch import nn

from gailforce.generative.interfaces.gaussian_head import (
    GaussianHead,
    GaussianModel,
    HeadConfig,
    Mixture,
    bounded,
    draw,
    log_density,
)


def _mixture():
    """One row: a quarter around (0, 0) with deviations (1, 2), the rest around (10, -10) with 0.5."""
    weight = torch.tensor([[0.25, 0.75]]).log()
    mean = torch.tensor([[[0.0, 0.0], [10.0, -10.0]]])
    return Mixture(weight, mean, torch.tensor([[[1.0, 2.0], [0.5, 0.5]]]).log())


def _normal(x, mean, std):
    return math.exp(-0.5 * ((x - mean) / std) ** 2) / (std * math.sqrt(2 * math.pi))


@pytest.mark.parametrize("x", [(0.0, 0.0), (1.0, -1.0), (9.0, -10.5)])
def test_the_likelihood_of_a_mixture_by_hand(x):
    near = 0.25 * _normal(x[0], 0, 1) * _normal(x[1], 0, 2)
    far = 0.75 * _normal(x[0], 10, 0.5) * _normal(x[1], -10, 0.5)
    assert log_density(torch.tensor([x]), _mixture()).item() == pytest.approx(math.log(near + far), rel=1e-5)


def test_the_likelihood_integrates_to_one():
    mixture = Mixture(torch.tensor([[0.3, 0.7]]).log(), torch.tensor([[[-1.0], [2.0]]]), torch.zeros(1, 2, 1))
    x = torch.linspace(-10, 10, 4001)[:, None]
    row = Mixture(*(part.expand(len(x), *part.shape[1:]) for part in mixture))
    assert log_density(x, row).exp().sum().item() * 0.005 == pytest.approx(1.0, abs=1e-4)


def test_a_row_far_away_stays_finite():
    assert torch.isfinite(log_density(torch.full((1, 2), 1e6), _mixture())).all()


def test_the_moments_of_draws():
    draws = draw(_mixture(), 40_000, torch.Generator().manual_seed(0))
    assert draws.shape == (40_000, 1, 2)
    far = draws[:, 0, 0] > 5
    assert far.float().mean().item() == pytest.approx(0.75, abs=0.01)
    assert draws[far, 0].mean(dim=0).tolist() == pytest.approx([10.0, -10.0], abs=0.02)
    assert draws[far, 0].std(dim=0).tolist() == pytest.approx([0.5, 0.5], abs=0.01)
    assert draws[~far, 0].std(dim=0).tolist() == pytest.approx([1.0, 2.0], abs=0.05)


def test_draws_belong_to_their_rows():
    mixture = Mixture(
        torch.zeros(3, 1), torch.tensor([[[0.0]], [[5.0]], [[9.0]]]), torch.full((3, 1, 1), -9.0)
    )
    draws = draw(mixture, 4, torch.Generator().manual_seed(0))
    assert torch.allclose(draws[..., 0], torch.tensor([0.0, 5.0, 9.0]).expand(4, 3), atol=1e-2)


def test_deviations_keep_their_bounds_however_far_the_network_goes():
    head = GaussianHead(2, 3, HeadConfig(least_std=0.1, greatest_std=2.0))
    std = head(torch.tensor([[1e6, -1e6], [-1e6, 1e6]])).log_std.exp()
    assert std.min() >= 0.1 - 1e-6
    assert std.max() <= 2.0 + 1e-5
    assert bounded(torch.zeros(1), -2.0, 4.0).item() == 1.0


class _Last(nn.Module):
    """An encoder that reads the last step alone."""

    def forward(self, context):
        return context[:, -1, :-1] if context.shape[1] else torch.zeros(len(context), 2)


def test_a_flat_context_is_the_same_context():
    model, context = GaussianModel(_Last, 2, 4, 3, HeadConfig(), seed=0), torch.randn(5, 6, 3)
    x = torch.randn(5, 4)
    assert torch.equal(model.score(x, context), model.score(x, context.flatten(1)))
    assert torch.equal(model.score(x, context[:, :0]), model.score(x, torch.zeros(5, 0)))


def test_the_score_is_differentiable_in_x_and_context():
    model = GaussianModel(_Last, 2, 4, 3, HeadConfig(), seed=0)
    x, context = torch.randn(5, 4, requires_grad=True), torch.randn(5, 6, 3, requires_grad=True)
    slopes = torch.autograd.grad(model.score(x, context).sum(), (x, context))
    assert all(slope.abs().sum() > 0 for slope in slopes)
