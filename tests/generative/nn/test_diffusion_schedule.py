"""Diffusion's equations: against the library diffusers, and on Gaussian data, whose denoiser is known."""

import importlib

import pytest
import torch

from gailforce.generative.nn.diffusion_schedule import (
    alpha_bars,
    cosine_betas,
    ddim_step,
    denoised,
    diffuse,
    estimated_noise,
    estimated_x0,
    linear_betas,
    posterior_mean,
    posterior_variance,
    spaced,
)

BETAS = {"linear": linear_betas, "squaredcos_cap_v2": cosine_betas}
SCHEDULES = [(name, times) for name in BETAS for times in (10, 50, 1000)]


def levels(name, times, time):
    """Alpha_bar at a time and before it."""
    bars = alpha_bars(BETAS[name](times))
    return bars[time], bars[time - 1] if time else torch.ones(())


def rows(count, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return [torch.randn(6, 3, generator=generator) for _ in range(count)]


@pytest.fixture(scope="module")
def schedulers():
    # Slow to import, so only where it is asked.
    return importlib.import_module("diffusers.schedulers")


@pytest.fixture
def ddpm(schedulers):
    return lambda name, times: schedulers.DDPMScheduler(times, beta_schedule=name, clip_sample=False)


@pytest.fixture
def ddim(schedulers):
    def build(name, times):
        scheduler = schedulers.DDIMScheduler(times, beta_schedule=name, clip_sample=False)
        scheduler.set_timesteps(times)
        return scheduler

    return build


@pytest.mark.parametrize(("name", "times"), SCHEDULES)
def test_the_schedules_are_those_of_diffusers(ddpm, name, times):
    assert torch.allclose(alpha_bars(BETAS[name](times)), ddpm(name, times).alphas_cumprod, rtol=0, atol=1e-6)


@pytest.mark.parametrize(("name", "times"), SCHEDULES)
def test_noised_rows_are_those_of_diffusers(ddpm, name, times):
    x0, noise = rows(2)
    for time in (0, times // 2, times - 1):
        expected = ddpm(name, times).add_noise(x0, noise, torch.full((6,), time))
        assert torch.allclose(
            diffuse(x0, noise, levels(name, times, time)[0]), expected, rtol=1e-6, atol=1e-6
        )


@pytest.mark.parametrize(("name", "times"), SCHEDULES)
def test_a_step_of_ddpm_is_that_of_diffusers(ddpm, name, times):
    x, noise = rows(2)
    for time in (0, 1, times // 2, times - 2):
        now, before = levels(name, times, time)
        mean = posterior_mean(estimated_x0(x, noise, now), x, now, before)
        fresh = torch.randn(6, 3, generator=torch.Generator().manual_seed(1))
        ours = mean + posterior_variance(now, before).sqrt() * fresh
        theirs = ddpm(name, times).step(noise, time, x, generator=torch.Generator().manual_seed(1))
        assert torch.allclose(ours, theirs.prev_sample, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("eta", [0.0, 0.5, 1.0])
@pytest.mark.parametrize(("name", "times"), SCHEDULES)
def test_a_step_of_ddim_is_that_of_diffusers(ddim, name, times, eta):
    x, noise, fresh = rows(3)
    for time in (0, 1, times // 2, times - 2):
        now, before = levels(name, times, time)
        ours = ddim_step(estimated_x0(x, noise, now), noise, fresh, now, before, eta)
        theirs = ddim(name, times).step(noise, time, x, eta=eta, variance_noise=fresh)
        assert torch.allclose(ours, theirs.prev_sample, rtol=1e-6, atol=1e-6)


def test_ddim_with_eta_1_is_a_step_of_ddpm():
    x, noise, fresh = rows(3)
    now, before = levels("linear", 50, 20)
    x0 = estimated_x0(x, noise, now)
    expected = posterior_mean(x0, x, now, before) + posterior_variance(now, before).sqrt() * fresh
    assert torch.allclose(ddim_step(x0, noise, fresh, now, before, 1.0), expected, atol=1e-6)


def test_noising_is_undone_by_knowing_either_part():
    x0, noise = rows(2)
    now, _ = levels("squaredcos_cap_v2", 10, 4)
    x = diffuse(x0, noise, now)
    assert torch.allclose(estimated_x0(x, noise, now), x0, atol=1e-5)
    assert torch.allclose(estimated_noise(x, x0, now), noise, atol=1e-5)


def test_a_chain_worked_by_hand():
    # Betas 1/2, 1/2: half, then a quarter of the variance is left. Back from the second time:
    # a = sqrt(1/2) (1/2) / (3/4) = 0.4714, b = sqrt(1/2) (1/2) / (3/4), variance = (1/2) (1/2) / (3/4) = 1/3.
    bars = alpha_bars(torch.tensor([0.5, 0.5]))
    assert bars.tolist() == pytest.approx([0.5, 0.25])
    one, two = torch.ones(1, 1), torch.full((1, 1), 2.0)
    assert posterior_mean(one, two, bars[1], bars[0]).item() == pytest.approx(3 * 0.4714045)
    assert posterior_variance(bars[1], bars[0]).item() == pytest.approx(1 / 3)


def test_visited_times_fall_to_the_first():
    assert spaced(10, 4).tolist() == [7, 5, 2, 0]
    assert spaced(5, 5).tolist() == [4, 3, 2, 1, 0]


MEAN, STD = torch.tensor([1.0, -2.0]), torch.tensor([0.5, 1.5])
BARS = alpha_bars(cosine_betas(200))


def exact(x, time):
    """E[x_0 | x_t] for x_0 ~ N(m, s^2): m + sqrt(a) s^2 (x_t - sqrt(a) m) / (a s^2 + 1 - a)."""
    bar = BARS[time]
    gain = bar.sqrt() * STD.square() / (bar * STD.square() + 1 - bar)
    return MEAN + gain * (x - bar.sqrt() * MEAN)


@pytest.mark.parametrize(("steps", "eta"), [(200, 1.0), (200, 0.0), (50, 0.0)])
def test_the_exact_denoiser_draws_its_gaussian(steps, eta):
    generator = torch.Generator().manual_seed(0)
    start = torch.randn(8000, 2, generator=generator)
    drawn = denoised(exact, start, BARS, spaced(200, steps), eta, 20.0, generator)
    assert torch.allclose(drawn.mean(dim=0), MEAN, atol=0.1)
    assert torch.allclose(drawn.std(dim=0), STD, rtol=0.04)


def test_ddim_with_eta_0_follows_the_start_alone():
    start = rows(1)[0][:, :2]

    def run(eta, seed):
        generator = torch.Generator().manual_seed(seed)
        return denoised(exact, start, BARS, spaced(200, 20), eta, 5.0, generator)

    assert torch.equal(run(0.0, 1), run(0.0, 2))
    assert not torch.equal(run(1.0, 1), run(1.0, 2))


def test_what_is_drawn_stays_within_the_bound():
    start = rows(1)[0]
    times = spaced(200, 10)
    wild = denoised(lambda x, _: -9 * torch.ones_like(x), start, BARS, times, 0.0, 5.0, torch.Generator())
    assert wild.abs().max() <= 5
