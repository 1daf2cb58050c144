"""Standardising: columns in standard deviations from the mean of some rows, bounded."""

from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

# Least standard deviation: a constant column would divide by zero.
STD_FLOOR = 1e-3
# Usual bound: what lies further away is taken to lie there.
CLIP = 5.0


class Standard(NamedTuple):
    """Mean and standard deviation of columns."""

    mean: Float[Tensor, "X"]
    std: Float[Tensor, "X"]

    @classmethod
    def of(cls, rows: Float[Tensor, "N X"]) -> "Standard":
        """Those of rows."""
        return cls(rows.mean(dim=0), rows.std(dim=0, correction=0).clamp(min=STD_FLOOR))

    @classmethod
    def plain(cls, width: int) -> "Standard":
        """Leaves every column as it is."""
        return cls(torch.zeros(width), torch.ones(width))

    def scaled(self, x: Float[Tensor, "*B X"], clip: float = CLIP) -> Float[Tensor, "*B X"]:
        """Z = (x - mean) / std, within ± clip."""
        return ((x - self.mean) / self.std).clamp(-clip, clip)

    def back(self, z: Float[Tensor, "*B X"]) -> Float[Tensor, "*B X"]:
        """X = mean + std z."""
        return self.mean + self.std * z
