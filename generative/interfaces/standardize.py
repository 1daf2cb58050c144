"""Standardising: columns in standard deviations from the mean of some rows, bounded."""

from dataclasses import replace
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from .rollout import Rollout

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


class Scales(NamedTuple):
    """The standards of observations and of actions."""

    obs: Standard
    action: Standard

    @classmethod
    def of(cls, steps: Rollout) -> "Scales":
        """Those of steps, usually of demonstrations."""
        return cls(Standard.of(steps.obs.flatten(0, 1)), Standard.of(steps.action.flatten(0, 1)))

    def scaled(self, steps: Rollout, clip: float = CLIP) -> Rollout:
        """Steps and what came before them in these units, within ± clip."""
        return replace(
            steps,
            obs=self.obs.scaled(steps.obs, clip),
            action=self.action.scaled(steps.action, clip),
            next_obs=self.obs.scaled(steps.next_obs, clip),
            history=None if steps.history is None else self.scaled(steps.history, clip),
        )
