"""The look of the pictures: light ground, one color per robot, shadows, a camera that follows.

Only the appearance changes, on a copy of the model. The look suits drawing without a graphics card: real
shadows, mirrors and smoothed edges take ten times as long as the rest of the picture.
"""

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import mujoco
import numpy as np
from jaxtyping import Float, UInt8

Color = tuple[int, int, int]

# Colors from 0 to 255.
GROUND_LIGHT, GROUND_DARK = (226, 231, 237), (190, 199, 210)
ZENITH, HORIZON = (242, 246, 250), (206, 213, 221)
SHADOW = (56, 61, 71)
# Elevation at which the sky reaches its full brightness [degrees].
ZENITH_ELEVATION = 16.0
# Brightness of a left limb beside its right one.
LEFT_SHADE = 0.62
# Side length of a ground square [m].
SQUARE = 0.5
# Height of the shadows, so that the ground does not hide them [m].
SHADOW_HEIGHT = 0.003
# Camera distance, and how far above the robot's center it looks, over the robot's radius: the best hopper
# jumps so high that its head reaches 1.5 radii above where its center stood.
ROOM, LIFT = 3.65, 0.35
# Least downward angle of the camera [degrees].
DOWNWARD = 8.0


class Follow(NamedTuple):
    """The body that the camera follows, and the height of its aim above the ground [m]."""

    body: int
    height: float


@dataclass(frozen=True)
class View:
    """A camera; it follows a running robot along the ground, but not its height."""

    camera: mujoco.MjvCamera
    follow: Follow | None

    def aim(self, data: mujoco.MjData) -> mujoco.MjvCamera:
        """The camera, aimed for this state; a function of the state alone."""
        if self.follow is not None:
            x, y, _ = data.subtree_com[self.follow.body]
            self.camera.lookat[:] = x, y, self.follow.height
        return self.camera


def dress(model: mujoco.MjModel, tint: Color | None, samples: int) -> mujoco.MjModel:
    """A copy of the model that is fast to draw; a running robot also gets this look.

    Args:
        model: as MuJoCo compiled it.
        tint: color of a running robot; None keeps its own.
        samples: 0 is fastest, 4 smooths edges and takes three times as long.
    """
    dressed = copy.copy(model)
    dressed.vis.quality.shadowsize = 0
    dressed.vis.quality.offsamples = samples
    if _tracking_camera(model) is None:
        return dressed
    _light(dressed)
    _pave(dressed)
    for texture in np.flatnonzero(dressed.tex_type == mujoco.mjtTexture.mjTEXTURE_SKYBOX):
        _paint_sky(dressed, int(texture))
    if tint is not None:
        _tint(dressed, tint)
    return dressed


def view(model: mujoco.MjModel, config: Mapping[str, Any]) -> View:  # Any: numbers and arrays
    """The camera for a model: beside a running robot, otherwise as in Gymnasium's `config`.

    A running robot is one whose model has a tracking camera, as Gymnasium's have.
    """
    camera = mujoco.MjvCamera()
    camera.type = mujoco.mjtCamera.mjCAMERA_FREE
    data = mujoco.MjData(model)
    mujoco.mj_forward(model, data)
    tracking = _tracking_camera(model)
    if tracking is None:
        camera.lookat[:], camera.distance = np.median(data.geom_xpos, axis=0), model.stat.extent
        for name in {"azimuth", "elevation", "distance", "lookat"} & config.keys():
            setattr(camera, name, config[name])
        return View(camera, None)
    body = int(model.cam_bodyid[tracking])
    height, radius = _extent(model, data, body)
    camera.azimuth, camera.elevation = 90.0, -_downward(data, tracking)
    camera.distance = ROOM * radius
    return View(camera, Follow(body, height + LIFT * radius))


def cast_shadows(scene: mujoco.MjvScene, ground: float = 0.0) -> None:
    """Add a flat copy of each robot part on the ground, like a shadow under light from above."""
    flat = np.diag((1.0, 1.0, 0.01))
    color = _rgba(SHADOW)
    for part in range(scene.ngeom):
        geom = scene.geoms[part]
        # Skip the ground's plane, and stop at the scene's capacity.
        if geom.category != mujoco.mjtCatBit.mjCAT_DYNAMIC or scene.ngeom == scene.maxgeom:
            continue
        shadow = scene.geoms[scene.ngeom]
        position = np.array((geom.pos[0], geom.pos[1], ground + SHADOW_HEIGHT))
        mujoco.mjv_initGeom(shadow, geom.type, np.zeros(3), position, np.eye(3).ravel(), color)
        shadow.size[:], shadow.dataid = geom.size, geom.dataid
        shadow.mat[:] = flat @ geom.mat
        shadow.emission, shadow.specular = 1.0, 0.0
        scene.ngeom += 1


def _light(model: mujoco.MjModel) -> None:
    model.vis.headlight.ambient[:], model.vis.headlight.diffuse[:] = 0.45, 0.55
    model.vis.headlight.specular[:] = 0.05
    model.light_ambient[:], model.light_diffuse[:], model.light_specular[:] = 0.0, 0.4, 0.15
    model.vis.rgba.haze[:] = _rgba(HORIZON)


def _pave(model: mujoco.MjModel) -> None:
    """Make every plane an endless checkered ground: a good runner reaches the end of Gymnasium's."""
    planes = np.flatnonzero(model.geom_type == mujoco.mjtGeom.mjGEOM_PLANE)
    model.geom_size[planes, :2] = 0.0
    materials = model.geom_matid[planes]
    model.geom_rgba[planes[materials >= 0]] = 1.0
    for material in materials[materials >= 0]:
        model.mat_rgba[material] = 1.0
        model.mat_texuniform[material], model.mat_texrepeat[material] = True, 0.5 / SQUARE
        model.mat_reflectance[material] = model.mat_specular[material] = 0.0
        for texture in model.mat_texid[material][model.mat_texid[material] >= 0]:
            pixels = _pixels(model, int(texture))
            light = pixels.mean(axis=-1, keepdims=True) > 100
            pixels[:] = np.where(light, GROUND_LIGHT, GROUND_DARK)


def _paint_sky(model: mujoco.MjModel, texture: int) -> None:
    width = int(model.tex_width[texture])
    elevation = np.degrees(np.arctan(np.linspace(1.0, -1.0, width)))
    share = np.clip(elevation / ZENITH_ELEVATION, 0.0, 1.0)[:, None, None]
    faces = _pixels(model, texture).reshape(-1, width, width, 3)
    faces[:] = (1.0 - share) * HORIZON + share * np.asarray(ZENITH)
    if len(faces) == 6:  # right, left, up, down, front, back
        faces[2], faces[3] = ZENITH, HORIZON


def _tint(model: mujoco.MjModel, tint: Color) -> None:
    for geom in np.flatnonzero(model.geom_bodyid > 0):
        shade = LEFT_SHADE if "left" in model.geom(geom).name else 1.0
        model.geom_matid[geom] = -1
        model.geom_rgba[geom] = (*(np.asarray(tint) / 255 * shade), model.geom_rgba[geom, 3])


def _tracking_camera(model: mujoco.MjModel) -> int | None:
    cameras = np.flatnonzero(model.cam_mode == mujoco.mjtCamLight.mjCAMLIGHT_TRACKCOM)
    return int(cameras[0]) if len(cameras) else None


def _extent(model: mujoco.MjModel, data: mujoco.MjData, body: int) -> tuple[float, float]:
    """Height of the center of mass, and radius around it, of the robot of that body [m]."""
    parts = model.body_rootid[model.geom_bodyid] == model.body_rootid[body]
    center = data.subtree_com[body]
    reach = np.linalg.norm(data.geom_xpos[parts] - center, axis=1) + model.geom_rbound[parts]
    return float(center[2]), float(reach.max())


def _downward(data: mujoco.MjData, camera: int) -> float:
    """How far a camera of the model looks down, at least `DOWNWARD` [degrees]."""
    # A camera looks along its own negative z axis.
    steepness = data.cam_xmat[camera].reshape(3, 3)[2, 2]
    return max(DOWNWARD, float(np.degrees(np.arcsin(np.clip(steepness, -1.0, 1.0)))))


def _pixels(model: mujoco.MjModel, texture: int) -> UInt8[np.ndarray, "H W 3"]:
    shape = model.tex_height[texture], model.tex_width[texture], model.tex_nchannel[texture]
    start = model.tex_adr[texture]
    return model.tex_data[start : start + int(np.prod(shape))].reshape(shape)[..., :3]


def _rgba(color: Color) -> Float[np.ndarray, "4"]:
    return np.array((*color, 255), dtype=np.float32) / 255
