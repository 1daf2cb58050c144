"""Beam search: of many ways to go on step by step, the likeliest whole window."""

import torch
from jaxtyping import Float
from torch import Tensor

from ..interfaces.gaussian_head import GaussianModel
from ..interfaces.window_context import Known
from ..interfaces.window_model import FitConfig, StepByStep, WindowShape, require_start


class Beam(StepByStep):
    """Draws nothing by chance: each step goes on with a mean of the mixture, a window is worth Σ log w.

    Args:
        model: a mixture of the next step.
        shape: of the windows.
        memory: rows of a context.
        config: how long it learns.
        width: windows that are followed at a time.
    """

    model: GaussianModel

    def __init__(self, model: GaussianModel, shape: WindowShape, memory: int, config: FitConfig, width: int):
        super().__init__(model, shape, memory, config)
        self._width = width

    @torch.no_grad()
    def draw(self, known: Known, generator: torch.Generator) -> Float[Tensor, "B T C"]:
        """The best of the windows followed."""
        require_start(known, self._shape.state)
        count, width = len(known.rows), self._width
        rows = known.rows.repeat_interleave(width, dim=0)
        condition = known.condition.repeat_interleave(width, dim=0)
        # At first all windows of a row are one.
        worth = torch.full((count, width), -torch.inf)
        worth[:, 0] = 0.0
        for t in range(rows.shape[1]):
            mixture = self.model.mixture(self.context_at(rows, condition, t))
            ways = worth[:, :, None] + mixture.log_weight.unflatten(0, (count, width))
            worth, place = ways.flatten(1).topk(width, dim=1)
            parts = mixture.log_weight.shape[1]
            followed = (torch.arange(count)[:, None] * width + place // parts).flatten()
            rows = rows[followed].clone()
            rows[:, t, self._shape.state :] = mixture.mean[followed, (place % parts).flatten()]
            self.lead_on(rows, t)
        return rows.unflatten(0, (count, width))[:, 0]
