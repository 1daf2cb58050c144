"""Diffusion discriminators: their logits by hand, one judgement per row, and how little the noises matter."""

import math

import pytest
import torch
import torch.nn.functional as F

from gailforce.generative.families.diffusion import SCHEDULES
from gailforce.generative.families.diffusion_rewards import (
    LEAST_ERROR,
    DiffAILConfig,
    DRAILConfig,
    diffail,
    drail,
    error_logit,
)
from gailforce.generative.nn.diffusion_schedule import alpha_bars

BUILDERS = [diffail, drail]
both = pytest.mark.parametrize("build", BUILDERS)


def batches(steps, rows=64, width=6):
    """Expert rows around 1, agent rows around -1."""
    generator = torch.Generator().manual_seed(0)
    for _ in range(steps):
        expert, agent = torch.randn(2, rows, width, generator=generator)
        yield 0.5 * expert + 1, 0.5 * agent - 1


@pytest.fixture(scope="module")
def learned():
    critics = {build: build(6, 0) for build in BUILDERS}
    for expert, agent in batches(100):
        for critic in critics.values():
            critic.update(expert, agent)
    return critics


def test_the_logit_of_an_error_is_that_of_its_exponential():
    # D = exp(-L): at ln 2 D is 1/2; at ln 4 it is 1/4, so log(1/4 / (3/4)) = -ln 3.
    logits = error_logit(torch.tensor([math.log(2), math.log(4)]))
    assert logits.tolist() == pytest.approx([0.0, -math.log(3)], abs=1e-6)
    # The cross-entropy of an expert row is its error again: softplus(-logit) = -log D = L.
    error = torch.tensor([0.01, 0.5, 3.0, 40.0])
    assert torch.allclose(F.softplus(-error_logit(error)), error, rtol=1e-5)


def test_the_logit_is_exact_for_tiny_and_huge_errors():
    error = torch.tensor([1e-5, 1e-3, 50.0, 500.0, 1e4])
    exact = -torch.log(torch.expm1(error[:2].double())).float()
    assert torch.allclose(error_logit(error)[:2], exact, rtol=1e-6)
    assert torch.equal(error_logit(error)[2:], -error[2:])


def test_the_logit_s_slope_stays_finite():
    error = torch.tensor([0.0, 1e-30, 1e-5, 1.0, 1e4], requires_grad=True)
    logit = error_logit(error)
    (slope,) = torch.autograd.grad(logit.sum(), error)
    assert logit.isfinite().all()
    assert slope.isfinite().all()
    assert logit[0].item() == pytest.approx(-math.log(LEAST_ERROR), rel=1e-4)


@pytest.mark.parametrize(("schedule", "possible"), [("linear", False), ("cosine", True)])
def test_only_strong_noise_lets_diffail_call_rows_of_unit_variance_expert(schedule, possible):
    # For x_0 ~ N(0, 1) the least error is Var(noise | x_t) = alpha_bar, and D > 1/2 asks for L < ln 2.
    least = alpha_bars(SCHEDULES[schedule](10)).mean()
    assert (error_logit(least[None]) > 0).item() == possible


@both
def test_it_learns_which_side_the_expert_is_on(learned, build):
    logits = learned[build].logit(torch.tensor([[1.0] * 6, [-1.0] * 6]))
    assert logits[0] > 0 > logits[1]


@both
def test_other_noises_would_hardly_change_the_logits(learned, build):
    # Reward noise: a row's standard deviation over sets of noises, below 10 % of the range over rows.
    critic, rows = learned[build], torch.cat([torch.cat(pair) for pair in batches(2)])
    fixed = critic.score.denoiser.fixed_noises
    kept, generator, sets = fixed.clone(), torch.Generator().manual_seed(5), []
    for _ in range(10):
        fixed.normal_(generator=generator)
        sets.append(critic.logit(rows))
    fixed.copy_(kept)
    logits = torch.stack(sets)
    middle = logits.mean(dim=0)
    assert logits.std(dim=0).mean() < 0.1 * (middle.max() - middle.min())


@both
def test_a_row_s_logit_is_the_same_alone_twice_and_after_reloading(learned, build):
    critic, x = learned[build], torch.randn(7, 6)
    logits = critic.logit(x)
    assert torch.equal(critic.logit(x), logits)
    assert torch.allclose(critic.logit(x[:1]), logits[:1], atol=1e-4)
    again = build(6, 9)
    again.load_state_dict(critic.state_dict())
    assert torch.equal(again.logit(x), logits)


@both
def test_the_same_seed_gives_the_same_bits(build):
    def trained(seed):
        critic = build(6, seed)
        for expert, agent in batches(3):
            critic.update(expert, agent)
        return critic.logit(expert)

    assert torch.equal(trained(0), trained(0))
    assert not torch.equal(trained(0), trained(1))


@both
@pytest.mark.parametrize("rows", [1, 8])
def test_constant_rows_of_any_number_stay_finite_and_teach_every_parameter(build, rows):
    critic, x = build(3, 0), torch.zeros(rows, 3)
    metrics = critic.update(x, x + 5)
    assert all(math.isfinite(value) for value in metrics.values())
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in critic.parameters())
    assert critic.logit(x).isfinite().all()


@pytest.mark.parametrize(("build", "config"), [(diffail, DiffAILConfig), (drail, DRAILConfig)])
def test_without_a_penalty_none_is_paid(build, config):
    x = torch.randn(8, 3)
    assert build(3, 0, config(penalty=0.0)).update(x, -x)["penalty"] == 0
    assert build(3, 0, config(penalty=1.0)).update(x, -x)["penalty"] > 0


def test_drail_asks_one_denoiser_with_either_label():
    # Swapping what the labels add to the first layer swaps the answers, so the logit changes its sign:
    # nothing is added to it, such as the 20 a step of a published variant.
    critic, x = drail(4, 0), torch.randn(9, 4)
    logits = critic.logit(x)
    critic.score.denoiser.enter.weight.data[:, -1] *= -1
    assert torch.allclose(critic.logit(x), -logits, atol=1e-5)


def test_the_temperature_scales_drail_s_logit():
    x = torch.randn(9, 4)
    one, five = (drail(4, 0, DRAILConfig(temperature=t)).logit(x) for t in (1.0, 5.0))
    assert torch.allclose(five, 5 * one)
