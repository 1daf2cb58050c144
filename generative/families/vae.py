"""VAE: a latent code behind every row, learned by a lower bound on its likelihood (Kingma & Welling 2014).

The posterior is handed in: a diagonal Gaussian by default, a flow where that is too simple.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import ClassVar, Literal

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from ..interfaces.critics import RatioConfig, RatioCritic
from ..interfaces.model import GenerativeModel, Kind
from ..interfaces.reward_inputs import Widths
from ..nn.networks import mlp, seeded
from .flow import standard_normal


@dataclass(frozen=True)
class VAEConfig:
    """Settings of posterior and decoder."""

    # Widths of the hidden layers of each; usually one or two of 64-256.
    layers: tuple[int, ...] = (128, 128)
    # Columns of the latent code; usually 2-32, fewer than the rows have.
    latent: int = 8
    # Least standard deviation of the decoder, in those of the rows; usually 0.01-0.1.
    std_floor: float = 0.05
    # What codes are drawn from: a diagonal Gaussian, or one that a flow bends to the row.
    posterior: Literal["diagonal", "autoregressive"] = "diagonal"
    # Fixed draws of noise in one score, half of them the others' negatives; even, usually 4-16.
    draws: int = 8
    # Adam's learning rate; usually 3e-4 to 1e-3.
    learning_rate: float = 1e-3

    def __post_init__(self) -> None:
        if self.posterior not in ("diagonal", "autoregressive"):
            raise ValueError(f"a VAE's posterior is diagonal or autoregressive; got {self.posterior}")
        if self.draws < 2 or self.draws % 2:
            raise ValueError(f"a VAE's draws come in pairs, so they must be even; got {self.draws}")


@dataclass(frozen=True)
class VAERewardConfig(VAEConfig):
    """Settings of the two bounds as a reward."""

    # Fit and logit of the two densities.
    density: RatioConfig = field(default_factory=RatioConfig)


# (columns of x, of the context, of the code) -> the posterior: a module whose
# forward(x: "B X", context: "B C", noise: "K B Z") gives the codes z "K B Z" and log q(z | x, context) "K B".
# The noise is standard normal; equal noise gives equal codes.
MakePosterior = Callable[[int, int, int], nn.Module]


def gaussian_log_prob(
    x: Float[Tensor, "*B X"], mean: Float[Tensor, "*#B X"], std: Float[Tensor, "*#B X"]
) -> Float[Tensor, "*B"]:
    """Log-density log N(x; μ, diag σ²) = -½ Σ ((x - μ)² / σ² + log 2π) - Σ log σ."""
    return -0.5 * (((x - mean) / std).square() + math.log(2 * math.pi) + 2 * std.log()).sum(dim=-1)


def lower_bound(
    log_likelihood: Float[Tensor, "K B"], log_prior: Float[Tensor, "K B"], log_posterior: Float[Tensor, "K B"]
) -> Float[Tensor, "B"]:
    """A bound log p(x) >= E_q[log p(x | z) + log p(z) - log q(z | x)], by K draws of z.

    Kingma & Welling 2014, eq. 2, estimated as in eq. 6.
    """
    return (log_likelihood + log_prior - log_posterior).mean(dim=0)


class DiagonalPosterior(nn.Module):
    """q(z | x, context) = N(μ, diag σ²) by a network; what every other posterior has to match in form."""

    def __init__(self, width: int, context: int, latent: int, layers: tuple[int, ...]):
        super().__init__()
        self.trunk = mlp((width + context, *layers, 2 * latent))

    def forward(
        self, x: Float[Tensor, "B X"], context: Float[Tensor, "B C"], noise: Float[Tensor, "K B Z"]
    ) -> tuple[Float[Tensor, "K B Z"], Float[Tensor, "K B"]]:
        """Codes z = μ + σ noise and their log-density (Kingma & Welling 2014, section 2.4)."""
        mean, log_std = self.trunk(torch.cat((x, context), dim=-1)).chunk(2, dim=-1)
        return mean + log_std.exp() * noise, standard_normal(noise) - log_std.sum(dim=-1)


def diagonal(layers: tuple[int, ...]) -> MakePosterior:
    """Diagonal Gaussians by networks of these hidden widths."""
    return lambda width, context, latent: DiagonalPosterior(width, context, latent, layers)


class VAE(GenerativeModel):
    """p(x | context) = ∫ N(x; μ(z, context), diag σ²(z, context)) N(z; 0, I) dz, σ bounded below.

    Args:
        width: columns of x.
        context: columns of the context, flattened; 0 for none.
        config: of the networks.
        seed: of weights and noise.
        posterior: builds q(z | x, context); a diagonal Gaussian by default.
    """

    kind: ClassVar[Kind] = "bound"
    noise: Float[Tensor, "K Z"]

    def __init__(
        self,
        width: int,
        context: int,
        config: VAEConfig,
        seed: int,
        posterior: MakePosterior | None = None,
    ):
        super().__init__()
        self._config = config
        build = posterior or diagonal(config.layers)
        self.posterior = seeded(seed, lambda: build(width, context, config.latent))
        self.decoder = seeded(seed + 1, lambda: mlp((config.latent + context, *config.layers, 2 * width)))
        self._generator = torch.Generator().manual_seed(seed)
        half = torch.randn(config.draws // 2, config.latent, generator=self._generator)
        self.register_buffer("noise", torch.cat((half, -half)))
        self._optimizer = torch.optim.Adam(self.parameters(), config.learning_rate, fused=True)

    def update(self, x: Float[Tensor, "B X"], context: Float[Tensor, "B ..."]) -> dict[str, float]:
        """One step of Adam on the negative bound, with one draw a row."""
        noise = torch.randn(1, len(x), self._config.latent, generator=self._generator)
        loss = -self._bound(x, context.flatten(1), noise).mean()
        self._optimizer.zero_grad()
        loss.backward()
        self._optimizer.step()
        return {"loss": loss.item()}

    def score(self, x: Float[Tensor, "B X"], context: Float[Tensor, "B ..."]) -> Float[Tensor, "B"]:
        """The bound by draws that all rows share, so that equal rows score equally."""
        return self._bound(x, context.flatten(1), self.noise[:, None].expand(-1, len(x), -1))

    @torch.no_grad()
    def sample(
        self, context: Float[Tensor, "B ..."], n: int, generator: torch.Generator
    ) -> Float[Tensor, "n B X"]:
        """Codes from N(0, I), rows from the decoder's Gaussian of each."""
        z = torch.randn(n, len(context), self._config.latent, generator=generator)
        mean, std = self._decoded(z, context.flatten(1))
        return mean + std * torch.randn(mean.shape, generator=generator)

    @torch.no_grad()
    def decode(self, z: Float[Tensor, "K B Z"], context: Float[Tensor, "B ..."]) -> Float[Tensor, "K B X"]:
        """The mean of x for codes, which a walk through them shows without the decoder's noise."""
        return self._decoded(z, context.flatten(1))[0]

    @property
    def latent(self) -> int:
        """Columns of a code."""
        return self._config.latent

    def _bound(
        self, x: Float[Tensor, "B X"], context: Float[Tensor, "B C"], noise: Float[Tensor, "K B Z"]
    ) -> Float[Tensor, "B"]:
        z, log_posterior = self.posterior(x, context, noise)
        log_likelihood = gaussian_log_prob(x.expand(len(z), -1, -1), *self._decoded(z, context))
        return lower_bound(log_likelihood, standard_normal(z), log_posterior)

    def _decoded(
        self, z: Float[Tensor, "K B Z"], context: Float[Tensor, "B C"]
    ) -> tuple[Float[Tensor, "K B X"], Float[Tensor, "K B X"]]:
        """Mean and standard deviation of x."""
        given = context.expand(len(z), -1, -1)
        mean, spread = self.decoder(torch.cat((z, given), dim=-1)).chunk(2, dim=-1)
        return mean, self._config.std_floor + F.softplus(spread)


def vae_ratio(
    widths: Widths,
    seed: int,
    config: VAERewardConfig,
    posterior: MakePosterior | None = None,
) -> RatioCritic:
    """Two VAEs, the expert's bound less the agent's; their gaps to the true densities cancel in part."""
    model = VAE(widths.inputs, 0, config, seed, posterior)
    return RatioCritic(model, widths.inputs, config.density, seed)
