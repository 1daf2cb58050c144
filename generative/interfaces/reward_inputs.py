"""Reward inputs: what a critic is shown of each step, one row a step, time-major.

`inputs` name the part of a step. A reward input arranges it: single steps, the windows that end in each step,
or the pieces of a shaped reward.
"""

from collections.abc import Callable
from typing import Literal, NamedTuple

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from .rollout import Rollout

Inputs = Literal["s", "sa", "ss'"]


class Widths(NamedTuple):
    """Numbers of columns: of the inputs, of an observation, of an action."""

    inputs: int
    obs: int
    action: int


# The part of a step a critic looks at, by its name.
SELECT: dict[str, Callable[[Rollout], Float[Tensor, "T N X"]]] = {
    "s": lambda rollout: rollout.obs,
    "sa": lambda rollout: torch.cat((rollout.obs, rollout.action), dim=-1),
    "ss'": lambda rollout: torch.cat((rollout.obs, rollout.next_obs), dim=-1),
}
WIDTHS: dict[str, Callable[[int, int], int]] = {
    "s": lambda obs, action: obs,
    "sa": lambda obs, action: obs + action,
    "ss'": lambda obs, action: 2 * obs,
}
# (rollout, inputs) -> one row a step.
RewardInput = Callable[[Rollout, str], Float[Tensor, "B ..."]]


def single_steps(rollout: Rollout, inputs: str) -> Float[Tensor, "B X"]:
    """The inputs of every step by itself."""
    return SELECT[inputs](rollout).flatten(0, 1)


class Shaped(NamedTuple):
    """The columns of a shaped reward input, by name."""

    inputs: Float[Tensor, "B X"]
    obs: Float[Tensor, "B O"]
    next_obs: Float[Tensor, "B O"]
    terminated: Float[Tensor, "B 1"]
    asked: Float[Tensor, "B 1"]
    log_prob: Float[Tensor, "B 1"]


def shaped(rollout: Rollout, inputs: str) -> Float[Tensor, "B Y"]:
    """Inputs, observation, next observation, 1 where terminated, 1 where a policy was asked, log-probability.

    Without a policy to ask, as when single steps are judged afterwards, the last two are 0.
    """
    asked = torch.full(rollout.terminated.shape, float(rollout.log_prob is not None))
    log_prob = torch.zeros(rollout.terminated.shape) if rollout.log_prob is None else rollout.log_prob
    pieces = (
        SELECT[inputs](rollout),
        rollout.obs,
        rollout.next_obs,
        rollout.terminated[..., None].float(),
        asked[..., None],
        log_prob[..., None],
    )
    return torch.cat(pieces, dim=-1).flatten(0, 1)


def unshaped(rows: Float[Tensor, "B Y"], widths: Widths) -> Shaped:
    """The pieces of `shaped`."""
    return Shaped(*rows.split((widths.inputs, widths.obs, widths.obs, 1, 1, 1), dim=-1))


# Steps in a window, the judged one included.
WINDOW = 16


def windows(rollout: Rollout, inputs: str) -> Float[Tensor, "B W Z"]:
    """The window that ends in each step, oldest first; a last column marks with 1 the steps that exist.

    A window never reaches over the start of an episode; what is missing there is zero. With a history the
    windows of the first steps reach into it.
    """
    before = rollout.history
    past = 0 if before is None else len(before.obs)
    x, starts = SELECT[inputs](rollout), rollout.episode_start
    if before is not None:
        x = torch.cat((SELECT[inputs](before), x))
        starts = torch.cat((before.episode_start, starts))
    age = _steps_since_start(starts)[past:]
    offset = torch.arange(WINDOW - 1, -1, -1)
    at = torch.arange(past, len(x))[:, None] - offset
    exists = offset <= age[..., None]
    # (T, W, N, X) -> (T, N, W, X)
    rows = x[at.clamp(min=0)].transpose(1, 2) * exists[..., None]
    return torch.cat((rows, exists[..., None].float()), dim=-1).flatten(0, 1)


def _steps_since_start(starts: Bool[Tensor, "T N"]) -> Int[Tensor, "T N"]:
    """Steps of its episode that are known before each step; the first known step counts as a start."""
    times = torch.arange(len(starts))[:, None]
    last_start = torch.where(starts, times, torch.zeros_like(times)).cummax(dim=0).values
    return times - last_start
