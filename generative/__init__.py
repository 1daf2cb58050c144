"""Models of what expert behavior looks like, on plain tensors; they know nothing of robots."""

from .interfaces.model import Critic, GenerativeModel
from .interfaces.rollout import Rollout
from .rewards.reward_form import FORMS
from .rewards.reward_model import RewardNet

__all__ = ["FORMS", "Critic", "GenerativeModel", "RewardNet", "Rollout"]
