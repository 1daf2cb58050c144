"""Execution: a generated trajectory's own actions in real physics, and how long they keep to its states."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from ..envs.body import Body
from ..envs.physics import replay
from .physics_residual import states_of
from .trajectory import Trajectory


def executed(body: Body, dream: Trajectory) -> Trajectory:
    """What MuJoCo does from the same start under the same actions, up to a fall."""
    states = [states_of(dream)[0]]
    fallen = False
    for action in dream.actions:
        states.append(replay(body, states[-1][None], action[None])[0])
        fallen = bool(body.terminated(*body.split(states[-1][None]))[0])
        if fallen:
            break
    path, count = np.stack(states), len(states) - 1
    return Trajectory(
        obs=body.observe(*body.split(path)),
        actions=dream.actions[:count],
        terminated=fallen,
        truncated=not fallen,
        states=path,
        source=f"executed {dream.source}".strip(),
    )


def steps_kept(
    dream: Trajectory, real: Trajectory, spread: Float[np.ndarray, "S"], limit: float = 1.0
) -> int:
    """Steps until a state departs from the dreamt one by a deviation, as the root mean square of columns.

    Args:
        dream: generated.
        real: what became of it in physics.
        spread: standard deviation of each column of real states; the place on the ground is left out.
        limit: how far is too far.
    """
    count = min(len(dream), len(real)) + 1
    away = (states_of(dream)[:count, 1:] - states_of(real)[:count, 1:]) / spread[1:]
    left = np.sqrt(np.square(away).mean(axis=1)) > limit
    return int(left.argmax()) if left.any() else count - 1


def spread_of(episodes: Sequence[Trajectory], floor: float = 1e-3) -> Float[np.ndarray, "S"]:
    """Standard deviation of each column of the states."""
    return np.maximum(np.concatenate([states_of(e) for e in episodes]).std(axis=0), floor)
