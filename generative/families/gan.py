"""GAN: a network that tells expert from agent, kept smooth by a gradient penalty (Goodfellow et al. 2014)."""

from dataclasses import dataclass, field

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from ..adversarial import AdversarialConfig, AdversarialCritic, Score
from ..networks import mlp, seeded


@dataclass(frozen=True)
class GANConfig:
    """Settings of the discriminator."""

    # Widths of the hidden layers; usually one or two of 64-256.
    layers: tuple[int, ...] = (128, 128)
    # Weight of the gradient penalty; usually 0.3-10.
    penalty: float = 10.0
    optimiser: AdversarialConfig = field(default_factory=AdversarialConfig)


class Discriminator(nn.Module):
    """x -> logit, expert high."""

    def __init__(self, width: int, layers: tuple[int, ...]):
        super().__init__()
        self.trunk = mlp((width, *layers, 1))

    def forward(self, x: Float[Tensor, "B X"]) -> Float[Tensor, "B"]:
        """One logit for each row."""
        return self.trunk(x).squeeze(-1)


def bce(logits_expert: Float[Tensor, "B"], logits_agent: Float[Tensor, "B"]) -> Float[Tensor, ""]:
    """L = (E_expert[-log D] + E_agent[-log(1 - D)]) / 2, D = sigmoid(logit); ln 2 when uninformed.

    Goodfellow et al. 2014, eq. 1, with expert as 1 (Ho & Ermon 2016 label the other way).
    """
    return (F.softplus(-logits_expert).mean() + F.softplus(logits_agent).mean()) / 2


def gradient_penalty(
    score: Score, expert: Float[Tensor, "B X"], agent: Float[Tensor, "B X"], generator: torch.Generator
) -> Float[Tensor, ""]:
    """E[(|grad score(x)| - 1)^2] at x between expert and agent (Gulrajani et al. 2017, eq. 3)."""
    mix = torch.rand((len(expert), 1), generator=generator)
    between = (mix * expert + (1 - mix) * agent).requires_grad_(True)
    (slope,) = torch.autograd.grad(score(between).sum(), between, create_graph=True)
    return (slope.norm(dim=1) - 1).square().mean()


def gan(width: int, seed: int, config: GANConfig | None = None) -> AdversarialCritic:
    """The critic of plain GAIL: cross-entropy with a gradient penalty."""
    config = config or GANConfig()

    def penalty(score: Score, expert: Tensor, agent: Tensor, generator: torch.Generator) -> Tensor:
        return config.penalty * gradient_penalty(score, expert, agent, generator)

    discriminator = seeded(seed, lambda: Discriminator(width, config.layers))
    return AdversarialCritic(discriminator, bce, penalty, config.optimiser, seed)
