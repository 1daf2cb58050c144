"""The diffusion model: what it learns of Gaussian data is known, and a row is always judged alike."""

import pytest
import torch
import torch.nn.functional as F

from gailforce.generative.families.diffusion import (
    DenoiserConfig,
    Diffusion,
    DiffusionConfig,
    mish,
    stratified_times,
)
from gailforce.generative.interfaces.model import FitOptions

SMALL = DiffusionConfig(DenoiserConfig(layers=(32, 32), times=20, noises=2), learning_rate=5e-3, steps=20)


def none(x):
    return x[:, :0]


@pytest.fixture(scope="module")
def fitted():
    """A model of N(c, 0.25) in one column, for contexts c of -1 and 1."""
    generator = torch.Generator().manual_seed(0)
    context = torch.randint(2, (2000, 1), generator=generator) * 2.0 - 1
    x = context + 0.5 * torch.randn(2000, 1, generator=generator)
    model = Diffusion(1, 1, seed=0, config=SMALL)
    model.fit(x, context, FitOptions(300, patience=20))
    return model


def test_mish_is_that_of_torch():
    x = torch.linspace(-200, 200, 4001)
    assert torch.allclose(mish(x), F.mish(x), atol=2e-6)


def test_noises_look_at_every_part_of_the_times():
    assert stratified_times(4, 10, torch.full((4, 1), 0.5)).flatten().tolist() == [1, 3, 6, 8]
    spread = stratified_times(2, 10, torch.rand(2, 5000, generator=torch.Generator().manual_seed(0)))
    assert torch.bincount(spread.flatten(), minlength=10).min() > 850


def test_it_finds_the_noise_that_the_exact_denoiser_finds(fitted):
    # E[noise | x_t] = sqrt(1 - a) (x_t - sqrt(a) c) / (a / 4 + 1 - a).
    for time in (4, 10, 15):
        bar = fitted.denoiser.alpha_bar[time]
        x = bar.sqrt() + torch.linspace(-1, 1, 9)[:, None]
        exact = (1 - bar).sqrt() * (x - bar.sqrt()) / (bar / 4 + 1 - bar)
        found = fitted.denoiser(x, torch.tensor(time), torch.ones(9, 1))
        assert torch.allclose(found, exact, atol=0.2)


def test_its_loss_falls_to_the_exact_denoiser_s(fitted):
    # What no denoiser can know is Var(noise | x_t) = (a / 4) / (a / 4 + 1 - a), here a mean over times.
    bar = fitted.denoiser.alpha_bar
    least = (bar / 4 / (bar / 4 + 1 - bar)).mean().item()
    x = 1 + 0.5 * torch.randn(4000, 1, generator=torch.Generator().manual_seed(1))
    fitted.denoiser.train()
    with torch.no_grad():
        loss = fitted.denoiser.errors(x, torch.ones(1, 4000, 1)).mean().item()
    fitted.eval()
    assert loss == pytest.approx(least, rel=0.1)


@pytest.mark.parametrize(("steps", "eta"), [(20, 1.0), (10, 0.0)])
def test_it_draws_what_its_context_asks_for(fitted, steps, eta):
    model = Diffusion(1, 1, 0, DiffusionConfig(SMALL.denoiser, steps=steps, eta=eta))
    model.load_state_dict(fitted.state_dict())
    drawn = model.sample(torch.tensor([[-1.0], [1.0]]), 1000, torch.Generator().manual_seed(0))
    assert drawn.shape == (1000, 2, 1)
    assert drawn.mean(dim=0).flatten().tolist() == pytest.approx([-1, 1], abs=0.12)
    assert drawn.std(dim=0).flatten().tolist() == pytest.approx([0.5, 0.5], abs=0.12)


def test_rows_of_the_data_score_higher_than_rows_far_away(fitted):
    near, far = fitted.score(torch.tensor([[1.0], [4.0]]), torch.ones(2, 1))
    assert near > far


def test_the_score_has_a_slope_towards_the_data(fitted):
    x = torch.tensor([[3.0]], requires_grad=True)
    (slope,) = torch.autograd.grad(fitted.score(x, torch.ones(1, 1)).sum(), x)
    assert slope < 0


def test_a_row_scores_the_same_alone_twice_and_after_reloading():
    model, x = Diffusion(3, 0, 0, SMALL), torch.randn(5, 3)
    model.update(x, none(x))
    scores = model.score(x, none(x))
    assert torch.equal(model.score(x, none(x)), scores)
    assert torch.allclose(model.score(x[:1], none(x[:1])), scores[:1], atol=1e-6)
    # Another seed: the noises it judges by must come with the weights.
    again = Diffusion(3, 0, 9, SMALL)
    again.load_state_dict(model.state_dict())
    assert torch.equal(again.score(x, none(x)), scores)


def test_the_same_seed_gives_the_same_bits():
    x = torch.randn(16, 3)

    def trained(seed):
        model = Diffusion(3, 0, seed, SMALL)
        for _ in range(3):
            model.update(x, none(x))
        return model.score(x, none(x))

    assert torch.equal(trained(0), trained(0))
    assert not torch.equal(trained(0), trained(1))


@pytest.mark.parametrize("rows", [1, 8])
def test_constant_rows_of_any_number_stay_finite_and_teach_every_parameter(rows):
    model, x = Diffusion(3, 4, 0, SMALL), torch.zeros(rows, 3)
    context = torch.ones(rows, 2, 2)
    assert model.update(x, context)["loss"] == pytest.approx(1.0, abs=0.9)
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in model.parameters())
    assert model.score(x, context).isfinite().all()
    assert model.sample(context, 2, torch.Generator().manual_seed(0)).isfinite().all()


def test_settings_that_leave_nothing_are_refused():
    with pytest.raises(ValueError, match="noises of at least 1; got 0"):
        DenoiserConfig(noises=0)
