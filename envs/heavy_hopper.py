"""HopperHeavy: Hopper with a torso of 1.5 times the mass, to test transfer of rewards and policies."""

from dataclasses import replace
from typing import Any

import gymnasium
import mujoco
from gymnasium.envs.mujoco.hopper_v5 import HopperEnv
from gymnasium.utils import EzPickle

from .hopper import HOPPER

# Factor on mass and inertia of the torso.
LOAD = 1.5


def load_torso(model: mujoco.MjModel) -> None:
    """Make the torso heavier and update everything that MuJoCo derives from masses."""
    torso = model.body("torso").id
    model.body_mass[torso] *= LOAD
    model.body_inertia[torso] *= LOAD
    mujoco.mj_setConst(model, mujoco.MjData(model))


class HeavyHopperEnv(HopperEnv):
    """Gymnasium's Hopper-v5 with the heavier torso."""

    def __init__(self, terminate_when_unhealthy: bool = True, **kwargs: Any):
        super().__init__(terminate_when_unhealthy=terminate_when_unhealthy, **kwargs)
        # The parent records its own arguments by position; pickling needs these names.
        EzPickle.__init__(self, terminate_when_unhealthy=terminate_when_unhealthy, **kwargs)
        load_torso(self.model)


HEAVY_HOPPER = replace(HOPPER, name="hopper-heavy", env_id="HopperHeavy-v5", change=load_torso)
gymnasium.register(HEAVY_HOPPER.env_id, HeavyHopperEnv, max_episode_steps=HEAVY_HOPPER.max_episode_steps)
