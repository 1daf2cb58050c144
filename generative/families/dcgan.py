"""DCGAN: a painter and a judge of frames (Radford et al. 2016), and its paired form from states (pix2pix)."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from jaxtyping import Float
from torch import Tensor, nn

from ..interfaces.model import GenerativeModel, Kind
from ..nn.frames import CHANNELS, COLORS, SIDE, looking, painting
from ..nn.losses import bce, least_squares
from ..nn.networks import seeded


@dataclass(frozen=True)
class DCGANConfig:
    """Settings of both players."""

    # Columns of noise.
    noise: int = 32
    # Adam's learning rate and first decay, as the paper has them.
    learning_rate: float = 2e-4
    momentum: float = 0.5


@dataclass(frozen=True)
class PairedConfig:
    """Settings of the translation."""

    # Weight of the absolute error beside the judge's loss; the paper has 100.
    fidelity: float = 100.0
    learning_rate: float = 2e-4
    momentum: float = 0.5


def _adam(player: nn.Module, rate: float, momentum: float) -> torch.optim.Adam:
    return torch.optim.Adam(player.parameters(), rate, (momentum, 0.999), fused=True)


class DCGAN(GenerativeModel):
    """Draws frames; it cannot score.

    Args:
        config: of both players.
        seed: of weights and noise.
    """

    kind: ClassVar[Kind] = "negative error"
    stops_early: ClassVar[bool] = False

    def __init__(self, config: DCGANConfig, seed: int):
        super().__init__()
        self.config = config
        self.painter: nn.Sequential = seeded(seed, lambda: painting(config.noise))
        self.judge: nn.Sequential = seeded(seed + 1, lambda: looking(COLORS, 1))
        self._draws = torch.Generator().manual_seed(seed)
        rates = config.learning_rate, config.momentum
        self._optimizers = [_adam(player, *rates) for player in (self.painter, self.judge)]

    def update(self, x: Float[Tensor, "B X"], context: Float[Tensor, "B ..."]) -> dict[str, float]:
        """One step of the judge, and one of the painter."""
        self.train()
        real = x.view(-1, COLORS, SIDE, SIDE)
        painted = self.painter(torch.randn(len(x), self.config.noise, generator=self._draws))
        judged = bce(self.judge(real).squeeze(1), self.judge(painted.detach()).squeeze(1))
        _step(self._optimizers[1], judged)
        # The painter wants its frames called real (Goodfellow et al. 2014, section 3).
        fooled = nn.functional.softplus(-self.judge(painted)).mean()
        _step(self._optimizers[0], fooled)
        self.eval()
        return {"loss": judged.item(), "painter": fooled.item()}

    @torch.no_grad()
    def sample(
        self, context: Float[Tensor, "B ..."], n: int, generator: torch.Generator
    ) -> Float[Tensor, "n B X"]:
        """Frames of noise."""
        self.eval()
        z = torch.randn(n * len(context), self.config.noise, generator=generator)
        return self.painter(z).flatten(1).unflatten(0, (n, len(context)))


class PatchJudge(nn.Module):
    """(state, frame) -> a logit of each of 8 x 8 patches (Isola et al. 2017, section 3.2.2)."""

    def __init__(self, state: int):
        super().__init__()
        inputs = COLORS + state
        self.layers = nn.Sequential(
            nn.Conv2d(inputs, CHANNELS[0], 4, 2, 1),
            nn.LeakyReLU(0.2),
            nn.Conv2d(CHANNELS[0], CHANNELS[1], 4, 2, 1),
            nn.LeakyReLU(0.2),
            nn.Conv2d(CHANNELS[1], 1, 3, 1, 1),
        )

    def forward(self, state: Float[Tensor, "B S"], frame: Float[Tensor, "B C H W"]) -> Float[Tensor, "P"]:
        """The logits of all patches in a row; every pixel gets the state."""
        repeated = state[:, :, None, None].expand(-1, -1, SIDE, SIDE)
        return self.layers(torch.cat((frame, repeated), dim=1)).flatten()


class Pix2Pix(GenerativeModel):
    """Paints the frame of a state: paired translation (Isola et al. 2017) with least squares.

    L = least_squares(judge) + 100 E |frame - painted|; the state takes the place of the paper's first image.

    Args:
        state: columns of the context.
        config: of both players.
        seed: of the weights.
    """

    kind: ClassVar[Kind] = "negative error"
    stops_early: ClassVar[bool] = False

    def __init__(self, state: int, config: PairedConfig, seed: int):
        super().__init__()
        self.config = config
        self.painter: nn.Sequential = seeded(seed, lambda: painting(state))
        self.judge = seeded(seed + 1, lambda: PatchJudge(state))
        rates = config.learning_rate, config.momentum
        self._optimizers = [_adam(player, *rates) for player in (self.painter, self.judge)]

    def update(self, x: Float[Tensor, "B X"], context: Float[Tensor, "B ..."]) -> dict[str, float]:
        """One step of the judge, and one of the painter."""
        self.train()
        real, state = x.view(-1, COLORS, SIDE, SIDE), context.flatten(1)
        painted = self.painter(state)
        told_apart = least_squares(self.judge(state, real), self.judge(state, painted.detach()))
        _step(self._optimizers[1], told_apart)
        fooled = (self.judge(state, painted) - 1).square().mean()
        missed = (painted - real).abs().mean()
        _step(self._optimizers[0], fooled + self.config.fidelity * missed)
        self.eval()
        return {"loss": missed.item(), "painter": fooled.item()}

    @torch.no_grad()
    def sample(
        self, context: Float[Tensor, "B ..."], n: int, generator: torch.Generator
    ) -> Float[Tensor, "n B X"]:
        """The same frame each time: there is no noise."""
        self.eval()
        return self.painter(context.flatten(1)).flatten(1).expand(n, -1, -1)


def _step(optimizer: torch.optim.Adam, loss: Float[Tensor, ""]) -> None:
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
