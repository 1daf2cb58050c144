"""The probability of an action that was clipped to its bounds before it was executed."""

import torch
from jaxtyping import Float
from torch import Tensor
from torch.distributions import Normal


def clipped_log_prob(
    policy: Normal, action: Float[Tensor, "B A"], low: Float[Tensor, "A"], high: Float[Tensor, "A"]
) -> Float[Tensor, "B"]:
    """Log π of executed actions: a density between the bounds, and on each bound all that lies beyond it.

    Σ log N(a; μ, σ²) inside, log Φ((low - μ) / σ) at the lower and log Φ((μ - high) / σ) at the upper bound,
    as of censored observations (Tobin 1958). A Gaussian's density at a bound would call an action rare that a
    policy whose mean lies far outside executes always.
    """
    inside = policy.log_prob(action)
    below = torch.special.log_ndtr((low - policy.mean) / policy.stddev)
    above = torch.special.log_ndtr((policy.mean - high) / policy.stddev)
    return torch.where(action <= low, below, torch.where(action >= high, above, inside)).sum(dim=-1)
