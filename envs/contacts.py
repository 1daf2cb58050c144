"""Foot contacts with the ground, as MuJoCo detects them."""

import mujoco
import numpy as np
from jaxtyping import Bool, Float

from .body import Body
from .errors import DataError

GROUND = "floor"


def foot_contacts(body: Body, states: Float[np.ndarray, "T S"]) -> Bool[np.ndarray, "T F"]:
    """Whether each foot, in the model's order of its geoms, touches the ground in each state.

    Raises:
        DataError: the model has no geom named `floor` or no geom with `foot` in its name.
    """
    model = body.model
    names = [model.geom(i).name for i in range(model.ngeom)]
    feet = [i for i, name in enumerate(names) if "foot" in name]
    if GROUND not in names or not feet:
        raise DataError(f"the model of {body.env_id} has no {GROUND} or no feet by that name: {names}")
    ground = names.index(GROUND)
    data = mujoco.MjData(model)
    touches = np.zeros((len(states), len(feet)), dtype=bool)
    for t, (qpos, qvel) in enumerate(zip(*body.split(states), strict=True)):
        data.qpos[:], data.qvel[:] = qpos, qvel
        mujoco.mj_forward(model, data)
        pairs = data.contact.geom[: data.ncon]
        on_ground = pairs[(pairs == ground).any(axis=1)]
        touches[t] = [(on_ground == foot).any() for foot in feet]
    return touches
