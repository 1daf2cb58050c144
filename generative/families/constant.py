"""The control that knows nothing: every step is worth the same, so that only surviving pays."""

import math

import torch
from jaxtyping import Float
from torch import Tensor

from ..model import Critic


class ConstantCritic(Critic):
    """P(expert | x) = 1/2 whatever x is."""

    def update(self, expert: Float[Tensor, "B X"], agent: Float[Tensor, "B X"]) -> dict[str, float]:
        """Learns nothing; its cross-entropy is that of an uninformed guess, ln 2."""
        return {"loss": math.log(2)}

    def logit(self, x: Float[Tensor, "B X"]) -> Float[Tensor, "B"]:
        """Zero for every row."""
        return torch.zeros(len(x))


def constant() -> ConstantCritic:
    """The constant control; inputs and seeds change nothing."""
    return ConstantCritic()
