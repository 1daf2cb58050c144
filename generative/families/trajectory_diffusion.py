"""Diffusion of whole windows: a temporal U-Net that finds the clean window in a noised one.

It is told which entries are known, and learns with many kinds of gaps, so that drawing from a start, filling
and raising a frame rate are one and the same (as Janner et al. 2022 fill plans, but trained on the masks).
"""

import copy
from dataclasses import dataclass
from typing import ClassVar

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from ..interfaces.model import GenerativeModel, Kind
from ..interfaces.window_context import Known
from ..nn.averaging import move_average
from ..nn.diffusion_schedule import alpha_bars, cosine_betas, denoised, diffuse, from_the_last
from ..nn.networks import mlp, seeded
from .diffusion import TIME_FEATURES, Mish, time_features
from .temporal_unet import TemporalUNet


@dataclass(frozen=True)
class TrajectoryDiffusionConfig:
    """Settings of network, schedule, learning and drawing."""

    # Channels at each resolution; usually (32, 64, 128).
    widths: tuple[int, ...] = (32, 64, 128)
    # Columns that time and condition become.
    embedded: int = 64
    # Times of the schedule; usually 20-100.
    times: int = 50
    # Adam's learning rate; usually 2e-4 to 1e-3.
    learning_rate: float = 5e-4
    # Decay of the averaged weights that draw; usually 0.99-0.999.
    averaging: float = 0.995
    # Share of windows whose condition is left out in training, for guidance.
    dropped: float = 0.15
    # Steps from noise to a window; usually 4-50.
    steps: int = 10
    # Share of fresh noise in every such step; 0 is DDIM, 1 with all times DDPM.
    eta: float = 0.0
    # How much further than learned to go towards the condition; usually 0-2.
    guidance: float = 0.0
    # Bound on what is drawn, in the rows' units.
    bound: float = 5.0


def guided(
    with_it: Float[Tensor, "..."], without: Float[Tensor, "..."], weight: float
) -> Float[Tensor, "..."]:
    """(1 + w) x(condition) - w x(none): classifier-free guidance (Ho & Salimans 2022, eq. 6, for x₀)."""
    return (1 + weight) * with_it - weight * without


class CleanWindow(nn.Module):
    """(noised window, time, what is known) -> the clean window believed to be behind it."""

    features: Float[Tensor, "T F"]

    def __init__(self, columns: int, condition: int, config: TrajectoryDiffusionConfig):
        super().__init__()
        self.register_buffer("features", time_features(config.times))
        size = config.embedded
        # One column more says that the condition was left out.
        self.embed = mlp((TIME_FEATURES + condition + 1, size, size), Mish)
        self.network = TemporalUNet(3 * columns, columns, size, config.widths)

    def forward(
        self,
        x: Float[Tensor, "B T C"],
        time: Int[Tensor, "B"],
        known: Known,
        dropped: Float[Tensor, "B 1"],
    ) -> Float[Tensor, "B T C"]:
        """Entries that are known are shown as they are, whatever the noise."""
        told = torch.cat((self.features[time], known.condition * (1 - dropped), dropped), dim=1)
        seen = torch.where(known.mask >= 1, known.rows, x)
        return self.network(torch.cat((seen, known.rows, known.mask), dim=-1), self.embed(told))


class TrajectoryDiffusion(GenerativeModel):
    """p(window | condition, known entries).

    Args:
        steps: rows of a window.
        columns: of a row.
        condition: columns of the condition.
        config: network, schedule, learning, drawing.
        seed: of weights and noises.
    """

    kind: ClassVar[Kind] = "negative error"
    alpha_bar: Float[Tensor, "T"]

    def __init__(
        self, steps: int, columns: int, condition: int, config: TrajectoryDiffusionConfig, seed: int
    ):
        super().__init__()
        self.config, self._steps, self._columns = config, steps, columns
        self.learning = seeded(seed, lambda: CleanWindow(columns, condition, config))
        self.drawing = copy.deepcopy(self.learning).requires_grad_(False)
        self.register_buffer("alpha_bar", alpha_bars(cosine_betas(config.times)))
        self._generator = torch.Generator().manual_seed(seed)
        self._optimizer = torch.optim.Adam(self.learning.parameters(), config.learning_rate, fused=True)
        self._updates = 0

    def _known(self, context: Float[Tensor, "B Y"]) -> Known:
        return Known.of(context, self._steps, self._columns)

    def update(self, x: Float[Tensor, "B X"], context: Float[Tensor, "B ..."]) -> dict[str, float]:
        """One step of Adam on E |x₀ - network(xₜ, t)|² over entries that are not known."""
        c, known = self.config, self._known(context)
        clean = x.view(-1, self._steps, self._columns)
        time = torch.randint(c.times, (len(x),), generator=self._generator)
        noise = torch.randn(clean.shape, generator=self._generator)
        noised = diffuse(clean, noise, self.alpha_bar[time][:, None, None])
        dropped = (torch.rand(len(x), 1, generator=self._generator) < c.dropped).float()
        open_entries = (known.mask < 1).float()
        missed = (self.learning(noised, time, known, dropped) - clean).square() * open_entries
        loss = missed.sum() / open_entries.sum().clamp(min=1)
        self._optimizer.zero_grad()
        loss.backward()
        self._optimizer.step()
        self._updates += 1
        move_average(self.drawing, self.learning, c.averaging, self._updates)
        return {"loss": loss.item()}

    @torch.no_grad()
    def sample(
        self, context: Float[Tensor, "B ..."], n: int, generator: torch.Generator
    ) -> Float[Tensor, "n B X"]:
        """Windows from noise."""
        known = self._known(context.repeat(n, 1))
        start = torch.randn(known.rows.shape, generator=generator)

        def estimate(x: Tensor, time: int) -> Tensor:
            return self._estimate(x, time, known)

        c = self.config
        times = from_the_last(c.times, min(c.steps, c.times))
        windows = denoised(estimate, start, self.alpha_bar, times, c.eta, c.bound, generator)
        return windows.reshape(n, len(context), -1)

    def _estimate(self, x: Float[Tensor, "B T C"], time: int, known: Known) -> Float[Tensor, "B T C"]:
        """The clean window, guided where the settings say so."""
        times, none = torch.full((len(x),), time), torch.zeros(len(x), 1)
        conditioned = self.drawing(x, times, known, none)
        if not self.config.guidance:
            return conditioned
        return guided(conditioned, self.drawing(x, times, known, none + 1), self.config.guidance)
