"""How one value is taken from a mixture: greedily, sharpened, or from its likeliest parts alone."""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from ..interfaces.gaussian_head import Mixture, draw


@dataclass(frozen=True)
class DecodingConfig:
    """Settings of drawing from a mixture."""

    # Below 1 the likely becomes likelier and parts narrower; 0 takes the mean of the likeliest part.
    temperature: float = 1.0
    # Parts that may be drawn, the likeliest; 0 for all.
    top_k: int = 0
    # Share of the weight that may be drawn, the likeliest parts first; in (0, 1].
    top_p: float = 1.0
    # Windows followed at a time in a beam search, which draws nothing by chance; 0 for none.
    beam: int = 0

    def __post_init__(self) -> None:
        if min(self.temperature, self.top_k, self.beam) < 0 or not 0 < self.top_p <= 1:
            raise ValueError(f"temperature, top_k and beam are 0 or more, top_p in (0, 1]; got {self}")


def sharpened(mixture: Mixture, temperature: float) -> Mixture:
    """Weights ∝ w^(1/τ), deviations √τ σ: each part's density to the power 1/τ, normalized again."""
    weight = (mixture.log_weight / temperature).log_softmax(dim=-1)
    return Mixture(weight, mixture.mean, mixture.log_std + 0.5 * math.log(temperature))


def likeliest(mixture: Mixture, top_k: int = 0, top_p: float = 1.0) -> Mixture:
    """Without the parts beyond the k likeliest (Fan et al. 2018) or beyond a share p (Holtzman et al. 2020).

    Of the share, the part that reaches it is kept, so that one is always left.
    """
    ordered, place = mixture.log_weight.sort(dim=-1, descending=True)
    before = ordered.exp().cumsum(dim=-1) - ordered.exp()
    keep = before < top_p
    if top_k:
        keep = keep & (torch.arange(ordered.shape[-1]) < top_k)
    allowed = torch.zeros_like(keep).scatter(-1, place, keep)
    weight = mixture.log_weight.where(allowed, -torch.inf).log_softmax(dim=-1)
    return mixture._replace(log_weight=weight)


def greedy(mixture: Mixture) -> Float[Tensor, "B X"]:
    """The mean of the likeliest part."""
    best = mixture.log_weight.argmax(dim=-1)
    return mixture.mean[torch.arange(len(best)), best]


def decoded(mixture: Mixture, config: DecodingConfig, generator: torch.Generator) -> Float[Tensor, "B X"]:
    """One value of every row, as the settings say."""
    if config.temperature == 0:
        return greedy(mixture)
    narrowed = likeliest(mixture, config.top_k, config.top_p)
    return draw(sharpened(narrowed, config.temperature), 1, generator)[0]
