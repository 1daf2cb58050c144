"""The interface of models that tell expert from agent."""

from abc import ABC, abstractmethod

from jaxtyping import Float
from torch import Tensor, nn


class Critic(nn.Module, ABC):
    """P(expert | x) = sigmoid(logit(x)): expert is 1, agent is 0, so a high logit means expert."""

    @abstractmethod
    def update(self, expert: Float[Tensor, "B X"], agent: Float[Tensor, "B X"]) -> dict[str, float]:
        """One training step on as many expert as agent samples; returns metrics."""

    @abstractmethod
    def logit(self, x: Float[Tensor, "B X"]) -> Float[Tensor, "B"]:
        """Log P(expert | x) - log P(agent | x), expert high, without gradients to the weights' owner."""
