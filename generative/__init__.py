"""Models of what expert behaviour looks like, on plain tensors; they know nothing of robots."""

from .model import Critic
from .reward_model import FORMS, RewardModel, Rollout, Transitions

__all__ = ["FORMS", "Critic", "RewardModel", "Rollout", "Transitions"]
