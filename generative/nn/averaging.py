"""Exponential averages of weights, with a warm-up."""

import torch
from torch import nn

# Updates after which the decay of the warm-up is one half.
WARM_UP = 10


@torch.no_grad()
def move_average(average: nn.Module, current: nn.Module, decay: float, update: int) -> None:
    """w̄ ← d w̄ + (1 - d) w, d = min(decay, t / (t + 10)) at update t.

    Early weights are poor, so the average follows the current weights quickly at first.
    """
    warmed = min(decay, update / (update + WARM_UP))
    for slow, fast in zip(average.parameters(), current.parameters(), strict=True):
        slow.lerp_(fast, 1 - warmed)
