"""Masked autoregressive flow: a density by change of variables, one column after the other."""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar, cast

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from ..interfaces.critics import RatioConfig, RatioCritic
from ..interfaces.model import GenerativeModel, Kind
from ..interfaces.reward_inputs import Widths
from ..nn.networks import seeded


@dataclass(frozen=True)
class FlowConfig:
    """Settings of a masked autoregressive flow."""

    # MADE blocks, each in the reversed order of the one before; usually 2-10. The paper has 5 and more;
    # on the graded ladders 3 ranked better than 5.
    blocks: int = 3
    # Widths of the hidden layers of each block; usually one or two of 64-256.
    layers: tuple[int, ...] = (100,)
    # Bound on the logarithm of a block's scale; usually 2-7.
    log_scale_bound: float = 3.0
    # Adam's learning rate; usually 1e-4 to 1e-3.
    learning_rate: float = 1e-3
    # Bound on the norm of the gradient; rows far outside the density have enormous ones.
    gradient_clip: float = 10.0


@dataclass(frozen=True)
class FlowRewardConfig(FlowConfig):
    """Settings of the flows as a reward."""

    # Fit and logit of the two densities.
    density: RatioConfig = field(default_factory=RatioConfig)


def may_see(above: Int[Tensor, "J"], below: Int[Tensor, "K"], strictly: bool = False) -> Bool[Tensor, "J K"]:
    """M_jk = 1 where m(j) >= m(k), and m(j) > m(k) for outputs (Germain et al. 2015, section 4.2)."""
    return above[:, None] > below if strictly else above[:, None] >= below


class MaskedLinear(nn.Linear):
    """A linear layer without the weights that the mask forbids."""

    mask: Float[Tensor, "J K"]

    def __init__(self, mask: Bool[Tensor, "J K"]):
        outputs, inputs = mask.shape
        super().__init__(inputs, outputs)
        self.register_buffer("mask", mask.float(), persistent=False)

    def forward(self, x: Float[Tensor, "*B K"]) -> Float[Tensor, "*B J"]:
        """(M * W) x + b."""
        return F.linear(x, self.mask * self.weight, self.bias)


class MADE(nn.Module):
    """Two numbers for each column of x, of the columns before it and of the context (Germain et al. 2015).

    Args:
        width: columns of x.
        context: columns of the context.
        layers: widths of the hidden layers.
        backwards: count the columns from the last to the first.
    """

    def __init__(self, width: int, context: int, layers: Sequence[int], backwards: bool = False):
        super().__init__()
        # Columns of x in the order in which each may depend on the earlier ones.
        self.order = list(range(width))[:: -1 if backwards else 1]
        degree = torch.tensor(self.order) + 1
        # A unit of degree 0 sees the context alone, so without one it would be a constant.
        least = 0 if context else min(1, width - 1)
        hidden = [least + torch.arange(units) % (width - least) for units in layers]
        degrees = [torch.cat((degree, torch.zeros(context, dtype=torch.long))), *hidden]
        stack: list[nn.Module] = []
        for below, above in itertools.pairwise(degrees):
            stack += [MaskedLinear(may_see(above, below)), nn.ReLU()]
        outputs = degree.repeat_interleave(2)
        self.layers = nn.Sequential(*stack, MaskedLinear(may_see(outputs, degrees[-1], strictly=True)))

    def forward(
        self, x: Float[Tensor, "*B X"], context: Float[Tensor, "*B C"]
    ) -> tuple[Float[Tensor, "*B X"], Float[Tensor, "*B X"]]:
        """Both numbers of every column."""
        first, second = self.layers(torch.cat((x, context), dim=-1)).unflatten(-1, (-1, 2)).unbind(-1)
        return first, second


def soft_bounded(x: Float[Tensor, "..."], bound: float) -> Float[Tensor, "..."]:
    """A number x / (1 + |x| / bound): x near zero, within +-bound everywhere."""
    return x / (1 + x.abs() / bound)


def standard_normal(u: Float[Tensor, "*B X"]) -> Float[Tensor, "*B"]:
    """The log-density log N(u; 0, I) [nats]."""
    return -0.5 * (u.square() + math.log(2 * math.pi)).sum(dim=-1)


class AffineBlock(nn.Module):
    """u_i = (x_i - mu_i) exp(-alpha_i), mu_i and alpha_i of the columns before i and the context.

    Papamakarios et al. 2017, eq. 4; its log-determinant is -sum_i alpha_i, eq. 5. The paper leaves alpha
    free; here it is bounded, so that no row is stretched without end.
    """

    def __init__(self, width: int, context: int, config: FlowConfig, backwards: bool):
        super().__init__()
        self.made = MADE(width, context, config.layers, backwards)
        self._bound = config.log_scale_bound

    def forward(
        self, x: Float[Tensor, "B X"], context: Float[Tensor, "B C"]
    ) -> tuple[Float[Tensor, "B X"], Float[Tensor, "B"]]:
        """The image u, and the log-determinant of du / dx."""
        mu, raw = self.made(x, context)
        alpha = soft_bounded(raw, self._bound)
        return (x - mu) * torch.exp(-alpha), -alpha.sum(dim=-1)

    def inverse(self, u: Float[Tensor, "B X"], context: Float[Tensor, "B C"]) -> Float[Tensor, "B X"]:
        """x_i = u_i exp(alpha_i) + mu_i, one column at a time (eq. 3)."""
        x = torch.zeros_like(u)
        for column in self.made.order:
            mu, raw = self.made(x, context)
            x[:, column] = (u * torch.exp(soft_bounded(raw, self._bound)) + mu)[:, column]
        return x


class MAF(GenerativeModel):
    """Blocks of MADE between x and a standard normal, each in the reversed order of the one before.

    Papamakarios et al. 2017, without its batch normalization, which would mix expert and agent.

    Args:
        width: columns of x.
        context: columns of the context, flattened.
        config: blocks, layers, bounds, optimizer.
        seed: of the initial weights.
    """

    kind: ClassVar[Kind] = "log-likelihood"

    def __init__(self, width: int, context: int, config: FlowConfig, seed: int):
        super().__init__()

        def build() -> nn.Module:
            turns = range(config.blocks)
            return nn.ModuleList(AffineBlock(width, context, config, turn % 2 == 1) for turn in turns)

        self.blocks = nn.ModuleList(seeded(seed, build).children())
        self._width, self._clip = width, config.gradient_clip
        self._optimizer = torch.optim.Adam(self.parameters(), config.learning_rate, fused=True)

    def update(self, x: Float[Tensor, "B X"], context: Float[Tensor, "B ..."]) -> dict[str, float]:
        """One step of Adam on the mean negative log-likelihood [nats]."""
        loss = -self.score(x, context).mean()
        self._optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.parameters(), self._clip)
        self._optimizer.step()
        return {"loss": loss.item()}

    def score(self, x: Float[Tensor, "B X"], context: Float[Tensor, "B ..."]) -> Float[Tensor, "B"]:
        """Log p(x | context) = log N(u) + log |det du / dx| [nats] (Papamakarios et al. 2017, eq. 1)."""
        flat, u, log_det = context.flatten(1), x, x.new_zeros(len(x))
        for block in self.blocks:
            u, stretch = block(u, flat)
            log_det = log_det + stretch
        return standard_normal(u) + log_det

    @torch.no_grad()
    def sample(
        self, context: Float[Tensor, "B ..."], n: int, generator: torch.Generator
    ) -> Float[Tensor, "n B X"]:
        """Draws for every context: a standard normal through the inverses of all blocks."""
        flat = context.flatten(1).repeat(n, 1)
        # (n B, X)
        x = torch.randn((len(flat), self._width), generator=generator, dtype=flat.dtype)
        for block in reversed(cast(Sequence[AffineBlock], self.blocks)):
            x = block.inverse(x, flat)
        return x.unflatten(0, (n, len(context)))


def flow(widths: Widths, seed: int, config: FlowRewardConfig) -> RatioCritic:
    """The log-ratio of two flows, one of the expert and one of the agent."""
    return RatioCritic(MAF(widths.inputs, 0, config, seed), widths.inputs, config.density, seed)
