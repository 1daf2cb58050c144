"""Diffusion: a network that finds the noise in a row, and does so best in rows like those it has learned."""

from dataclasses import dataclass, field
from typing import Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from ..interfaces.model import GenerativeModel
from ..nn.diffusion_schedule import (
    alpha_bars,
    cosine_betas,
    denoised,
    diffuse,
    estimated_x0,
    linear_betas,
    spaced,
)
from ..nn.networks import mlp, seeded

SCHEDULES = {"linear": linear_betas, "cosine": cosine_betas}
# Width of the sine and cosine features of a time.
TIME_FEATURES = 16


@dataclass(frozen=True)
class DenoiserConfig:
    """Settings of a denoiser and of how its error is asked for."""

    # Widths of the hidden layers; usually two or three of 64-256.
    layers: tuple[int, ...] = (128, 128)
    # Times at which rows are noised; usually 10 to judge, 50-1000 to draw.
    times: int = 50
    # How noise grows: `cosine` ends in pure noise, `linear` with few times leaves most of the data.
    schedule: Literal["linear", "cosine"] = "cosine"
    # Noises a row's error is averaged over, each with both signs; usually 1-16.
    noises: int = 8

    def __post_init__(self) -> None:
        if self.schedule not in SCHEDULES:
            raise ValueError(f"a schedule is one of {', '.join(SCHEDULES)}; got {self.schedule}")
        for name in ("times", "noises"):
            if getattr(self, name) < 1:
                raise ValueError(f"a denoiser needs {name} of at least 1; got {getattr(self, name)}")


@dataclass(frozen=True)
class DiffusionConfig:
    """Settings of the generative model."""

    denoiser: DenoiserConfig = field(default_factory=DenoiserConfig)
    # Adam's learning rate; usually 1e-4 to 1e-3.
    learning_rate: float = 1e-3
    # Steps from noise to a row; all times and eta 1 are DDPM, 5-50 and eta 0 the usual DDIM.
    steps: int = 50
    # Share of fresh noise in every such step; 0-1.
    eta: float = 1.0
    # Bound on the rows drawn, in standard deviations of the data.
    bound: float = 5.0


def mish(x: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
    """X tanh(softplus(x)) = x (1 - 2 / (e^2 + 2 e + 2)), e = exp(x) (Misra 2020).

    Without a tanh and a logarithm it takes half the time of torch's own.
    """
    # Above 20 the factor is 1 in float32, and the square would overflow.
    e = x.clamp(max=20).exp()
    return x * (1 - 2 / (e * (e + 2) + 2))


class Mish(nn.Module):
    """`mish` as a layer."""

    def forward(self, x: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
        """Of every element."""
        return mish(x)


def time_features(times: int, width: int = TIME_FEATURES) -> Float[Tensor, "T F"]:
    """sin(w_i t), cos(w_i t), w_i = 10000^(-i / (F / 2)) (Vaswani et al. 2017, section 3.5)."""
    half = width // 2
    angles = torch.arange(times)[:, None] * 1e4 ** (-torch.arange(half) / half)
    return torch.cat((angles.sin(), angles.cos()), dim=-1)


def stratified_times(noises: int, times: int, place: Float[Tensor, "K B"]) -> Int[Tensor, "K B"]:
    """Times floor((k + place) T / K) for k = 0 .. K-1: one in each K-th of all times; uniform if place is."""
    strata = torch.arange(noises)[:, None] + place
    return (strata * times / noises).long().clamp(max=times - 1)


class Denoiser(nn.Module):
    """(x_t, t, context) -> the noise in x_t; it also owns the noises by which rows are judged.

    In training mode every row gets times and noises of its own, drawn anew; otherwise all rows share one
    fixed set, so that a row is always judged alike.

    Args:
        width: columns of x.
        context: columns of the context.
        seed: of weights and noises.
        config: sizes and schedule.
    """

    alpha_bar: Float[Tensor, "T"]
    features: Float[Tensor, "T F"]
    fixed_times: Int[Tensor, "K 1"]
    fixed_noises: Float[Tensor, "K 1 X"]

    def __init__(self, width: int, context: int, seed: int, config: DenoiserConfig):
        super().__init__()
        self._config, self._width = config, width
        self._generator = torch.Generator().manual_seed(seed)
        self.enter, self.time, self.rest = seeded(seed, lambda: _layers(width, context, config)).children()
        self.register_buffer("alpha_bar", alpha_bars(SCHEDULES[config.schedule](config.times)))
        self.register_buffer("features", time_features(config.times))
        middles = torch.full((config.noises, 1), 0.5)
        self.register_buffer("fixed_times", stratified_times(config.noises, config.times, middles))
        self.register_buffer(
            "fixed_noises", torch.randn((config.noises, 1, width), generator=self._generator)
        )

    def forward(
        self, x: Float[Tensor, "*B X"], time: Int[Tensor, "*b"], context: Float[Tensor, "*B C"]
    ) -> Float[Tensor, "*B X"]:
        """The noise believed to be in x; one time for all rows or one each."""
        # As one layer of x, context and time together would, but the time's part is shared by many rows.
        hidden = self.enter(torch.cat((x, context), dim=-1)) + self.time(self.features)[time]
        return self.rest(hidden)

    def errors(self, x: Float[Tensor, "B X"], contexts: Float[Tensor, "Q B C"]) -> Float[Tensor, "Q B"]:
        """L(x) = E_{t, noise}[|noise - denoiser(x_t, t)|^2 / X] in every context (Ho et al. 2020, eq. 14).

        All contexts are asked with the same times and noises. Noises come with both signs, which takes what
        is linear in them out of the estimate's own noise.
        """
        times, noises = self._drawn(len(x)) if self.training else (self.fixed_times, self.fixed_noises)
        errors = []
        for time, noise in zip(times, noises, strict=True):
            for signed in (noise, -noise):
                noised = diffuse(x, signed, self.alpha_bar[time][:, None])
                # One context after the other: for large batches the cache makes this several times faster.
                missed = [signed - self(noised, time, context) for context in contexts]
                errors.append(torch.stack([error.square().mean(dim=-1) for error in missed]))
        return torch.stack(errors).mean(dim=0)

    def _drawn(self, rows: int) -> tuple[Int[Tensor, "K B"], Float[Tensor, "K B X"]]:
        """Times and noises of every row's own."""
        count = self._config.noises
        places = torch.rand((count, rows), generator=self._generator)
        noises = torch.randn((count, rows, self._width), generator=self._generator)
        return stratified_times(count, self._config.times, places), noises


def _layers(width: int, context: int, config: DenoiserConfig) -> nn.Module:
    """Where x and context enter, where the time does, and the rest."""
    first = config.layers[0]
    rest = nn.Sequential(Mish(), mlp((*config.layers, width), Mish))
    return nn.ModuleList((nn.Linear(width + context, first), nn.Linear(TIME_FEATURES, first), rest))


class Diffusion(GenerativeModel):
    """A denoiser of rows (Ho et al. 2020); the score is minus its mean error, no bound on the likelihood.

    Args:
        width: columns of x.
        context: columns of the context, flattened; 0 for none.
        seed: of weights and noises.
        config: sizes, schedule, learning, drawing.
    """

    kind = "negative error"

    def __init__(self, width: int, context: int, seed: int, config: DiffusionConfig | None = None):
        super().__init__()
        self.config, self._width = config or DiffusionConfig(), width
        self.denoiser = Denoiser(width, context, seed, self.config.denoiser)
        self._optimizer = torch.optim.Adam(self.parameters(), self.config.learning_rate, fused=True)
        self.eval()

    def update(self, x: Float[Tensor, "B X"], context: Float[Tensor, "B ..."]) -> dict[str, float]:
        """One step of Adam on the mean error at times and noises drawn anew."""
        self.train()
        loss = self.denoiser.errors(x, context.flatten(1)[None]).mean()
        self._optimizer.zero_grad()
        loss.backward()
        self._optimizer.step()
        self.eval()
        return {"loss": loss.item()}

    def score(self, x: Float[Tensor, "B X"], context: Float[Tensor, "B ..."]) -> Float[Tensor, "B"]:
        """Minus the mean error over the fixed times and noises, a mean over columns."""
        return -self.denoiser.errors(x, context.flatten(1)[None])[0]

    @torch.no_grad()
    def sample(
        self, context: Float[Tensor, "B ..."], n: int, generator: torch.Generator
    ) -> Float[Tensor, "n B X"]:
        """Draws for every context, from noise in the configured number of steps."""
        c, alpha_bar, repeated = self.config, self.denoiser.alpha_bar, context.flatten(1).expand(n, -1, -1)
        start = torch.randn((n, len(context), self._width), generator=generator)

        def estimate(x: Tensor, time: int) -> Tensor:
            return estimated_x0(x, self.denoiser(x, torch.tensor(time), repeated), alpha_bar[time])

        times = spaced(len(alpha_bar), c.steps)
        return denoised(estimate, start, alpha_bar, times, c.eta, c.bound, generator)
