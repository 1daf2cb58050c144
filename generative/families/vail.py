"""VAIL: a discriminator that sees each row through a narrow noisy code (Peng et al. 2019).

What it may know of a row is bounded in nats, so it stays undecided, and instructive, while expert and agent
are still far apart.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from jaxtyping import Float
from torch import Tensor, nn

from ..interfaces.adversarial import AdversarialConfig, AdversarialCritic
from ..interfaces.reward_inputs import Widths
from ..nn.losses import bce
from ..nn.networks import mlp, seeded
from ..nn.regularizers import Regularizer, Score, gradient_penalty, nothing, weighted

Code = Callable[[Float[Tensor, "B X"]], tuple[Float[Tensor, "B Z"], Float[Tensor, "B Z"]]]


@dataclass(frozen=True)
class VAILConfig:
    """Settings of code, discriminator and bottleneck."""

    # Widths of the encoder's hidden layers; usually one or two of 64-256.
    layers: tuple[int, ...] = (128,)
    # Columns of the code; usually 8-128.
    latent: int = 16
    # Most that a code may tell of its row on average [nats]; usually 0.1-1.
    limit: float = 0.5
    # Price of a nat at the start; it settles by itself; usually 0-1.
    beta: float = 0.3
    # Rise of the beta for each nat above the limit and update; usually 1e-5 (long training) to 1e-2.
    beta_step: float = 1e-2
    # Weight of the gradient penalty besides; usually 0.3-10; 0 leaves it out.
    penalty: float = 1.0
    optimizer: AdversarialConfig = field(default_factory=AdversarialConfig)


def divergence(mean: Float[Tensor, "B Z"], log_std: Float[Tensor, "B Z"]) -> Float[Tensor, "B"]:
    """KL(N(μ, diag σ²) ‖ N(0, I)) = ½ Σ (μ² + σ² - 1 - 2 log σ) [nats] (Kingma & Welling 2014, app. B)."""
    return 0.5 * (mean.square() + (2 * log_std).exp() - 1 - 2 * log_std).sum(dim=-1)


def dual_ascent(beta: Float[Tensor, ""], excess: Float[Tensor, ""], step: float) -> Float[Tensor, ""]:
    """β ← max(0, β + step (KL - limit)) (Peng et al. 2019, section 4)."""
    return (beta + step * excess).clamp(min=0)


class BottleneckDiscriminator(nn.Module):
    """x -> code z ~ N(μ(x), diag σ²(x)) -> one number, expert high; outside training z is its mean."""

    def __init__(self, width: int, config: VAILConfig, seed: int):
        super().__init__()
        self.encoder = seeded(seed, lambda: mlp((width, *config.layers, 2 * config.latent)))
        self.head = seeded(seed + 1, lambda: nn.Linear(config.latent, 1))
        self._generator = torch.Generator().manual_seed(seed)

    def code(self, x: Float[Tensor, "B X"]) -> tuple[Float[Tensor, "B Z"], Float[Tensor, "B Z"]]:
        """Mean and logarithm of the standard deviation of every row's code."""
        mean, log_std = self.encoder(x).chunk(2, dim=-1)
        return mean, log_std

    def forward(self, x: Float[Tensor, "B X"]) -> Float[Tensor, "B"]:
        """One number for each row."""
        z, log_std = self.code(x)
        if self.training:
            z = z + log_std.exp() * torch.randn(z.shape, generator=self._generator)
        return self.head(z).squeeze(-1)


class Bottleneck(nn.Module):
    """Regularizer β (KL - limit), with KL averaged over expert and agent alike; β follows by dual ascent.

    Args:
        code: rows -> mean and log standard deviation of their codes; no module, so that it is saved once.
        config: limit and beta.
        besides: a second regularizer, added.
    """

    beta: Float[Tensor, ""]
    nats: Float[Tensor, ""]

    def __init__(self, code: Code, config: VAILConfig, besides: Regularizer = nothing):
        super().__init__()
        self._code, self._config, self._besides = code, config, besides
        self.register_buffer("beta", torch.tensor(config.beta))
        # What the codes told at the last update [nats].
        self.register_buffer("nats", torch.zeros(()))

    def forward(
        self,
        score: Score,
        expert: Float[Tensor, "B X"],
        agent: Float[Tensor, "B X"],
        generator: torch.Generator,
    ) -> Float[Tensor, ""]:
        """The beta of this update; the next one's is set."""
        nats = divergence(*self._code(torch.cat((expert, agent)))).mean()
        penalty = self.beta * (nats - self._config.limit)
        self.nats = nats.detach()
        self.beta = dual_ascent(self.beta, self.nats - self._config.limit, self._config.beta_step)
        return penalty + self._besides(score, expert, agent, generator)


def vail(widths: Widths, seed: int, config: VAILConfig) -> AdversarialCritic:
    """Cross-entropy behind the bottleneck; the logit is that of the mean code (the paper's section 4.2)."""
    model = BottleneckDiscriminator(widths.inputs, config, seed)
    besides = weighted(config.penalty, gradient_penalty) if config.penalty else nothing
    return AdversarialCritic(model, bce, config.optimizer, seed, Bottleneck(model.code, config, besides))
