"""Ridge regression with the deviation of its residuals: the floor that other world models stand on."""

import math
from dataclasses import dataclass
from typing import ClassVar

import torch
from jaxtyping import Float
from torch import Tensor

from ..interfaces.model import FitOptions, GenerativeModel, Kind


@dataclass(frozen=True)
class RidgeConfig:
    """Settings of the regression."""

    # Weight of the squared coefficients for each row; usually 1e-6 to 1e-2.
    penalty: float = 1e-4


class Ridge(GenerativeModel):
    """p(x | context) = N(W [context, 1], diag σ²), σ the deviation of the residuals.

    W minimises Σ |x - W c|² + N λ |W|² (Hoerl & Kennard 1970); an update adds to all sums so far.

    Args:
        width: columns of x.
        context: columns of the context, flattened.
        config: the penalty.
    """

    kind: ClassVar[Kind] = "log-likelihood"
    gram: Float[Tensor, "C1 C1"]
    cross: Float[Tensor, "C1 X"]
    squares: Float[Tensor, "X"]
    count: Float[Tensor, ""]
    weight: Float[Tensor, "C1 X"]

    def __init__(self, width: int, context: int, config: RidgeConfig):
        super().__init__()
        self._penalty = config.penalty
        for name, shape in (
            ("gram", (context + 1, context + 1)),
            ("cross", (context + 1, width)),
            ("squares", (width,)),
            ("count", ()),
        ):
            self.register_buffer(name, torch.zeros(shape, dtype=torch.float64))
        self.register_buffer("weight", torch.zeros(context + 1, width))
        self.register_buffer("std", torch.ones(width))

    def update(self, x: Float[Tensor, "B X"], context: Float[Tensor, "B ..."]) -> dict[str, float]:
        """Add rows to the sums and solve again."""
        c, y = _with_one(context).double(), x.double()
        self.gram += c.T @ c
        self.cross += c.T @ y
        self.squares += y.square().sum(dim=0)
        self.count += len(x)
        # The constant is not shrunk.
        shrunk = torch.ones(len(self.gram), dtype=torch.float64)
        shrunk[-1] = 0.0
        ridge = self._penalty * self.count * torch.diag(shrunk) + 1e-9 * torch.eye(len(self.gram))
        weight = torch.linalg.solve(self.gram + ridge, self.cross)
        # Σ (y - Wc)² = Σ y² - 2 W·Σ cy + W·(Σ cc) W
        missed = self.squares - (weight * (2 * self.cross - self.gram @ weight)).sum(dim=0)
        self.weight = weight.to(x.dtype)
        self.std = (missed / self.count).clamp(min=1e-8).sqrt().to(x.dtype)
        return {"loss": -self.score(x, context).mean().item()}

    def fit(
        self, x: Float[Tensor, "N X"], context: Float[Tensor, "N ..."], options: FitOptions
    ) -> dict[str, float]:
        """Solve for all rows at once and drop earlier sums; no option changes that."""
        for sums in (self.gram, self.cross, self.squares, self.count):
            sums.zero_()
        return self.update(x, context)

    def score(self, x: Float[Tensor, "B X"], context: Float[Tensor, "B ..."]) -> Float[Tensor, "B"]:
        """Log p(x | context) [nats]."""
        z = (x - _with_one(context) @ self.weight) / self.std
        return (-0.5 * z.square() - self.std.log() - 0.5 * math.log(2 * math.pi)).sum(dim=-1)

    @torch.no_grad()
    def sample(
        self, context: Float[Tensor, "B ..."], n: int, generator: torch.Generator
    ) -> Float[Tensor, "n B X"]:
        """The regression and noise of its residuals' deviation."""
        mean = _with_one(context) @ self.weight
        return mean + self.std * torch.randn(n, *mean.shape, generator=generator)

    @torch.no_grad()
    def expectation(
        self, drawn: Float[Tensor, "n B X"], context: Float[Tensor, "B ..."]
    ) -> Float[Tensor, "B X"]:
        """The regression itself."""
        return _with_one(context) @ self.weight


def _with_one(context: Float[Tensor, "B ..."]) -> Float[Tensor, "B C1"]:
    flat = context.flatten(1)
    return torch.cat((flat, torch.ones_like(flat[:, :1])), dim=1)
