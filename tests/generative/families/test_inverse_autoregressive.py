"""The posterior by inverse autoregressive flow: its density by the Jacobian, and a skew it must bend to."""

import math

import pytest
import torch

from gailforce.generative.families.flow import standard_normal
from gailforce.generative.families.inverse_autoregressive import (
    InverseAutoregressiveConfig,
    InverseAutoregressivePosterior,
    gated,
    inverse_autoregressive,
)
from gailforce.generative.families.vae import VAE, VAEConfig
from gailforce.generative.nn.networks import seeded

SMALL = InverseAutoregressiveConfig(encoder=(16,), summary=4, layers=(16,))


def posterior(latent=3):
    return seeded(0, lambda: InverseAutoregressivePosterior(5, 2, latent, SMALL))


def test_a_gate_of_known_opening():
    # sigmoid(0) = 1/2: half of z = 4 and half of m = 2, twice; log-determinant 2 ln 1/2.
    z, log_det = gated(torch.full((1, 2), 4.0), torch.full((1, 2), 2.0), torch.zeros(1, 2))
    assert z.tolist() == [[3.0, 3.0]]
    assert log_det.item() == pytest.approx(-2 * math.log(2))


def test_the_density_of_a_draw_is_by_change_of_variables():
    model = posterior().double()
    x, context, noise = (torch.randn(1, width, dtype=torch.float64) for width in (5, 2, 3))
    jacobian = torch.autograd.functional.jacobian(lambda e: model(x, context, e)[0], noise)[0, :, 0]
    expected = standard_normal(noise) - torch.linalg.slogdet(jacobian).logabsdet
    assert torch.allclose(model(x, context, noise)[1], expected)


def test_many_draws_at_once_equal_single_ones():
    model, x, context, noise = posterior(), torch.randn(4, 5), torch.randn(4, 2), torch.randn(6, 4, 3)
    z, log_q = model(x, context, noise)
    assert (z.shape, log_q.shape) == ((6, 4, 3), (6, 4))
    single, its_log_q = model(x, context, noise[2])
    assert torch.allclose(z[2], single, atol=1e-6)
    assert torch.allclose(log_q[2], its_log_q, atol=1e-5)


def test_it_bends_to_a_posterior_that_no_diagonal_normal_fits():
    # z1 ~ N(0, 1), z2 | z1 ~ N(z1^2, 0.5): the best diagonal normal stays 0.56 nats away.
    model, source = posterior(latent=2), torch.Generator().manual_seed(0)
    optimizer = torch.optim.Adam(model.parameters(), 2e-2)
    x, context = torch.zeros(1, 5), torch.zeros(1, 2)
    for _ in range(250):
        z, log_q = model(x, context, torch.randn((128, 1, 2), generator=source))
        second = (z[..., 1] - z[..., 0].square()) / 0.5
        log_p = standard_normal(torch.stack((z[..., 0], second), dim=-1)) - math.log(0.5)
        distance = (log_q - log_p).mean()
        optimizer.zero_grad()
        distance.backward()
        optimizer.step()
    assert distance.item() < 0.25


def test_every_parameter_learns():
    model = posterior()
    z, log_q = model(torch.randn(8, 5), torch.randn(8, 2), torch.randn(8, 3))
    (z.square().sum() + log_q.sum()).backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in model.parameters())


def test_a_vae_learns_through_it():
    model = VAE(5, 2, VAEConfig(layers=(16,), latent=3), 0, inverse_autoregressive(SMALL))
    generator = torch.Generator().manual_seed(0)
    x, context = torch.randn(64, 5, generator=generator), torch.randn(64, 2, generator=generator)
    before = model.score(x, context).mean()
    for _ in range(200):
        model.update(x, context)
    assert model.score(x, context).mean() > before + 1
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in model.parameters())
