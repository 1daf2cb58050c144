"""LSTM: a recurrent network that says what the next step will be (Hochreiter & Schmidhuber 1997)."""

from dataclasses import dataclass, field

import torch
from jaxtyping import Float
from torch import Tensor, nn

from ..interfaces.critics import RatioConfig, RatioCritic, last_step
from ..interfaces.gaussian_head import GaussianModel, HeadConfig
from ..interfaces.reward_inputs import WINDOW, Widths


@dataclass(frozen=True)
class LSTMConfig:
    """Settings of the recurrent network."""

    # Steps before the judged one that it looks at; usually 3-15, at most one less than the window.
    memory: int = 3
    # Cells; usually 32-256.
    features: int = 64
    head: HeadConfig = field(default_factory=HeadConfig)

    def __post_init__(self) -> None:
        if not 1 <= self.memory < WINDOW:
            raise ValueError(f"memory is 1 to {WINDOW - 1} steps; got {self.memory}")


@dataclass(frozen=True)
class LSTMRewardConfig(LSTMConfig):
    """Settings of the recurrent network as a reward."""

    # Fit and logit of the two densities.
    density: RatioConfig = field(default_factory=RatioConfig)


def cell(
    gates: Float[Tensor, "B G"], memory: Float[Tensor, "B F"]
) -> tuple[Float[Tensor, "B F"], Float[Tensor, "B F"]]:
    """cₜ = σ(f) cₜ₋₁ + σ(i) tanh(g), hₜ = σ(o) tanh(cₜ) with gates (i, f, o, g); returns (hₜ, cₜ).

    Hochreiter & Schmidhuber 1997 with the forget gate of Gers et al. 2000.
    """
    i, f, o, g = gates.chunk(4, dim=-1)
    memory = torch.sigmoid(f) * memory + torch.sigmoid(i) * torch.tanh(g)
    return torch.sigmoid(o) * torch.tanh(memory), memory


class RecurrentEncoder(nn.Module):
    """Steps -> features of what comes next; it begins in a learned state and passes over missing steps."""

    def __init__(self, columns: int, config: LSTMConfig):
        super().__init__()
        self._memory, cells = config.memory, config.features
        self.start = nn.Parameter(0.02 * torch.randn(2, cells))
        self.input = nn.Linear(columns - 1, 4 * cells)
        self.recur = nn.Linear(cells, 4 * cells, bias=False)
        # A forget gate that begins open lets gradients reach the first steps (Jozefowicz et al. 2015).
        nn.init.ones_(self.input.bias[cells : 2 * cells])

    def forward(self, context: Float[Tensor, "B V Z"]) -> Float[Tensor, "B F"]:
        """Features after the last step."""
        steps, exists = context[:, -self._memory :, :-1], context[:, -self._memory :, -1:] > 0
        hidden, memory = self.start[:, None].expand(-1, len(context), -1)
        for read, there in zip(self.input(steps).unbind(1), exists.unbind(1), strict=True):
            stepped = cell(read + self.recur(hidden), memory)
            hidden, memory = torch.where(there, stepped[0], hidden), torch.where(there, stepped[1], memory)
        return hidden


class LSTM(GaussianModel):
    """p(x | context) by a recurrent network over the context's steps.

    Args:
        width: columns of x.
        columns: of a context's step, its mark included.
        config: memory, size, head.
        seed: of the weights.
    """

    def __init__(self, width: int, columns: int, config: LSTMConfig, seed: int):
        super().__init__(
            lambda: RecurrentEncoder(columns, config), config.features, width, columns, config.head, seed
        )


def lstm(widths: Widths, seed: int, config: LSTMRewardConfig) -> RatioCritic:
    """Logit: log p_expert(xₜ | x before) - log p_agent(xₜ | x before) for the last step of each window."""
    model = LSTM(widths.inputs, widths.inputs + 1, config, seed)
    return RatioCritic(model, widths.inputs, config.density, seed, last_step)
