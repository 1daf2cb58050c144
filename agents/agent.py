"""What every agent can do: act, as Stable-Baselines3's algorithms do."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.policies import BasePolicy


class Agent:
    """A policy with the verbs of Stable-Baselines3: learn, predict, save, load."""

    # Of agents that train in an environment.
    learner: BaseAlgorithm

    # An attribute of some agents and a property of others, so only its type is said here.
    if TYPE_CHECKING:

        @property
        def policy(self) -> BasePolicy:
            """What acts."""

    def predict(
        self,
        obs: Float[np.ndarray, "*B O"],
        state: tuple[np.ndarray, ...] | None = None,
        episode_start: np.ndarray | None = None,
        deterministic: bool = False,
    ) -> tuple[Float[np.ndarray, "*B A"], tuple[np.ndarray, ...] | None]:
        """Actions for one or many observations, clipped to the bounds; the state passes through."""
        return self.policy.predict(obs, state, episode_start, deterministic)

    def save(self, path: str | Path) -> None:
        """Write the agent as one verified file."""
        raise NotImplementedError(f"{type(self).__name__} does not say how it is saved")
