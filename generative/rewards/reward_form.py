"""Forms: what a policy is paid for a critic's logit (expert high), and which of them may pay below zero."""

from collections.abc import Callable
from typing import Literal

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

Form = Literal["positive", "logit", "negative", "fairl"]

# The paper leaves it open; beyond this one step would outweigh a whole episode of others.
MAX_EXPONENT = 3.0


def positive(logit: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
    """R = -log(1 - D) = softplus(logit), never below zero (Ho & Ermon 2016, the sign most code uses)."""
    return F.softplus(logit)


def negative(logit: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
    """R = log D = -softplus(-logit), never above zero: it pays to end an episode early."""
    return -F.softplus(-logit)


def plain_logit(logit: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
    """R = log D - log(1 - D) = logit, the sum of the two above (Fu et al. 2018, section 5)."""
    return logit


def fairl(logit: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
    """R = -h exp(h), h = logit: forward Kullback-Leibler (Ghasemipour et al. 2020, table 1); h at most 3."""
    bounded = logit.clamp(max=MAX_EXPONENT)
    return -bounded * torch.exp(bounded)


FORMS: dict[str, Callable[[Tensor], Tensor]] = {
    "positive": positive,
    "logit": plain_logit,
    "negative": negative,
    "fairl": fairl,
}

# Below zero somewhere, so that dying early can be profit where death ends the episode.
SIGNED_FORMS = frozenset({"logit", "negative", "fairl"})
