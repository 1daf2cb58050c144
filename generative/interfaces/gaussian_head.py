"""Mixtures of diagonal Gaussians whose parameters a network reads from the context (Bishop 1994)."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor, nn

from ..nn.networks import seeded
from .model import GenerativeModel, Kind


@dataclass(frozen=True)
class HeadConfig:
    """Settings of the mixture and of its optimizer."""

    # Gaussians in the mixture; usually 1-8.
    components: int = 4
    # Least standard deviation, in those of x; usually below the noise of training.
    least_std: float = 0.05
    # Greatest standard deviation, in those of x; usually 1-3.
    greatest_std: float = 3.0
    # Adam's learning rate; usually 3e-4 to 3e-3.
    learning_rate: float = 1e-3
    # Bound on the norm of the gradient: far rows under a narrow Gaussian have steep ones.
    gradient_norm: float = 10.0


class Mixture(NamedTuple):
    """K weighted diagonal Gaussians for each of B rows; the weights of a row sum to 1."""

    log_weight: Float[Tensor, "B K"]
    mean: Float[Tensor, "B K X"]
    log_std: Float[Tensor, "B K X"]


def log_density(x: Float[Tensor, "B X"], mixture: Mixture) -> Float[Tensor, "B"]:
    """Log p(x) = log Σₖ wₖ Πᵢ N(xᵢ; μₖᵢ, σₖᵢ²) [nats] (Bishop 1994)."""
    z = (x[:, None] - mixture.mean) * torch.exp(-mixture.log_std)
    inside = -0.5 * z.square() - mixture.log_std - 0.5 * math.log(2 * math.pi)
    return torch.logsumexp(mixture.log_weight + inside.sum(dim=-1), dim=-1)


def draw(mixture: Mixture, n: int, generator: torch.Generator) -> Float[Tensor, "n B X"]:
    """N draws of every row: first a component, then a point of it."""
    chosen = torch.multinomial(mixture.log_weight.exp(), n, replacement=True, generator=generator)  # (B, n)
    row = torch.arange(len(chosen))[:, None]
    mean, std = mixture.mean[row, chosen], mixture.log_std[row, chosen].exp()
    return (mean + std * torch.randn(mean.shape, generator=generator)).transpose(0, 1)


def bounded(raw: Float[Tensor, "..."], low: float, high: float) -> Float[Tensor, "..."]:
    """Low + (high - low) sigmoid(raw): never beyond the bounds, with a slope everywhere."""
    return low + (high - low) * torch.sigmoid(raw)


class GaussianHead(nn.Module):
    """Features -> a mixture over x."""

    def __init__(self, features: int, width: int, config: HeadConfig):
        super().__init__()
        self._shape = (config.components, width)
        self._bounds = math.log(config.least_std), math.log(config.greatest_std)
        self.linear = nn.Linear(features, config.components * (1 + 2 * width))

    def forward(self, features: Float[Tensor, "B F"]) -> Mixture:
        """The mixture of every row."""
        count, width = self._shape
        weight, mean, spread = self.linear(features).split((count, count * width, count * width), dim=-1)
        log_std = bounded(spread.unflatten(-1, self._shape), *self._bounds)
        return Mixture(weight.log_softmax(dim=-1), mean.unflatten(-1, self._shape), log_std)


class GaussianModel(GenerativeModel):
    """p(x | context) with x of one step and the context the steps before it, of any content.

    The context has shape (B, V, Z), oldest first; its last column marks with 1 the steps that exist. V may
    be 0 and then also come as (B, 0).

    Args:
        encoder: builds the network context (B, V, Z) -> features (B, F).
        features: F.
        width: columns of x.
        columns: Z.
        config: of the head and the optimizer.
        seed: of the weights.
    """

    kind: ClassVar[Kind] = "log-likelihood"

    def __init__(
        self,
        encoder: Callable[[], nn.Module],
        features: int,
        width: int,
        columns: int,
        config: HeadConfig,
        seed: int,
    ):
        super().__init__()
        self.encoder = seeded(seed, encoder)
        self.head = seeded(seed + 1, lambda: GaussianHead(features, width, config))
        self._columns, self._gradient_norm = columns, config.gradient_norm
        self._optimizer = torch.optim.Adam(self.parameters(), config.learning_rate, fused=True)

    def mixture(self, context: Float[Tensor, "B ..."]) -> Mixture:
        """What is expected after each context."""
        steps = math.prod(context.shape[1:]) // self._columns
        return self.head(self.encoder(context.reshape(len(context), steps, self._columns)))

    def update(self, x: Float[Tensor, "B X"], context: Float[Tensor, "B ..."]) -> dict[str, float]:
        """One step of Adam on L = E[-log p(x | context)]."""
        loss = -self.score(x, context).mean()
        self._optimizer.zero_grad()
        loss.backward()
        norm = nn.utils.clip_grad_norm_(self.parameters(), self._gradient_norm)
        self._optimizer.step()
        return {"loss": loss.item(), "gradient_norm": norm.item()}

    def score(self, x: Float[Tensor, "B X"], context: Float[Tensor, "B ..."]) -> Float[Tensor, "B"]:
        """Log p(x | context) [nats]."""
        return log_density(x, self.mixture(context))

    @torch.no_grad()
    def sample(
        self, context: Float[Tensor, "B ..."], n: int, generator: torch.Generator
    ) -> Float[Tensor, "n B X"]:
        """N draws of the next step."""
        return draw(self.mixture(context), n, generator)
