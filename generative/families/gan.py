"""GAN: a network that tells expert from agent; losses and means of keeping it smooth are handed in."""

from dataclasses import dataclass, field

import torch
from jaxtyping import Float
from torch import Tensor, nn

from ..interfaces.adversarial import AdversarialConfig, AdversarialCritic
from ..nn.losses import Loss, bce, hinge, least_squares, smoothed_bce, wasserstein
from ..nn.networks import mlp, seeded
from ..nn.regularizers import gradient_penalty, nothing, spectral, weighted


@dataclass(frozen=True)
class GANConfig:
    """Settings of the discriminator."""

    # Widths of the hidden layers; usually one or two of 64-256.
    layers: tuple[int, ...] = (128, 128)
    # Weight of the gradient penalty; usually 0.3-10; 0 leaves it out.
    penalty: float = 10.0
    optimizer: AdversarialConfig = field(default_factory=AdversarialConfig)
    # Divide every layer by its largest singular value.
    spectral_norm: bool = False
    # The expert's label in the cross-entropy; 1 smooths nothing, usually 0.9-1.
    label: float = 1.0


class Discriminator(nn.Module):
    """x -> one number, expert high."""

    def __init__(self, width: int, layers: tuple[int, ...], bias: bool = True):
        super().__init__()
        self.trunk = mlp((width, *layers, 1))
        if not bias:
            self.trunk[-1].register_parameter("bias", None)

    def forward(self, x: Float[Tensor, "B X"]) -> Float[Tensor, "B"]:
        """One number for each row."""
        return self.trunk(x).squeeze(-1)


class Middle(nn.Module):
    """Link of a score without a zero of its own: the running middle between expert and agent becomes 0."""

    middle: Float[Tensor, ""]

    def __init__(self, decay: float = 0.95):
        super().__init__()
        self._decay = decay
        self.register_buffer("middle", torch.zeros(()))

    def forward(self, score: Float[Tensor, "B"]) -> Float[Tensor, "B"]:
        """While training, rows hold as many of expert as of agent, so their mean is the middle."""
        if self.training:
            self.middle = self._decay * self.middle + (1 - self._decay) * score.detach().mean()
        return score - self.middle


def critic(width: int, seed: int, config: GANConfig, loss: Loss, anchored: bool = True) -> AdversarialCritic:
    """A discriminator under a loss, kept smooth as the settings say.

    Args:
        width: of a row.
        seed: of weights and draws.
        config: layers, smoothness, optimizer.
        loss: of the two batches of scores.
        anchored: the loss knows where zero is; else an output bias would be free, and the middle becomes 0.
    """

    def build() -> nn.Module:
        network = Discriminator(width, config.layers, bias=anchored)
        return spectral(network) if config.spectral_norm else network

    regularizer = weighted(config.penalty, gradient_penalty) if config.penalty else nothing
    link = nn.Identity() if anchored else Middle()
    return AdversarialCritic(seeded(seed, build), loss, config.optimizer, seed, regularizer, link)


def gan(width: int, seed: int, config: GANConfig | None = None) -> AdversarialCritic:
    """The critic of plain GAIL: cross-entropy with a gradient penalty (Goodfellow et al. 2014)."""
    config = config or GANConfig()
    return critic(width, seed, config, bce if config.label == 1 else smoothed_bce(config.label))


def lsgan(width: int, seed: int, config: GANConfig) -> AdversarialCritic:
    """Least squares (Mao et al. 2017): no logit is too far on the right side to be pulled back."""
    return critic(width, seed, config, least_squares)


def hinge_gan(width: int, seed: int, config: GANConfig) -> AdversarialCritic:
    """Hinge (Lim & Ye 2017): rows beyond the margin teach nothing more."""
    return critic(width, seed, config, hinge)


def wgan_gp(width: int, seed: int, config: GANConfig) -> AdversarialCritic:
    """Wasserstein with gradient penalty (Gulrajani et al. 2017); the score is anchored by its middle."""
    return critic(width, seed, config, wasserstein, anchored=False)
