"""The best policy of a training, by any score: a higher one is better, and no score may read the reward."""

from collections.abc import Callable
from dataclasses import dataclass

from stable_baselines3.common.policies import ActorCriticPolicy
from torch import Tensor

from ..demos.recorder import Policy

PolicyScore = Callable[[Policy], float]


@dataclass(frozen=True)
class Kept:
    """A policy as it was when it scored best."""

    step: int
    score: float
    weights: dict[str, Tensor]


class KeepBest:
    """Scores a policy whenever it is called, and keeps its weights when they score best so far.

    Attributes:
        kept: the best so far; None before the first call.
    """

    def __init__(self, policy: ActorCriticPolicy, score: PolicyScore):
        self._policy, self._score = policy, score
        self.kept: Kept | None = None

    def __call__(self, step: int) -> None:
        """Score the policy after a number of environment steps, and keep the best."""
        score = self._score(self._policy)
        if self.kept is None or score > self.kept.score:
            weights = {name: value.clone() for name, value in self._policy.state_dict().items()}
            self.kept = Kept(step, score, weights)
