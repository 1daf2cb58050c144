"""How far recorded steps depart from MuJoCo's own physics."""

import numpy as np

from ..envs.physics import replay
from ..envs.registry import find_body
from .dataset import Demonstrations


def largest_residual(demos: Demonstrations) -> float | None:
    """The largest difference between any recorded next state and MuJoCo's, in the state's own units.

    About 1e-12 for float64 recordings; None where there are no states or the body is not one of ours.
    """
    body = find_body(demos.env_id)
    if body is None or any(t.states is None for t in demos):
        return None
    return max(float(np.abs(replay(body, t.states[:-1], t.actions) - t.states[1:]).max()) for t in demos)
