"""What a policy or an expert did, as tensors in the order of time; it holds no reward."""

from dataclasses import dataclass, replace

import torch
from jaxtyping import Bool, Float
from torch import Tensor


@dataclass(frozen=True)
class Rollout:
    """Consecutive steps of N environments side by side."""

    obs: Float[Tensor, "T N O"]
    # As the environment executed them, clipped to its bounds.
    action: Float[Tensor, "T N A"]
    # The true last observation where an episode ended.
    next_obs: Float[Tensor, "T N O"]
    terminated: Bool[Tensor, "T N"]
    truncated: Bool[Tensor, "T N"]
    episode_start: Bool[Tensor, "T N"]
    # Of the executed actions under the policy that is learning, for families that ask for it.
    log_prob: Float[Tensor, "T N"] | None = None
    # The steps just before these, for families that look at windows.
    history: "Rollout | None" = None

    @property
    def count(self) -> int:
        """Number of steps T N."""
        return self.terminated.numel()

    def last(self, times: int) -> "Rollout":
        """The last steps of every environment, its history included, as the next rollout's history."""
        columns = {name: getattr(self, name) for name in COLUMNS}
        if self.history is not None and self.history.obs.shape[1] == self.obs.shape[1]:
            columns = {name: torch.cat((getattr(self.history, name), c)) for name, c in columns.items()}
        cut = {name: column[-times:] for name, column in columns.items()}
        return replace(self, **cut, log_prob=None, history=None)


COLUMNS = ("obs", "action", "next_obs", "terminated", "truncated", "episode_start")


def loose_steps(
    obs: Float[Tensor, "B O"],
    action: Float[Tensor, "B A"],
    next_obs: Float[Tensor, "B O"],
    terminated: Bool[Tensor, "B"] | None = None,
) -> Rollout:
    """Single steps without their order: each stands as an episode of its own."""
    never = torch.zeros(len(obs), 1, dtype=torch.bool)
    ends = never if terminated is None else terminated[:, None]
    return Rollout(obs[:, None], action[:, None], next_obs[:, None], ends, never, ~never)
