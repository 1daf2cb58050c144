"""The physics residual: distance of a generated step from MuJoCo's step with its state and action."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from ..envs.body import Body
from ..envs.errors import DataError
from ..envs.physics import replay
from .dataset import STD_FLOOR
from .trajectory import Trajectory


def change_std(episodes: Sequence[Trajectory]) -> Float[np.ndarray, "S"]:
    """Standard deviation of the one-step change of each column of the state, in real episodes.

    Raises:
        DataError: episodes without states.
    """
    return np.maximum(
        np.concatenate([np.diff(states_of(e), axis=0) for e in episodes]).std(axis=0), STD_FLOOR
    )


def states_of(episode: Trajectory) -> Float[np.ndarray, "T1 S"]:
    """The states of an episode.

    Raises:
        DataError: it has none.
    """
    if episode.states is None:
        raise DataError(
            "these demonstrations hold no states, which generators and physics need; "
            "record them again with gailforce record hopper or walker2d"
        )
    return episode.states


def physics_residual(
    body: Body,
    states: Float[np.ndarray, "T1 S"],
    actions: Float[np.ndarray, "T A"],
    unit: Float[np.ndarray, "S"],
) -> Float[np.ndarray, "T"]:
    """√ mean over columns of ((next generated - next of MuJoCo) / unit)², for every step.

    Args:
        body: the body whose physics is used.
        states: generated states, including the last.
        actions: generated actions; clipped to their bounds.
        unit: `change_std` of real episodes.
    """
    low, high = body.model.actuator_ctrlrange.T
    true = replay(body, states[:-1], np.clip(actions, low, high))
    return np.sqrt(np.square((states[1:] - true) / unit).mean(axis=1))
