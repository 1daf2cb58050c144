"""Errors as scores: an autoencoder's reconstruction, and the prediction of a fixed random network (RED).

Both learn from rows of one kind alone and err where they have not been.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import torch
from jaxtyping import Float
from torch import Tensor, nn

from ..interfaces.critics import AnchorConfig, DensityCritic
from ..interfaces.model import GenerativeModel, Kind
from ..interfaces.reward_inputs import Widths
from ..nn.networks import mlp, seeded


@dataclass(frozen=True)
class AutoEncoderConfig:
    """Settings of the autoencoder."""

    # Widths of the encoder's hidden layers; the decoder has the same in reverse.
    layers: tuple[int, ...] = (64, 64)
    # Columns of the code, fewer than the rows have; usually 2-8.
    code: int = 6
    # Adam's learning rate; usually 1e-3 to 3e-3.
    learning_rate: float = 1e-3
    # Fit and anchors of the density.
    density: AnchorConfig = field(default_factory=AnchorConfig)


@dataclass(frozen=True)
class REDConfig:
    """Settings of random expert distillation."""

    # Widths of the predictor's hidden layers; usually one or two of 64-256.
    layers: tuple[int, ...] = (64, 64)
    # Widths of the random network's layers, the last its outputs.
    target: tuple[int, ...] = (64, 16)
    # Spread of the random weights; at 1 a layer keeps its input's size, above it bends more; usually 1-2.
    gain: float = 1.5
    # Adam's learning rate; usually 3e-4 to 1e-3.
    learning_rate: float = 1e-3
    # Fit and anchors of the density.
    density: AnchorConfig = field(default_factory=AnchorConfig)


def squared_error(predicted: Float[Tensor, "B X"], target: Float[Tensor, "B X"]) -> Float[Tensor, "B"]:
    """‖predicted - target‖² / columns."""
    return (predicted - target).square().mean(dim=-1)


class ErrorModel(GenerativeModel):
    """A model that scores by the negative of an error and learns by lowering it; it cannot sample."""

    kind: ClassVar[Kind] = "negative error"
    _optimizer: torch.optim.Optimizer

    def update(self, x: Float[Tensor, "B X"], context: Float[Tensor, "B ..."]) -> dict[str, float]:
        """One step of Adam on the mean error."""
        loss = -self.score(x, context).mean()
        self._optimizer.zero_grad()
        loss.backward()
        self._optimizer.step()
        return {"loss": loss.item()}


class AutoEncoder(ErrorModel):
    """x -> a code of few columns -> x again, with the context known to both halves.

    Args:
        width: columns of x.
        context: columns of the context, flattened; 0 for none.
        config: of both halves.
        seed: of the weights.
    """

    def __init__(self, width: int, context: int, config: AutoEncoderConfig, seed: int):
        super().__init__()
        self.encoder = seeded(seed, lambda: mlp((width + context, *config.layers, config.code)))
        self.decoder = seeded(seed + 1, lambda: mlp((config.code + context, *config.layers[::-1], width)))
        self._optimizer = torch.optim.Adam(self.parameters(), config.learning_rate, fused=True)

    def score(self, x: Float[Tensor, "B X"], context: Float[Tensor, "B ..."]) -> Float[Tensor, "B"]:
        """-‖x - decoder(encoder(x))‖² / columns (Japkowicz et al. 1995 detect novelty by this error)."""
        given = context.flatten(1)
        code = self.encoder(torch.cat((x, given), dim=-1))
        return -squared_error(self.decoder(torch.cat((code, given), dim=-1)), x)


class RandomNetwork(nn.Module):
    """Layers tanh(W x) with fixed Gaussian weights, which are buffers: saved and never trained."""

    def __init__(self, sizes: Sequence[int], gain: float):
        super().__init__()
        for i, (inputs, outputs) in enumerate(itertools.pairwise(sizes)):
            self.register_buffer(f"weight{i}", gain / inputs**0.5 * torch.randn(inputs, outputs))

    def forward(self, x: Float[Tensor, "B X"]) -> Float[Tensor, "B Y"]:
        """The random features of every row."""
        for weight in self.buffers():
            x = torch.tanh(x @ weight)
        return x


class RED(ErrorModel):
    """A predictor learns a random network's outputs on the rows it is given, and misses them elsewhere.

    Args:
        width: columns of x.
        context: columns of the context, flattened; 0 for none.
        config: of both networks.
        seed: of the weights of both.
    """

    def __init__(self, width: int, context: int, config: REDConfig, seed: int):
        super().__init__()
        inputs = width + context
        self.target = seeded(seed, lambda: RandomNetwork((inputs, *config.target), config.gain))
        self.predictor = seeded(seed + 1, lambda: mlp((inputs, *config.layers, config.target[-1])))
        self._optimizer = torch.optim.Adam(self.parameters(), config.learning_rate, fused=True)

    def score(self, x: Float[Tensor, "B X"], context: Float[Tensor, "B ..."]) -> Float[Tensor, "B"]:
        """-‖predictor(x) - target(x)‖² / outputs (Wang et al. 2019, section 3; they exponentiate it)."""
        rows = torch.cat((x, context.flatten(1)), dim=-1)
        return -squared_error(self.predictor(rows), self.target(rows))


def ae(widths: Widths, seed: int, config: AutoEncoderConfig) -> DensityCritic:
    """The anchored reconstruction error of an autoencoder of the expert."""
    return DensityCritic(AutoEncoder(widths.inputs, 0, config, seed), config.density, seed)


def red(widths: Widths, seed: int, config: REDConfig) -> DensityCritic:
    """The anchored error of random expert distillation."""
    return DensityCritic(RED(widths.inputs, 0, config, seed), config.density, seed)
