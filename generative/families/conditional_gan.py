"""Conditional GAN of whole windows: a generator draws them, a critic compares them with real ones.

With several tracks every group of columns has a generator of its own, fed with a noise that all share and
one of its own, and one critic judges all together (Dong et al. 2018, MuseGAN, the hybrid model).
"""

from dataclasses import dataclass
from typing import ClassVar

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from ..interfaces.model import GenerativeModel, Kind
from ..interfaces.window_context import Known
from ..nn.losses import wasserstein
from ..nn.networks import seeded
from .diffusion import Mish
from .temporal_unet import TemporalUNet

# Columns of a window that one generator draws.
Track = tuple[int, ...]


@dataclass(frozen=True)
class ConditionalGANConfig:
    """Settings of both players."""

    # Channels at each resolution of a generator; usually (32, 64, 128).
    widths: tuple[int, ...] = (32, 64)
    # Channels of the critic's convolutions, each of which halves the time.
    critic: tuple[int, ...] = (64, 64, 64)
    # Channels of noise at every step, of each kind.
    noise: int = 4
    # Steps of the critic for each of the generator; usually 1-5.
    critic_steps: int = 3
    # Weight of the gradient penalty.
    penalty: float = 10.0
    # Weight of the squared error at known entries.
    known: float = 10.0
    # Adam's learning rate; usually 1e-4 to 3e-4.
    learning_rate: float = 2e-4


class Tracks(nn.Module):
    """Noise and what is known -> a window, track by track."""

    place: Int[Tensor, "C"]

    def __init__(self, columns: int, condition: int, tracks: tuple[Track, ...], config: ConditionalGANConfig):
        super().__init__()
        inputs = 2 * config.noise + 2 * columns
        self.parts = nn.ModuleList(
            TemporalUNet(inputs, len(track), condition, config.widths) for track in tracks
        )
        order = torch.tensor([column for track in tracks for column in track])
        self.register_buffer("place", order.argsort())

    def forward(
        self, shared: Float[Tensor, "B T Z"], own: Float[Tensor, "P B T Z"], known: Known
    ) -> Float[Tensor, "B T C"]:
        """Columns in their own order."""
        drawn = [
            part(torch.cat((shared, noise, known.rows, known.mask), dim=-1), known.condition)
            for part, noise in zip(self.parts, own, strict=True)
        ]
        return torch.cat(drawn, dim=-1)[..., self.place]


class WindowCritic(nn.Module):
    """A window and what was known of it -> one number, real high."""

    def __init__(self, columns: int, condition: int, widths: tuple[int, ...]):
        super().__init__()
        layers: list[nn.Module] = []
        for before, after in zip((3 * columns + condition, *widths[:-1]), widths, strict=True):
            layers += [nn.Conv1d(before, after, 5, stride=2, padding=2), Mish()]
        self.convolutions, self.last = nn.Sequential(*layers), nn.Linear(widths[-1], 1)

    def forward(self, x: Float[Tensor, "B T C"], known: Known) -> Float[Tensor, "B"]:
        """The mean over what is left of the time."""
        told = known.condition[:, None].expand(-1, x.shape[1], -1)
        seen = torch.cat((x, known.rows, known.mask, told), dim=-1).transpose(1, 2)
        return self.last(self.convolutions(seen).mean(dim=2)).squeeze(-1)


class ConditionalGAN(GenerativeModel):
    """Draws windows; it cannot score. Wasserstein with gradient penalty (Gulrajani et al. 2017).

    Args:
        steps: rows of a window.
        columns: of a row.
        condition: columns of the condition.
        config: of both players.
        seed: of weights and noises.
        tracks: groups of columns, each with a generator of its own; by default one group of all.
    """

    kind: ClassVar[Kind] = "negative error"

    def __init__(
        self,
        steps: int,
        columns: int,
        condition: int,
        config: ConditionalGANConfig,
        seed: int,
        tracks: tuple[Track, ...] | None = None,
    ):
        super().__init__()
        self.config, self._steps, self._columns = config, steps, columns
        groups = tracks or (tuple(range(columns)),)
        self.generator = seeded(seed, lambda: Tracks(columns, condition, groups, config))
        self.critic = seeded(seed + 1, lambda: WindowCritic(columns, condition, config.critic))
        self._draws = torch.Generator().manual_seed(seed)
        self._optimizers = [
            torch.optim.Adam(player.parameters(), config.learning_rate, (0.0, 0.9), fused=True)
            for player in (self.generator, self.critic)
        ]
        self._updates = 0

    def _drawn(self, known: Known, generator: torch.Generator) -> Float[Tensor, "B T C"]:
        shape = (len(known.rows), self._steps, self.config.noise)
        shared = torch.randn(shape, generator=generator)
        own = torch.randn((len(self.generator.parts), *shape), generator=generator)
        return self.generator(shared, own, known)

    def update(self, x: Float[Tensor, "B X"], context: Float[Tensor, "B ..."]) -> dict[str, float]:
        """One step of the critic, and every few of them one of the generator."""
        known = Known.of(context, self._steps, self._columns)
        real = x.view(-1, self._steps, self._columns)
        loss = self._teach_critic(real, known)
        self._updates += 1
        if self._updates % self.config.critic_steps == 0:
            self._teach_generator(real, known)
        return {"loss": loss}

    def _teach_critic(self, real: Float[Tensor, "B T C"], known: Known) -> float:
        with torch.no_grad():
            drawn = self._drawn(known, self._draws)
        share = torch.rand(len(real), 1, 1, generator=self._draws)
        between = (share * real + (1 - share) * drawn).requires_grad_(True)
        (slope,) = torch.autograd.grad(self.critic(between, known).sum(), between, create_graph=True)
        penalty = (slope.flatten(1).norm(dim=1) - 1).square().mean()
        loss = wasserstein(self.critic(real, known), self.critic(drawn, known))
        self._step(1, loss + self.config.penalty * penalty)
        return loss.item()

    def _teach_generator(self, real: Float[Tensor, "B T C"], known: Known) -> None:
        drawn = self._drawn(known, self._draws)
        certain = (known.mask >= 1).float()
        missed = ((drawn - known.rows) * certain).square().sum() / certain.sum().clamp(min=1)
        self._step(0, -self.critic(drawn, known).mean() + self.config.known * missed)

    def _step(self, player: int, loss: Float[Tensor, ""]) -> None:
        self._optimizers[player].zero_grad()
        loss.backward()
        self._optimizers[player].step()

    @torch.no_grad()
    def sample(
        self, context: Float[Tensor, "B ..."], n: int, generator: torch.Generator
    ) -> Float[Tensor, "n B X"]:
        """Windows, in one pass."""
        known = Known.of(context.repeat(n, 1), self._steps, self._columns)
        return self._drawn(known, generator).reshape(n, len(context), -1)
