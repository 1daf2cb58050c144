"""Diffusion in equations: how noise grows over the times 0 .. T-1, and the steps back to the data.

Everything is a function of alpha_bar, the share of the data's variance left at a time; before time 0 it is 1.
"""

import itertools
import math
from collections.abc import Callable

import torch
from jaxtyping import Float, Int
from torch import Tensor

# (x_t, t) -> the estimate of x_0.
EstimateClean = Callable[[Float[Tensor, "*B X"], int], Float[Tensor, "*B X"]]


def linear_betas(times: int, first: float = 1e-4, last: float = 0.02) -> Float[Tensor, "T"]:
    """beta_t from first to last in equal steps (Ho et al. 2020, section 4; the ends fit T = 1000).

    With few times much of the data remains at the last one: a schedule to judge by, not to draw from.
    """
    return torch.linspace(first, last, times)


def cosine_betas(times: int, offset: float = 0.008, most: float = 0.999) -> Float[Tensor, "T"]:
    """beta_t = 1 - f(t + 1) / f(t), f(t) = cos^2((t/T + s) / (1 + s) pi/2).

    Nichol & Dhariwal 2021, eq. 17, where s is the offset and no beta exceeds `most`.
    """
    share = torch.arange(times + 1, dtype=torch.float64) / times
    remaining = torch.cos((share + offset) / (1 + offset) * math.pi / 2).square()
    return (1 - remaining[1:] / remaining[:-1]).clamp(max=most).float()


def alpha_bars(betas: Float[Tensor, "T"]) -> Float[Tensor, "T"]:
    """alpha_bar_t = prod_{s <= t} (1 - beta_s) (Ho et al. 2020, below eq. 4)."""
    return torch.cumprod(1 - betas, dim=0)


def diffuse(
    x0: Float[Tensor, "*#B X"], noise: Float[Tensor, "*#B X"], alpha_bar: Float[Tensor, "..."]
) -> Float[Tensor, "*#B X"]:
    """x_t = sqrt(alpha_bar) x_0 + sqrt(1 - alpha_bar) noise, from q(x_t | x_0) (Ho et al. 2020, eq. 4)."""
    return alpha_bar.sqrt() * x0 + (1 - alpha_bar).sqrt() * noise


def estimated_x0(
    x: Float[Tensor, "*B X"], noise: Float[Tensor, "*B X"], alpha_bar: Float[Tensor, "..."]
) -> Float[Tensor, "*B X"]:
    """x_0 = (x_t - sqrt(1 - alpha_bar) noise) / sqrt(alpha_bar) (Ho et al. 2020, eq. 15)."""
    return (x - (1 - alpha_bar).sqrt() * noise) / alpha_bar.sqrt()


def estimated_noise(
    x: Float[Tensor, "*B X"], x0: Float[Tensor, "*B X"], alpha_bar: Float[Tensor, "..."]
) -> Float[Tensor, "*B X"]:
    """Noise = (x_t - sqrt(alpha_bar) x_0) / sqrt(1 - alpha_bar), the same equation solved for the noise."""
    return (x - alpha_bar.sqrt() * x0) / (1 - alpha_bar).sqrt()


def posterior_mean(
    x0: Float[Tensor, "*B X"],
    x: Float[Tensor, "*B X"],
    alpha_bar: Float[Tensor, "..."],
    before: Float[Tensor, "..."],
) -> Float[Tensor, "*B X"]:
    """Mean of q(x_{t-1} | x_t, x_0) = a x_0 + b x_t (Ho et al. 2020, eq. 7).

    a = sqrt(alpha_bar_{t-1}) beta_t / (1 - alpha_bar_t),
    b = sqrt(alpha_t) (1 - alpha_bar_{t-1}) / (1 - alpha_bar_t),
    with alpha_t = 1 - beta_t = alpha_bar_t / alpha_bar_{t-1}.
    """
    alpha = alpha_bar / before
    return (before.sqrt() * (1 - alpha) * x0 + alpha.sqrt() * (1 - before) * x) / (1 - alpha_bar)


def posterior_variance(alpha_bar: Float[Tensor, "..."], before: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
    """Variance of q(x_{t-1} | x_t, x_0) = beta_t (1 - alpha_bar_{t-1}) / (1 - alpha_bar_t) (ibid., eq. 7)."""
    return (1 - alpha_bar / before) * (1 - before) / (1 - alpha_bar)


def ddim_step(
    x0: Float[Tensor, "*B X"],
    noise: Float[Tensor, "*B X"],
    fresh: Float[Tensor, "*B X"],
    alpha_bar: Float[Tensor, ""],
    before: Float[Tensor, ""],
    eta: float,
) -> Float[Tensor, "*B X"]:
    """x_before = sqrt(alpha_bar_before) x_0 + sqrt(1 - alpha_bar_before - sigma^2) noise + sigma fresh.

    sigma = eta sqrt(posterior_variance) (Song et al. 2021, eq. 12 and 16). With eta 0 nothing fresh comes in;
    with eta 1 and neighbouring times this is a draw of q(x_{t-1} | x_t, x_0), the step of DDPM.
    """
    variance = eta**2 * posterior_variance(alpha_bar, before)
    # Rounding could give a value slightly below zero.
    noise_scale = (1 - before - variance).clamp(min=0).sqrt()
    return before.sqrt() * x0 + noise_scale * noise + variance.sqrt() * fresh


def spaced(times: int, steps: int) -> Int[Tensor, "S"]:
    """Times floor(i T / S) for i = S-1 .. 0 (Song et al. 2021, section D.2); all of them when S = T.

    Fewer leave out the last times: where data begins to show, pure noise is taken for it.
    """
    return torch.arange(steps - 1, -1, -1) * times // steps


def from_the_last(times: int, steps: int) -> Int[Tensor, "S"]:
    """Times from T - 1 down to 0 at equal distances: the first step begins where there is noise alone."""
    return torch.linspace(times - 1, 0, steps).round().long()


def denoised(
    estimate: EstimateClean,
    start: Float[Tensor, "*B X"],
    alpha_bar: Float[Tensor, "T"],
    times: Int[Tensor, "S"],
    eta: float,
    bound: float,
    generator: torch.Generator,
) -> Float[Tensor, "*B X"]:
    """Data from noise, one `ddim_step` at each of some times.

    Args:
        estimate: estimates x_0 from x_t.
        start: standard normal.
        alpha_bar: its value at every time.
        times: falling, from `spaced` or `from_the_last`; all of them and eta 1 are DDPM, fewer and eta 0 the
            usual DDIM.
        eta: share of fresh noise, 0-1.
        bound: bounds the estimates of x_0, because small errors grow where little of the data is left.
        generator: draws the fresh noise.
    """
    x, visited = start, times.tolist()
    levels = [*alpha_bar[visited], torch.ones(())]
    for time, (now, before) in zip(visited, itertools.pairwise(levels), strict=True):
        x0 = estimate(x, time).clamp(-bound, bound)
        fresh = torch.randn(x.shape, generator=generator)
        x = ddim_step(x0, estimated_noise(x, x0, now), fresh, now, before, eta)
    return x
