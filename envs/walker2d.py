"""Walker2d-v5: a planar two-legged body, rewarded for walking forward without falling."""

import numpy as np
from jaxtyping import Bool, Float

from .body import Body, planar_observation, running_reward

# Range of torso heights of a standing body [m].
MIN_HEIGHT, MAX_HEIGHT = 0.8, 2.0
# Absolute torso pitch at which the body has fallen [rad].
MAX_PITCH = 1.0


def terminated(qpos: Float[np.ndarray, "B nq"], qvel: Float[np.ndarray, "B nv"]) -> Bool[np.ndarray, "B"]:
    """Fallen: too low, too high, or too far tilted."""
    height, pitch = qpos[:, 1], qpos[:, 2]
    return ~((height > MIN_HEIGHT) & (height < MAX_HEIGHT) & (np.abs(pitch) < MAX_PITCH))


WALKER2D = Body(
    name="walker2d",
    env_id="Walker2d-v5",
    model_file="walker2d_v5.xml",
    frame_skip=4,
    reset_noise=5e-3,
    observe=planar_observation,
    reward=running_reward,
    terminated=terminated,
)
