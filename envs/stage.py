"""One MuJoCo model with its lights, its camera, and an off-screen OpenGL context."""

import weakref
from collections.abc import Mapping
from typing import Any

import mujoco
import numpy as np
from jaxtyping import UInt8

from .opengl import Context, open_context
from .studio import Color, cast_shadows, dress, view

# A picture, colors 0 to 255.
Frame = UInt8[np.ndarray, "H W 3"]

# Parts in a scene, shadows included; Gymnasium's largest robot has under 50.
MAX_PARTS = 1000


class Stage:
    """A model under our lights and camera, drawn off screen."""

    def __init__(
        self,
        model: mujoco.MjModel,
        width: int,
        height: int,
        tint: Color | None = None,
        samples: int = 0,
        config: Mapping[str, Any] | None = None,  # Any: Gymnasium's camera, numbers and arrays
    ):
        self.model = dress(model, tint, samples)
        self.model.vis.global_.offwidth, self.model.vis.global_.offheight = width, height
        self._view = view(self.model, config or {})
        self._context = open_context(width, height)
        self._context.make_current()
        self._drawing = mujoco.MjrContext(self.model, mujoco.mjtFontScale.mjFONTSCALE_100.value)
        # Without this, a drawing frees the textures of whichever context is current.
        self._release = weakref.finalize(self, _release, self._context, self._drawing)
        # At Python's exit, OpenGL may be closed already.
        self._release.atexit = False
        mujoco.mjr_setBuffer(mujoco.mjtFramebuffer.mjFB_OFFSCREEN.value, self._drawing)
        self._scene = mujoco.MjvScene(self.model, MAX_PARTS)
        self._scene.flags[mujoco.mjtRndFlag.mjRND_REFLECTION] = False
        self._options, self._nothing_held = mujoco.MjvOption(), mujoco.MjvPerturb()
        self._area = mujoco.MjrRect(0, 0, width, height)

    def picture(self, data: mujoco.MjData) -> Frame:
        """A picture of the scene; positions, cameras and lights in `data` must be up to date."""
        everything = mujoco.mjtCatBit.mjCAT_ALL.value
        camera = self._view.aim(data)
        # MuJoCo places an endless ground around the camera, so the camera has to move first.
        mujoco.mjv_updateCamera(self.model, data, camera, self._scene)
        mujoco.mjv_updateScene(
            self.model, data, self._options, self._nothing_held, camera, everything, self._scene
        )
        if self._view.follow is not None:
            cast_shadows(self._scene)
        pixels = np.empty((self._area.height, self._area.width, 3), dtype=np.uint8)
        # Another stage may have drawn since.
        self._context.make_current()
        mujoco.mjr_render(self._area, self._scene, self._drawing)
        mujoco.mjr_readPixels(pixels, None, self._area, self._drawing)
        return np.flipud(pixels)  # OpenGL's first row is the lowest

    def close(self) -> None:
        """Release the memory of the graphics driver; further calls do nothing."""
        self._release()


def _release(context: Context, drawing: mujoco.MjrContext) -> None:
    context.make_current()
    drawing.free()
    context.free()
