"""The mixture: scikit-learn's likelihoods, EM that never falls, densities and regression."""

import itertools
import math

import pytest
import torch
from sklearn.mixture import GaussianMixture as Oracle

from gailforce.generative.families.mixture import GaussianMixture, MixtureConfig, information_criterion
from gailforce.generative.interfaces.model import FitOptions
from gailforce.generative.nn.gaussians import PriorConfig, k_means, moments

NO_PRIOR = PriorConfig(prior_std=1.0, shrinkage=0.0, least_weight=0.0)


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def clouds(count=300, seed=0):
    """Three round clouds of spread 0.3 around (0, 0), (4, 0) and (0, 4)."""
    centers = torch.tensor([[0.0, 0.0], [4.0, 0.0], [0.0, 4.0]])
    chosen = torch.arange(count) % 3
    return centers[chosen] + 0.3 * torch.randn(count, 2, generator=generator(seed))


def fitted(x, parts, prior=NO_PRIOR, context=0, **kwargs):
    model = GaussianMixture(x.shape[1] - context, context, MixtureConfig(parts=parts, prior=prior), 0)
    model.fit(x[:, context:], x[:, :context], FitOptions(**kwargs))
    return model


def test_the_log_likelihood_is_that_of_scikit_learn():
    x = clouds().double()
    model = fitted(x, (3,))
    log_weight, parts = model.parts
    oracle = Oracle(3, covariance_type="full")
    oracle.weights_, oracle.means_ = log_weight.exp().numpy(), parts.mean.numpy()
    # scikit-learn keeps the transposed inverse of our factor.
    oracle.precisions_cholesky_ = torch.linalg.inv(parts.cholesky).transpose(1, 2).numpy()
    found = model.score(x, x[:, :0])
    assert torch.allclose(found, torch.from_numpy(oracle.score_samples(x.numpy())), atol=1e-6, rtol=0)


def test_one_sweep_is_scikit_learns():
    x = clouds().double()
    model = fitted(x, (3,), steps=1)
    log_weight, parts = model.parts
    oracle = Oracle(
        3,
        max_iter=1,
        reg_covar=0,
        weights_init=log_weight.exp().numpy(),
        means_init=parts.mean.numpy(),
        precisions_init=torch.cholesky_inverse(parts.cholesky).numpy(),
    )
    with pytest.warns(UserWarning, match="converge"):
        oracle.fit(x.numpy())
    model.sweep(x)
    assert torch.allclose(model.parts[1].mean, torch.from_numpy(oracle.means_), atol=1e-6)
    assert torch.allclose(model.parts[0].exp(), torch.from_numpy(oracle.weights_), atol=1e-6)


@pytest.mark.parametrize("prior", [NO_PRIOR, PriorConfig(), PriorConfig(shrinkage=0.1, least_weight=0.01)])
@pytest.mark.parametrize("seed", range(3))
def test_the_objective_of_em_never_falls(prior, seed):
    draws = generator(seed)
    x = (torch.randn(400, 4, generator=draws) @ torch.randn(4, 4, generator=draws)).double()
    model = fitted(x, (5,), prior, steps=1)
    reached = [model.sweep(x) for _ in range(40)]
    assert all(b >= a - 1e-10 for a, b in itertools.pairwise(reached))
    assert reached[-1] > reached[0]


def test_bic_finds_the_number_of_clouds():
    assert fitted(clouds(), (1, 2, 3, 4, 6)).used.sum() == 3


def test_the_criterion_by_hand():
    # 2 parts in 1 column: 1 + 2 + 2 free numbers.
    assert information_criterion(-1.5, 2, 1, 100) == pytest.approx(-150 - 2.5 * math.log(100))


def test_a_mixture_beats_one_gaussian_on_clouds_by_a_nat():
    x, fresh = clouds(), clouds(seed=1)
    one, three = (fitted(x, (k,)).score(fresh, fresh[:, :0]).mean() for k in (1, 3))
    assert three > one + 1


def test_the_density_of_a_row_given_its_context_integrates_to_1():
    x = clouds()
    model = fitted(x, (3,), context=1)
    grid = torch.linspace(-20, 20, 8001)[:, None]
    density = model.score(grid, torch.full_like(grid, 0.7)).exp()
    assert (density.sum() * 40 / 8000).item() == pytest.approx(1.0, abs=1e-3)


def test_regression_follows_a_bent_line_and_draws_scatter_around_it():
    t = 4 * torch.rand(2000, 1, generator=generator())
    x = torch.sin(t) + 0.05 * torch.randn(t.shape, generator=generator(1))
    model = fitted(torch.cat((t, x), dim=1), (8,), PriorConfig(prior_std=0.01), context=1)
    asked = torch.linspace(0.3, 3.7, 50)[:, None]
    assert (model.regress(asked) - torch.sin(asked)).abs().max() < 0.1
    drawn = model.sample(asked, 400, generator(2))
    assert torch.allclose(drawn.mean(dim=0), model.regress(asked), atol=0.03)


def test_singular_rows_keep_the_floor():
    x = torch.zeros(100, 3)
    model = fitted(x, (2,), PriorConfig(prior_std=0.2, shrinkage=1.0))
    spread = model.parts[1].cholesky @ model.parts[1].cholesky.transpose(1, 2)
    # One part has nearly all the weight: f² λ / (w + λ).
    assert spread.diagonal(dim1=1, dim2=2).min().item() == pytest.approx(0.2**2 / 2, rel=1e-3)
    small = fitted(x, (1,), PriorConfig(prior_std=0.2, shrinkage=1e-3))
    assert small.parts[1].cholesky[0, 0, 0].item() == pytest.approx(0.2 * (1e-3 / 1.001) ** 0.5, rel=1e-3)


def test_learning_batch_by_batch_follows_rows_that_move():
    x = clouds()
    model = fitted(x, (3,), PriorConfig())
    moved, none = x + 3, x[:, :0]
    for _ in range(400):
        model.update(moved, none)
    anew = fitted(moved, (3,), PriorConfig())
    assert model.score(moved, none).mean() == pytest.approx(anew.score(moved, none).mean().item(), abs=1.0)


def test_far_apart_clusters_are_found():
    x = clouds()
    clusters = k_means(x, 3, generator())
    assert all(len(set(clusters[k::3].tolist())) == 1 for k in range(3))


def test_moments_by_hand():
    x = torch.tensor([[1.0, 2.0], [3.0, 4.0]]).double()
    share = torch.tensor([[1.0, 0.0], [0.5, 0.5]]).double()
    found = moments(x, share)
    assert found.weight.tolist() == [0.75, 0.25]
    assert found.first.tolist() == [[1.25, 2.0], [0.75, 1.0]]
    assert found.second[1].tolist() == [[2.25, 3.0], [3.0, 4.0]]


def test_settings_that_cannot_be_are_refused():
    with pytest.raises(ValueError, match="parts"):
        MixtureConfig(parts=())
    with pytest.raises(ValueError, match="rate"):
        MixtureConfig(rate=0.0)
