"""Models of what expert behaviour looks like, on plain tensors; they know nothing of robots."""

from .model import Critic, GenerativeModel
from .reward_form import FORMS
from .reward_model import RewardModel
from .rollout import Rollout

__all__ = ["FORMS", "Critic", "GenerativeModel", "RewardModel", "Rollout"]
