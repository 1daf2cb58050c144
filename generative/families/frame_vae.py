"""Convolutional VAE of frames; its encoder is also the eye by which other frames are judged."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from jaxtyping import Float
from torch import Tensor, nn

from ..interfaces.model import GenerativeModel, Kind
from ..nn.frames import COLORS, SIDE, looking, painting
from ..nn.networks import seeded
from .vae import gaussian_log_prob, lower_bound, standard_normal


@dataclass(frozen=True)
class FrameVAEConfig:
    """Settings of the networks."""

    # Columns of a code; usually 8-64.
    latent: int = 16
    # Deviation of a pixel around its mean, frames lying between -1 and 1; smaller paints sharper.
    pixel_std: float = 0.1
    # Adam's learning rate; usually 3e-4 to 1e-3.
    learning_rate: float = 1e-3


class FrameVAE(GenerativeModel):
    """p(x) = ∫ N(x; μ(z), σ² I) N(z; 0, I) dz of frames (Kingma & Welling 2014).

    Args:
        config: of the networks.
        seed: of weights and noise.
    """

    kind: ClassVar[Kind] = "bound"

    def __init__(self, config: FrameVAEConfig, seed: int):
        super().__init__()
        self.config = config
        self.eye: nn.Sequential = seeded(seed, lambda: looking(COLORS, 2 * config.latent))
        self.hand: nn.Sequential = seeded(seed + 1, lambda: painting(config.latent))
        self._draws = torch.Generator().manual_seed(seed)
        self._optimizer = torch.optim.Adam(self.parameters(), config.learning_rate, fused=True)

    def encode(self, x: Float[Tensor, "B X"]) -> Float[Tensor, "B Z"]:
        """The mean code of each frame."""
        return self._codes(x)[0]

    def _codes(self, x: Float[Tensor, "B X"]) -> tuple[Float[Tensor, "B Z"], Float[Tensor, "B Z"]]:
        mean, log_std = self.eye(x.view(-1, COLORS, SIDE, SIDE)).chunk(2, dim=1)
        return mean, log_std.clamp(-6.0, 2.0)

    def score(self, x: Float[Tensor, "B X"], context: Float[Tensor, "B ..."]) -> Float[Tensor, "B"]:
        """The bound by one draw of the code [nats]."""
        mean, log_std = self._codes(x)
        noise = torch.randn(mean.shape, generator=self._draws)
        painted = self.hand(mean + log_std.exp() * noise).flatten(1)
        likelihood = gaussian_log_prob(x, painted, torch.full_like(x, self.config.pixel_std))
        prior = standard_normal(mean + log_std.exp() * noise)
        posterior = standard_normal(noise) - log_std.sum(dim=1)
        return lower_bound(likelihood[None], prior[None], posterior[None])

    def update(self, x: Float[Tensor, "B X"], context: Float[Tensor, "B ..."]) -> dict[str, float]:
        """One step of Adam on the negative bound."""
        self.train()
        loss = -self.score(x, context).mean()
        self._optimizer.zero_grad()
        loss.backward()
        self._optimizer.step()
        self.eval()
        return {"loss": loss.item()}

    @torch.no_grad()
    def sample(
        self, context: Float[Tensor, "B ..."], n: int, generator: torch.Generator
    ) -> Float[Tensor, "n B X"]:
        """Frames of codes from N(0, I), without the pixels' noise."""
        self.eval()
        z = torch.randn(n * len(context), self.config.latent, generator=generator)
        return self.hand(z).flatten(1).unflatten(0, (n, len(context)))
