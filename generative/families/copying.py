"""Controls among generators: windows of the training data, given back as they are."""

import torch
from jaxtyping import Float
from torch import Tensor

from ..interfaces.motion import Units
from ..interfaces.window_context import Known
from ..interfaces.window_model import WindowModel, WindowShape


class Copy(WindowModel):
    """Any training window of the nearest condition."""

    fills = True
    rows: Float[Tensor, "N T C"]
    condition: Float[Tensor, "N K"]

    def __init__(self, shape: WindowShape):
        super().__init__()
        self._shape = shape
        self.register_buffer("rows", torch.zeros(0, shape.steps, shape.columns))
        self.register_buffer("condition", torch.zeros(0, shape.condition))

    def fit(
        self, rows: Float[Tensor, "N T C"], condition: Float[Tensor, "N K"], units: Units, seed: int
    ) -> dict[str, float]:
        """Keep everything."""
        self.rows, self.condition = rows, condition
        return {}

    def draw(self, known: Known, generator: torch.Generator) -> Float[Tensor, "B T C"]:
        """One of the nearest condition's windows, by chance."""
        far = torch.cdist(known.condition, self.condition)
        near = far <= far.min(dim=1, keepdim=True).values + 1e-6
        return self.rows[torch.multinomial(near.float(), 1, generator=generator).squeeze(1)]


class Nearest(Copy):
    """The training window that agrees best with what is known, and with the condition."""

    def draw(self, known: Known, generator: torch.Generator) -> Float[Tensor, "B T C"]:
        """By the squared distance over known entries; the condition counts like a window's worth of them."""
        weight = known.mask.flatten(1)
        rows, asked = self.rows.flatten(1), (known.rows * known.mask).flatten(1)
        # Σ m (r - a)² = m·r² - 2 (m a)·r + Σ m a²
        apart = weight @ rows.square().T - 2 * asked @ rows.T + (weight * asked.square()).sum(1, keepdim=True)
        condition = torch.cdist(known.condition, self.condition).square()
        return self.rows[(apart + weight.sum(1, keepdim=True) * condition).argmin(dim=1)]
