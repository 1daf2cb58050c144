"""The VAE: its bound where it is exact, what it learns, a posterior handed in, and the ratio of two."""

import math
from dataclasses import replace

import pytest
import torch
from torch import nn

from gailforce.generative.families.flow import standard_normal
from gailforce.generative.families.vae import (
    VAE,
    VAEConfig,
    VAERewardConfig,
    gaussian_log_prob,
    lower_bound,
    vae_ratio,
)
from gailforce.generative.interfaces.critics import RatioConfig
from gailforce.generative.interfaces.reward_inputs import Widths

SMALL = VAERewardConfig(layers=(16,), latent=2)
WIDTHS = Widths(3, 2, 1)


def _rows(count=64, columns=3, shift=0.0, seed=0):
    return torch.randn(count, columns, generator=torch.Generator().manual_seed(seed)) + shift


def _nothing(rows):
    return rows[:, :0]


def test_the_density_of_a_standard_normal_at_its_mean():
    assert standard_normal(torch.zeros(1, 2)).item() == pytest.approx(-math.log(2 * math.pi))


def test_the_bound_is_the_density_where_the_posterior_is_exact():
    # z ~ N(0, 1), x = z + noise of variance v: p(x) = N(0, 1 + v), p(z | x) = N(x / (1 + v), v / (1 + v)).
    v, x = 0.5, torch.tensor([[0.7], [-1.2]])
    mean, std = x / (1 + v), torch.full((1,), math.sqrt(v / (1 + v)))
    z = mean + std * torch.randn(4, 2, 1)
    likelihood = gaussian_log_prob(x.expand(4, -1, -1), z, torch.full((1,), math.sqrt(v)))
    bound = lower_bound(likelihood, standard_normal(z), gaussian_log_prob(z, mean, std))
    truth = gaussian_log_prob(x, torch.zeros(1), torch.full((1,), math.sqrt(1 + v)))
    assert torch.allclose(bound, truth, atol=1e-5)


def test_a_trained_bound_comes_close_to_the_true_density_from_below():
    model, generator = VAE(2, 0, SMALL, seed=0), torch.Generator().manual_seed(0)
    for _ in range(300):
        x = torch.randn(128, 2, generator=generator)
        model.update(x, _nothing(x))
    x = _rows(2000, 2, seed=1)
    gap = standard_normal(x).mean() - model.score(x, _nothing(x)).mean().detach()
    assert -0.02 < gap.item() < 0.3


def test_draws_follow_their_context():
    model, generator = VAE(1, 1, SMALL, seed=0), torch.Generator().manual_seed(0)
    for _ in range(400):
        context = 2 * torch.rand(128, 1, generator=generator) - 1
        model.update(context + 0.3 * torch.randn(128, 1, generator=generator), context)
    drawn = model.sample(torch.tensor([[-0.8], [0.8]]), 500, generator).squeeze(-1)
    assert drawn.mean(dim=0).tolist() == pytest.approx([-0.8, 0.8], abs=0.15)
    assert drawn.std(dim=0).tolist() == pytest.approx([0.3, 0.3], abs=0.15)


def test_draws_are_those_of_their_generator():
    model, context = VAE(3, 4, SMALL, seed=0), _rows(5, 4)
    one, same = (model.sample(context, 2, torch.Generator().manual_seed(7)) for _ in range(2))
    assert one.shape == (2, 5, 3)
    assert torch.equal(one, same)


def test_a_row_scores_the_same_whenever_and_beside_whomever_it_is_asked():
    model, x = VAE(3, 0, SMALL, seed=0), _rows()
    score = model.score(x, _nothing(x))
    assert torch.equal(score, model.score(x, _nothing(x)))
    assert torch.allclose(score[:1], model.score(x[:1], _nothing(x[:1])), atol=1e-5)
    twice = torch.cat((x[:1], x[:1]))
    assert len(set(model.score(twice, _nothing(twice)).tolist())) == 1


def test_the_score_has_a_slope_in_x():
    model, x = VAE(3, 0, SMALL, seed=0), _rows().requires_grad_(True)
    (slope,) = torch.autograd.grad(model.score(x, _nothing(x)).sum(), x)
    assert torch.isfinite(slope).all()
    assert (slope != 0).any()


@pytest.mark.parametrize("context", [0, 4])
def test_every_parameter_receives_a_gradient(context):
    model = VAE(3, context, SMALL, seed=0)
    model.update(_rows(), _rows(columns=context) if context else _rows()[:, :0])
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in model.parameters())


def test_a_context_of_several_dimensions_is_flattened():
    model, windows = VAE(3, 8, SMALL, seed=0), torch.randn(5, 2, 4)
    assert model.score(_rows(5), windows).shape == (5,)


class _ExactPosterior(nn.Module):
    """The prior, whatever the row: exact for a decoder that does not look at the code."""

    def forward(self, x, context, noise):
        return noise, standard_normal(noise)


def test_a_posterior_can_be_handed_in():
    asked = []
    model = VAE(3, 2, SMALL, 0, lambda *widths: asked.append(widths) or _ExactPosterior())
    assert asked == [(3, 2, SMALL.latent)]
    x, context = _rows(), _rows(columns=2)
    assert math.isfinite(model.update(x, context)["loss"])
    # Prior and posterior are equal, so what remains is the mean likelihood of the fixed draws.
    codes = model.noise[:, None].expand(-1, len(x), -1)
    likelihood = gaussian_log_prob(x.expand(len(codes), -1, -1), *model._decoded(codes, context))
    assert torch.allclose(model.score(x, context), likelihood.mean(dim=0), atol=1e-5)


def _fitted(seed=0):
    critic = vae_ratio(WIDTHS, seed, replace(SMALL, density=RatioConfig(fit_steps=200)))
    critic.fit(_rows())
    return critic


def test_the_ratio_begins_at_zero_and_learns_which_side_the_expert_is_on():
    critic = _fitted()
    assert critic.logit(_rows(seed=1)).abs().max() == 0
    for step in range(80):
        critic.update(_rows(seed=step), _rows(shift=2.0, seed=step))
    assert critic.logit(_rows(seed=1)).mean() > 0 > critic.logit(_rows(shift=2.0, seed=1)).mean()


def test_a_saved_ratio_judges_the_same_to_the_bit():
    critic, other = _fitted(), vae_ratio(WIDTHS, 5, SMALL)
    critic.update(_rows(), _rows(shift=1.0))
    other.load_state_dict(critic.state_dict())
    assert torch.equal(critic.logit(_rows(seed=2)), other.logit(_rows(seed=2)))


def test_the_same_seed_trains_to_the_same_bits_and_leaves_the_global_generator_alone():
    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    critics = [_fitted(3), _fitted(3), _fitted(4)]
    for critic in critics:
        critic.update(_rows(), _rows(shift=1.0))
    one, same, other = (critic.logit(_rows(seed=2)) for critic in critics)
    assert torch.equal(torch.rand(1), expected)
    assert torch.equal(one, same)
    assert not torch.equal(one, other)


def test_constant_rows_and_a_single_row_stay_finite():
    critic, constant = (
        vae_ratio(WIDTHS, 0, replace(SMALL, density=RatioConfig(fit_steps=100))),
        torch.zeros(8, 3),
    )
    critic.fit(constant)
    assert all(math.isfinite(value) for value in critic.update(constant[:1], constant[:1]).values())
    assert torch.isfinite(critic.logit(torch.full((1, 3), 5.0))).all()


def test_an_odd_number_of_draws_is_refused():
    with pytest.raises(ValueError, match="even; got 3"):
        VAEConfig(draws=3)
