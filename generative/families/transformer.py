"""GPT: a causal transformer that says what the next step will be (Radford et al. 2018)."""

import math
from dataclasses import dataclass, field

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from ..interfaces.critics import RatioConfig, RatioCritic, last_step
from ..interfaces.gaussian_head import GaussianModel, HeadConfig
from ..interfaces.reward_inputs import WINDOW, Widths
from ..nn.networks import mlp


@dataclass(frozen=True)
class GPTConfig:
    """Settings of the transformer."""

    # Steps before the judged one that it looks at; usually 3-15, at most one less than the window.
    memory: int = 3
    # Width of a token; usually 32-128.
    features: int = 64
    # Attention heads, each of features / heads columns.
    heads: int = 4
    # Blocks of attention and network; usually 1-4.
    blocks: int = 1
    head: HeadConfig = field(default_factory=HeadConfig)

    def __post_init__(self) -> None:
        if self.features % self.heads:
            raise ValueError(f"{self.features} features cannot be split among {self.heads} heads")
        if min(self.memory, self.heads, self.blocks) < 1:
            raise ValueError(f"memory, heads and blocks are at least 1; got {self}")
        if self.memory >= WINDOW:
            raise ValueError(
                f"a window holds {WINDOW - 1} steps before the judged one; got memory {self.memory}"
            )


@dataclass(frozen=True)
class GPTRewardConfig(GPTConfig):
    """Settings of the transformer as a reward."""

    # Fit and logit of the two densities.
    density: RatioConfig = field(default_factory=RatioConfig)


def attention(
    q: Float[Tensor, "B H Q D"],
    k: Float[Tensor, "B H K D"],
    v: Float[Tensor, "B H K D"],
    mask: Bool[Tensor, "B 1 Q K"],
) -> Float[Tensor, "B H Q D"]:
    """softmax(q kᵀ / √D) v over the keys that the mask lets each query see (Vaswani et al. 2017, eq. 1)."""
    scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])
    return scores.masked_fill(~mask, -torch.inf).softmax(dim=-1) @ v


def causal(seen: Bool[Tensor, "B V"]) -> Bool[Tensor, "B 1 V V"]:
    """Query i sees key j when j <= i and j is there to be seen; everyone sees itself, so no row is empty."""
    itself = torch.eye(seen.shape[1], dtype=torch.bool)
    return (torch.ones_like(itself).tril() & seen[:, None] | itself)[:, None]


class Block(nn.Module):
    """Attention, then a network on each token, both added to what they read after normalising it."""

    def __init__(self, features: int, heads: int):
        super().__init__()
        self._heads = heads
        self.norm_attention, self.norm_network = nn.LayerNorm(features), nn.LayerNorm(features)
        # A bias of the keys would add the same to every score of a query and never learn.
        self.query, self.key, self.value = (nn.Linear(features, features, bias=False) for _ in range(3))
        self.out = nn.Linear(features, features)
        self.network = mlp((features, 4 * features, features), nn.GELU)

    def forward(
        self, tokens: Float[Tensor, "B V F"], mask: Bool[Tensor, "B 1 V V"], last: int
    ) -> Float[Tensor, "B L F"]:
        """The last tokens, so many, after a look at all; the others need no work in the last block."""
        normed = self.norm_attention(tokens)
        q, k, v = self.query(normed[:, -last:]), self.key(normed), self.value(normed)
        attended = attention(self._split(q), self._split(k), self._split(v), mask[:, :, -last:])
        tokens = tokens[:, -last:] + self.out(attended.transpose(1, 2).flatten(2))
        return tokens + self.network(self.norm_network(tokens))

    def _split(self, part: Float[Tensor, "B V F"]) -> Float[Tensor, "B H V D"]:
        return part.unflatten(-1, (self._heads, -1)).transpose(1, 2)


class CausalEncoder(nn.Module):
    """Steps -> features of what comes next.

    Before the first step that exists, be it the episode's or the memory's, stands a learned start token; it
    stands alone when there is none. Positions count from the end, so steps keep theirs when others miss.
    """

    def __init__(self, columns: int, config: GPTConfig):
        super().__init__()
        self._memory = config.memory
        self.embed = nn.Linear(columns - 1, config.features)
        self.start = nn.Parameter(0.02 * torch.randn(config.features))
        self.position = nn.Parameter(0.02 * torch.randn(config.memory + 1, config.features))
        self.blocks = nn.ModuleList(Block(config.features, config.heads) for _ in range(config.blocks))
        self.norm = nn.LayerNorm(config.features)

    def tokens(self, context: Float[Tensor, "B V Z"]) -> tuple[Float[Tensor, "B U F"], Bool[Tensor, "B U"]]:
        """The start token and the steps, and which of them are there to be seen."""
        steps = context[:, -self._memory :, :-1]
        exists = context[:, -self._memory :, -1] > 0
        never = torch.zeros(len(context), 1, dtype=torch.bool)
        there = torch.cat((never, exists), dim=1)
        steps = torch.cat((self.start.expand(len(context), 1, -1), self.embed(steps)), dim=1)
        tokens = torch.where(there[..., None], steps, self.start) + self.position[-there.shape[1] :]
        # The token just before an existing step is the start if it is no step itself.
        return tokens, there | torch.cat((exists, ~never), dim=1)

    def every(self, context: Float[Tensor, "B V Z"]) -> Float[Tensor, "B U F"]:
        """Features after the start and after each step, each knowing nothing later."""
        return self._features(context, min(context.shape[1], self._memory) + 1)

    def forward(self, context: Float[Tensor, "B V Z"]) -> Float[Tensor, "B F"]:
        """Features after the last step."""
        return self._features(context, 1).squeeze(1)

    def _features(self, context: Float[Tensor, "B V Z"], last: int) -> Float[Tensor, "B L F"]:
        tokens, seen = self.tokens(context)
        mask = causal(seen)
        for block in self.blocks[:-1]:
            tokens = block(tokens, mask, tokens.shape[1])
        return self.norm(self.blocks[-1](tokens, mask, last))


class GPT(GaussianModel):
    """p(x | context) by a causal transformer over the context's steps.

    Args:
        width: columns of x.
        columns: of a context's step, its mark included.
        config: memory, size, head.
        seed: of the weights.
    """

    def __init__(self, width: int, columns: int, config: GPTConfig, seed: int):
        super().__init__(
            lambda: CausalEncoder(columns, config), config.features, width, columns, config.head, seed
        )


def gpt(widths: Widths, seed: int, config: GPTRewardConfig) -> RatioCritic:
    """Logit: log p_expert(xₜ | x before) - log p_agent(xₜ | x before) for the last step of each window."""
    model = GPT(widths.inputs, widths.inputs + 1, config, seed)
    return RatioCritic(model, widths.inputs, config.density, seed, last_step)
