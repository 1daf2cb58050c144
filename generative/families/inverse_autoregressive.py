"""Inverse autoregressive flow: a posterior of a latent variable, fast to draw from (Kingma et al. 2016)."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from ..nn.networks import mlp
from .flow import MADE, standard_normal
from .vae import MakePosterior


@dataclass(frozen=True)
class InverseAutoregressiveConfig:
    """Settings of the posterior."""

    # Widths of the encoder's hidden layers; usually one or two of 64-256.
    encoder: tuple[int, ...] = (128, 128)
    # Columns of the summary of x that every block sees; usually 16-128.
    summary: int = 32
    # MADE blocks, each in the reversed order of the one before; usually 2-8.
    blocks: int = 2
    # Widths of the hidden layers of each block.
    layers: tuple[int, ...] = (64,)
    # Added to the gate before its sigmoid, so that a block begins near the identity; usually 1-2.
    gate_bias: float = 1.5


def gated(
    z: Float[Tensor, "*B Z"], mean: Float[Tensor, "*B Z"], gate: Float[Tensor, "*B Z"]
) -> tuple[Float[Tensor, "*B Z"], Float[Tensor, "*B"]]:
    """One step z' = sigma z + (1 - sigma) m, sigma = sigmoid(s), and its log-determinant sum_i log sigma_i.

    Kingma et al. 2016, Algorithm 1: m and s of a column know only the columns of z before it.
    """
    keep = torch.sigmoid(gate)
    return keep * z + (1 - keep) * mean, F.logsigmoid(gate).sum(dim=-1)


class InverseAutoregressivePosterior(nn.Module):
    """q(z | x, context): a normal whose draws pass through gated blocks of MADE.

    Args:
        width: columns of x.
        context: columns of the context.
        latent: columns of z.
        config: encoder, blocks, gate.
    """

    def __init__(self, width: int, context: int, latent: int, config: InverseAutoregressiveConfig):
        super().__init__()
        self._split, self._gate_bias = (latent, latent, config.summary), config.gate_bias
        self.encoder = mlp((width + context, *config.encoder, sum(self._split)))
        turns = range(config.blocks)
        self.blocks = nn.ModuleList(
            MADE(latent, config.summary, config.layers, turn % 2 == 1) for turn in turns
        )

    def forward(
        self, x: Float[Tensor, "B X"], context: Float[Tensor, "B C"], noise: Float[Tensor, "*K B Z"]
    ) -> tuple[Float[Tensor, "*K B Z"], Float[Tensor, "*K B"]]:
        """The draws that standard normal noise leads to, and log q(z | x, context) of each [nats]."""
        mean, log_std, summary = self.encoder(torch.cat((x, context), dim=-1)).split(self._split, dim=-1)
        z = mean + torch.exp(log_std) * noise
        log_q = standard_normal(noise) - log_std.sum(dim=-1)
        summary = summary.expand(*noise.shape[:-1], -1)
        for block in self.blocks:
            towards, gate = block(z, summary)
            z, stretch = gated(z, towards, gate + self._gate_bias)
            log_q = log_q - stretch
        return z, log_q


def inverse_autoregressive(config: InverseAutoregressiveConfig) -> MakePosterior:
    """Posteriors of these settings, to hand to a `VAE`."""
    return lambda width, context, latent: InverseAutoregressivePosterior(width, context, latent, config)
