"""The largest difference between recorded steps and MuJoCo's physics."""

import numpy as np

from ..envs.physics import replay
from ..envs.registry import find_body
from .dataset import Demonstrations


def largest_residual(demos: Demonstrations) -> float | None:
    """The largest difference between any recorded next state and MuJoCo's, in the state's own units.

    Below 1e-6 for float64 recordings; None without states or for a body that is not ours.
    """
    body = find_body(demos.env_id)
    recorded = [(t.states, t.actions) for t in demos if t.states is not None]
    if body is None or len(recorded) < len(demos):
        return None
    return max(
        float(np.abs(replay(body, states[:-1], actions) - states[1:]).max()) for states, actions in recorded
    )
