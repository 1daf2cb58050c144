"""K Gaussians of full covariance, and what of data is needed to estimate them; shared by mixtures and chains.

Double precision inside: sums of squares of nearly singular data lose what single precision keeps.
"""

import math
from dataclasses import dataclass
from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor

# Rows beyond so many teach EM little and cost as much as the first.
MOST_ROWS = 8000


def some(count: int, generator: torch.Generator) -> Int[Tensor, "M"]:
    """Which rows EM learns from: all, or as many as it needs, by chance."""
    if count <= MOST_ROWS:
        return torch.arange(count)
    return torch.randperm(count, generator=generator)[:MOST_ROWS]


@dataclass(frozen=True)
class PriorConfig:
    """What keeps estimates of few rows from collapsing; shares are of the weight of all rows."""

    # Standard deviation f towards which each covariance is drawn; usually the noise of training.
    prior_std: float = 0.1
    # Weight λ with which it is drawn there; of a part with weight w no deviation is below f √(λ / (w + λ)).
    # Usually 1e-4 to 1e-2.
    shrinkage: float = 1e-3
    # Weight every part has without any row, so that one that lost its rows can win others.
    least_weight: float = 1e-4


class Moments(NamedTuple):
    """Of each of K parts: Σ γ, Σ γ x, Σ γ x xᵀ over rows with weights γ, divided by the number of rows."""

    weight: Float[Tensor, "K"]
    first: Float[Tensor, "K X"]
    second: Float[Tensor, "K X X"]


class Gaussians(NamedTuple):
    """Means and lower Cholesky factors of the covariances of K Gaussians."""

    mean: Float[Tensor, "K X"]
    cholesky: Float[Tensor, "K X X"]


def moments(x: Float[Tensor, "B X"], share: Float[Tensor, "B K"]) -> Moments:
    """The moments of rows, of each of which every part takes a share."""
    first = share.T @ x
    second = torch.einsum("bk,bi,bj->kij", share, x, x)
    return Moments(share.sum(dim=0) / len(x), first / len(x), second / len(x))


def estimate(of: Moments, prior: PriorConfig) -> Gaussians:
    """The most likely Gaussians: μ = Σ γ x / Σ γ, S = (Σ γ (x-μ)(x-μ)ᵀ + λ f² I) / (Σ γ + λ).

    λ is the shrinkage and f its aim: the mode under the penalty of `log_prior` (Fraley & Raftery 2007
    give priors of this kind).
    """
    weight = of.weight[:, None].clamp(min=1e-30)
    mean = of.first / weight
    spread = of.second - weight[..., None] * mean[:, :, None] * mean[:, None, :]
    eye = torch.eye(mean.shape[1], dtype=mean.dtype)
    drawn = prior.shrinkage * prior.prior_std**2
    # What rounding takes from a variance of zero is far below this.
    covariance = (spread + (drawn + 1e-12) * eye) / (weight[..., None] + prior.shrinkage)
    return Gaussians(mean, torch.linalg.cholesky(covariance))


def log_weights(weight: Float[Tensor, "*K"], prior: PriorConfig) -> Float[Tensor, "*K"]:
    """Log of the shares, each raised by the least weight before they are made to sum to 1."""
    raised = weight + prior.least_weight
    return (raised / raised.sum(dim=-1, keepdim=True)).log()


def log_prior(log_weight: Float[Tensor, "K"], parts: Gaussians, prior: PriorConfig) -> Float[Tensor, ""]:
    """What EM raises beside the mean log-likelihood: α Σ log wₖ - λ/2 Σ (log |Sₖ| + f² tr Sₖ⁻¹)."""
    log_det = 2 * parts.cholesky.diagonal(dim1=1, dim2=2).log().sum()
    trace = torch.cholesky_inverse(parts.cholesky).diagonal(dim1=1, dim2=2).sum()
    drawn = -0.5 * prior.shrinkage * (log_det + prior.prior_std**2 * trace)
    return prior.least_weight * log_weight.sum() + drawn


def log_densities(x: Float[Tensor, "*B X"], parts: Gaussians) -> Float[Tensor, "*B K"]:
    """Log N(x; μₖ, Sₖ) = -½ |L⁻¹ (x - μ)|² - log |L| - X/2 log 2π of every row under every part."""
    away = x.flatten(0, -2) - parts.mean[:, None]  # (K, rows, X)
    z = torch.linalg.solve_triangular(parts.cholesky, away.transpose(1, 2), upper=False)
    log_det = parts.cholesky.diagonal(dim1=1, dim2=2).log().sum(dim=1)
    inside = -0.5 * z.square().sum(dim=1) - log_det[:, None] - 0.5 * x.shape[-1] * math.log(2 * math.pi)
    return inside.T.reshape(*x.shape[:-1], len(parts.mean))


def leading(parts: Gaussians, columns: int) -> Gaussians:
    """The Gaussians of the first columns alone: the leading block of a Cholesky factor is theirs."""
    return Gaussians(parts.mean[:, :columns], parts.cholesky[:, :columns, :columns])


def conditional_means(parts: Gaussians, context: Float[Tensor, "B C"]) -> Float[Tensor, "B K X"]:
    """Mean of the other columns given the first: μₓ + Lₓ꜀ L꜀꜀⁻¹ (context - μ꜀) in every part."""
    c = context.shape[1]
    first = leading(parts, c)
    away = (context - first.mean[:, None]).transpose(1, 2)  # (K, C, B)
    z = torch.linalg.solve_triangular(first.cholesky, away, upper=False)
    return parts.mean[:, c:] + torch.einsum("kxc,kcb->bkx", parts.cholesky[:, c:, :c], z)


def nearest(x: Float[Tensor, "B X"], centers: Float[Tensor, "K X"]) -> Int[Tensor, "B"]:
    """Which center is nearest to each row."""
    return torch.cdist(x, centers).argmin(dim=1)


def k_means(
    x: Float[Tensor, "B X"], k: int, generator: torch.Generator, sweeps: int = 20
) -> Int[Tensor, "B"]:
    """A cluster for every row: centers drawn far apart (Arthur & Vassilvitskii 2007), then Lloyd's sweeps."""
    centers = x[torch.randint(len(x), (1,), generator=generator)]
    for _ in range(k - 1):
        # Where all rows are drawn already any will do.
        far = torch.cdist(x, centers).min(dim=1).values.square() + 1e-12
        centers = torch.cat((centers, x[torch.multinomial(far, 1, generator=generator)]))
    for _ in range(sweeps):
        share = torch.nn.functional.one_hot(nearest(x, centers), k).to(x.dtype)
        count = share.sum(dim=0)[:, None]
        # A center that no row is near stays where it is.
        centers = torch.where(count > 0, share.T @ x / count.clamp(min=1), centers)
    return nearest(x, centers)
