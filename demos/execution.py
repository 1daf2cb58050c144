"""Execution of a generated trajectory's actions in MuJoCo, and the time until the states diverge."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from ..envs.body import Body
from ..envs.physics import replay
from .physics_residual import states_of
from .trajectory import Trajectory


def executed(body: Body, generated: Trajectory) -> Trajectory:
    """The trajectory of MuJoCo from the same start under the same actions, up to a fall."""
    states = [states_of(generated)[0]]
    fallen = False
    for action in generated.actions:
        states.append(replay(body, states[-1][None], action[None])[0])
        fallen = bool(body.terminated(*body.split(states[-1][None]))[0])
        if fallen:
            break
    path, count = np.stack(states), len(states) - 1
    return Trajectory(
        obs=body.observe(*body.split(path)),
        actions=generated.actions[:count],
        terminated=fallen,
        truncated=not fallen,
        states=path,
        source=f"executed {generated.source}".strip(),
    )


def steps_kept(
    generated: Trajectory, real: Trajectory, spread: Float[np.ndarray, "S"], limit: float = 1.0
) -> int:
    """Steps until the root mean square error of the state exceeds a limit, in standard deviations.

    Args:
        generated: trajectory of a generator.
        real: the same actions in MuJoCo.
        spread: standard deviation of each column of real states; the x position is left out.
        limit: largest allowed error [standard deviations].
    """
    count = min(len(generated), len(real)) + 1
    away = (states_of(generated)[:count, 1:] - states_of(real)[:count, 1:]) / spread[1:]
    diverged = np.sqrt(np.square(away).mean(axis=1)) > limit
    return int(diverged.argmax()) if diverged.any() else count - 1


def spread_of(episodes: Sequence[Trajectory], floor: float = 1e-3) -> Float[np.ndarray, "S"]:
    """Standard deviation of each column of the states."""
    return np.maximum(np.concatenate([states_of(e) for e in episodes]).std(axis=0), floor)
