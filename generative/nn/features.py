"""Random Fourier features: a fixed map under which linear models bend (Rahimi & Recht 2007)."""

import math

import torch
from jaxtyping import Float
from torch import Tensor, nn

# Pairs of rows whose distances give the bandwidth.
PAIRS = 2000


def median_distance(x: Float[Tensor, "N X"], generator: torch.Generator) -> Float[Tensor, ""]:
    """The median of |x - y| over random pairs of rows, at least 1e-3; the usual guess of a bandwidth."""
    a, b = (x[torch.randint(len(x), (PAIRS,), generator=generator)] for _ in range(2))
    return (a - b).norm(dim=1).median().clamp(min=1e-3)


class FourierFeatures(nn.Module):
    """x -> (1, x, √(2/F) cos(x Ω / ℓ + b)): a constant, the row itself, and F features.

    With Ω standard normal and b uniform over a turn, the inner product of two rows' features is on average
    the Gaussian kernel exp(-|x - y|² / 2ℓ²) (Rahimi & Recht 2007, algorithm 1). ℓ is `spread` times the
    median distance between the rows given to `fit`.

    Args:
        width: columns of x.
        count: F; 0 leaves the row itself.
        spread: of the bandwidth.
        seed: of Ω, b and the pairs.
    """

    frequency: Float[Tensor, "X F"]
    phase: Float[Tensor, "F"]
    bandwidth: Float[Tensor, ""]

    def __init__(self, width: int, count: int, spread: float, seed: int):
        super().__init__()
        self._spread, self.columns = spread, 1 + width + count
        self._generator = torch.Generator().manual_seed(seed)
        self.register_buffer("frequency", torch.randn(width, count, generator=self._generator))
        self.register_buffer("phase", 2 * math.pi * torch.rand(count, generator=self._generator))
        self.register_buffer("bandwidth", torch.tensor(spread * math.sqrt(2 * width)))

    def fit(self, x: Float[Tensor, "N X"]) -> None:
        """Take the bandwidth from rows."""
        self.bandwidth = self._spread * median_distance(x, self._generator)

    def forward(self, x: Float[Tensor, "*B X"]) -> Float[Tensor, "*B Y"]:
        """The features of every row."""
        scale = math.sqrt(2 / max(1, len(self.phase)))
        waves = scale * torch.cos(x @ self.frequency / self.bandwidth + self.phase)
        return torch.cat((torch.ones_like(x[..., :1]), x, waves), dim=-1)
