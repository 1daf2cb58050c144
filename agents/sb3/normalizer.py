"""Running normalization of observations, kept inside the policy so that one file holds the agent."""

import numpy as np
import torch
from gymnasium.spaces import Box
from jaxtyping import Float
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.on_policy_algorithm import OnPolicyAlgorithm
from stable_baselines3.common.torch_layers import BaseFeaturesExtractor
from torch import Tensor

# Normalised observations are clipped here, so that an unseen state cannot saturate the networks.
CLIP = 10.0


class RunningNorm(BaseFeaturesExtractor):
    """z = clip((obs - mean) / std, -10, 10), with statistics over all observations seen so far.

    The statistics are buffers: saved with the policy, moved by `update`, never by a gradient.
    """

    mean: Tensor
    var: Tensor
    # Observations seen so far.
    count: Tensor

    def __init__(self, observation_space: Box):
        super().__init__(observation_space, features_dim=observation_space.shape[0])
        width = observation_space.shape[0]
        self.register_buffer("mean", torch.zeros(width))
        self.register_buffer("var", torch.ones(width))
        self.register_buffer("count", torch.zeros(()))

    def forward(self, obs: Float[Tensor, "B O"]) -> Float[Tensor, "B O"]:
        """Normalised observations."""
        # A constant column would divide by zero.
        return ((obs - self.mean) / (self.var + 1e-8).sqrt()).clamp(-CLIP, CLIP)

    @torch.no_grad()
    def update(self, obs: Float[np.ndarray, "... O"]) -> None:
        """Join the mean and variance of new observations to the running ones (Chan et al. 1979, eq. 2.1)."""
        rows = obs.reshape(-1, obs.shape[-1]).astype(np.float64)
        mean, var, count = rows.mean(axis=0), rows.var(axis=0), len(rows)
        old_count, old_mean, old_var = (
            self.count.item(),
            self.mean.double().numpy(),
            self.var.double().numpy(),
        )
        total = old_count + count
        shift = mean - old_mean
        new_var = (old_var * old_count + var * count + shift**2 * old_count * count / total) / total
        self.mean.copy_(torch.from_numpy(old_mean + shift * count / total))
        self.var.copy_(torch.from_numpy(new_var))
        self.count.fill_(total)


class UpdateNormalizer(BaseCallback):
    """Moves the statistics between two rollouts, so that collection and training of one see the same."""

    # Only learners of the on-policy kind have a rollout.
    model: OnPolicyAlgorithm

    def __init__(self) -> None:
        super().__init__()
        self._seen: np.ndarray | None = None

    def _on_step(self) -> bool:
        return True

    def _on_rollout_end(self) -> None:
        self._seen = self.model.rollout_buffer.observations

    def _on_rollout_start(self) -> None:
        self._take_in()

    def _on_training_end(self) -> None:
        self._take_in()

    def _take_in(self) -> None:
        extractor = self.model.policy.features_extractor
        # A learner of the user's own may normalize in its own way.
        if self._seen is not None and isinstance(extractor, RunningNorm):
            extractor.update(self._seen)
        self._seen = None
