"""What keeps a score smooth: functions of the score and of both batches, added to its loss."""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor, nn

Score = Callable[[Tensor], Tensor]
# (score, expert, agent, generator) -> what is added to the loss.
Regularizer = Callable[
    [Score, Float[Tensor, "B ..."], Float[Tensor, "B ..."], torch.Generator], Float[Tensor, ""]
]


def nothing(
    score: Score, expert: Float[Tensor, "B ..."], agent: Float[Tensor, "B ..."], generator: torch.Generator
) -> Float[Tensor, ""]:
    """No regularizer."""
    return torch.zeros(())


def gradient_penalty(
    score: Score, expert: Float[Tensor, "B X"], agent: Float[Tensor, "B X"], generator: torch.Generator
) -> Float[Tensor, ""]:
    """E[(|grad score(x)| - 1)^2] at x between expert and agent (Gulrajani et al. 2017, eq. 3)."""
    mix = torch.rand((len(expert), 1), generator=generator)
    between = (mix * expert + (1 - mix) * agent).requires_grad_(True)
    (slope,) = torch.autograd.grad(score(between).sum(), between, create_graph=True)
    return (slope.norm(dim=1) - 1).square().mean()


def weighted(weight: float, regularizer: Regularizer) -> Regularizer:
    """A regularizer times its weight."""

    def penalty(score: Score, expert: Tensor, agent: Tensor, generator: torch.Generator) -> Tensor:
        return weight * regularizer(score, expert, agent, generator)

    return penalty


def spectral(network: nn.Module) -> nn.Module:
    """Every linear layer divided by its largest singular value (Miyato et al. 2018); slopes stay below 1."""
    for layer in list(network.modules()):
        if isinstance(layer, nn.Linear):
            nn.utils.parametrizations.spectral_norm(layer)
    return network
