"""Diffusion discriminators: a denoiser trained so that its error tells the agent from the expert."""

from dataclasses import dataclass, field

import torch
from jaxtyping import Float
from torch import Tensor, nn

from ..interfaces.adversarial import AdversarialConfig, AdversarialCritic
from ..nn.losses import bce
from ..nn.regularizers import gradient_penalty, nothing, weighted
from .diffusion import Denoiser, DenoiserConfig

# Least error: the logit of a perfect denoising would be infinite.
LEAST_ERROR = 1e-6


def _strong_noise() -> DenoiserConfig:
    # The paper's linear schedule leaves 96 % of the variance: rows of standard deviation 1 then hide their
    # noise from any denoiser (L = alpha_bar = 0.96 > ln 2), and the expert's logit stays below zero.
    return DenoiserConfig(layers=(64, 64), times=10, schedule="cosine", noises=1)


def _little_noise() -> DenoiserConfig:
    return DenoiserConfig(layers=(48, 48), times=10, schedule="linear", noises=1)


@dataclass(frozen=True)
class DiffAILConfig:
    """Settings of DiffAIL."""

    # Ten times, as in the paper, but up to pure noise.
    denoiser: DenoiserConfig = field(default_factory=_strong_noise)
    # Weight of the gradient penalty; usually 0.3-10; 0, as in the paper, leaves it out.
    penalty: float = 1.0
    optimizer: AdversarialConfig = field(default_factory=AdversarialConfig)


@dataclass(frozen=True)
class DRAILConfig:
    """Settings of DRAIL."""

    # Ten times of little noise; narrow, because every row is asked for twice.
    denoiser: DenoiserConfig = field(default_factory=_little_noise)
    # Logit for a difference of 1 between the two errors; usually 1 (the paper) to the number of columns.
    temperature: float = 10.0
    # Weight of the gradient penalty; usually 0.3-10; 0, as in the paper, leaves it out.
    penalty: float = 1.0
    optimizer: AdversarialConfig = field(default_factory=AdversarialConfig)


def error_logit(error: Float[Tensor, "B"]) -> Float[Tensor, "B"]:
    """Log D - log(1 - D) = -L - log(1 - exp(-L)), D = exp(-L) (Wang et al. 2023, DiffAIL); 0 at L = ln 2."""
    error = error.clamp(min=LEAST_ERROR)
    # expm1 keeps small errors exact; exp(L) would overflow for large ones.
    return -error - torch.log(-torch.expm1(-error))


class DiffAILScore(nn.Module):
    """x -> the logit of D = exp(-L(x))."""

    def __init__(self, width: int, seed: int, config: DiffAILConfig):
        super().__init__()
        self.denoiser = Denoiser(width, 0, seed, config.denoiser)

    def forward(self, x: Float[Tensor, "B X"]) -> Float[Tensor, "B"]:
        """One logit for each row."""
        return error_logit(self.denoiser.errors(x, x[None, :, :0])[0])


class DRAILScore(nn.Module):
    """x -> temperature (L(x, agent) - L(x, expert)), of one denoiser told whose row to expect.

    D = exp(-L_expert) / (exp(-L_expert) + exp(-L_agent)) = sigmoid(L_agent - L_expert) (Lai et al. 2024).
    The same times and noises serve both questions.
    """

    def __init__(self, width: int, seed: int, config: DRAILConfig):
        super().__init__()
        self.denoiser = Denoiser(width, 1, seed, config.denoiser)
        self._temperature = config.temperature

    def forward(self, x: Float[Tensor, "B X"]) -> Float[Tensor, "B"]:
        """One logit for each row."""
        label = torch.ones(len(x), 1)
        agent, expert = self.denoiser.errors(x, torch.stack((-label, label)))
        return self._temperature * (agent - expert)


def diffail(width: int, seed: int, config: DiffAILConfig | None = None) -> AdversarialCritic:
    """DiffAIL (Wang et al. 2023): noise is to be found in the expert's rows and missed in the agent's."""
    config = config or DiffAILConfig()
    score = DiffAILScore(width, seed, config)
    regularizer = weighted(config.penalty, gradient_penalty) if config.penalty else nothing
    return AdversarialCritic(score, bce, config.optimizer, seed, regularizer)


def drail(width: int, seed: int, config: DRAILConfig | None = None) -> AdversarialCritic:
    """DRAIL (Lai et al. 2024): one denoiser asked twice; no 20 a step on top, as a variant has."""
    config = config or DRAILConfig()
    score = DRAILScore(width, seed, config)
    regularizer = weighted(config.penalty, gradient_penalty) if config.penalty else nothing
    return AdversarialCritic(score, bce, config.optimizer, seed, regularizer)
