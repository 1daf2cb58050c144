"""Hopper-v5: a planar one-legged body, rewarded for hopping forward without falling."""

import numpy as np
from jaxtyping import Bool, Float

from .body import Body, planar_observation, running_reward

# Torso height above the ground below which the body has fallen [m].
MIN_HEIGHT = 0.7
# Absolute torso pitch at which the body has fallen [rad].
MAX_PITCH = 0.2
# Bound on every other position and velocity; beyond it the simulation has diverged.
MAX_STATE = 100.0


def terminated(qpos: Float[np.ndarray, "B nq"], qvel: Float[np.ndarray, "B nv"]) -> Bool[np.ndarray, "B"]:
    """Fallen: too low, too far tilted, or a state out of bounds."""
    upright = (qpos[:, 1] > MIN_HEIGHT) & (np.abs(qpos[:, 2]) < MAX_PITCH)
    bounded = (np.abs(qpos[:, 2:]) < MAX_STATE).all(axis=1) & (np.abs(qvel) < MAX_STATE).all(axis=1)
    # Gymnasium requires height < inf, so an infinite height counts as fallen.
    return ~(upright & bounded & (qpos[:, 1] < np.inf))


HOPPER = Body(
    name="hopper",
    env_id="Hopper-v5",
    model_file="hopper.xml",
    frame_skip=4,
    reset_noise=5e-3,
    observe=planar_observation,
    reward=running_reward,
    terminated=terminated,
)
