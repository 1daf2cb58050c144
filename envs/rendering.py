"""Pictures of an episode: drawn from recorded states, or from replaying its actions from its seed."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Protocol, runtime_checkable

import gymnasium
import mujoco
import numpy as np
from gymnasium.envs.mujoco import MujocoEnv
from jaxtyping import Float, UInt8
from PIL import Image

from .body import Body
from .errors import DataError, EnvironmentFault
from .registry import find_body, make_single
from .stage import Frame, Stage
from .studio import Color

# Largest difference of an observation between a replay and its recording.
REPLAY_TOLERANCE = 1e-2


@runtime_checkable
class Recording(Protocol):
    """The parts of an episode that rendering needs; `demos.Trajectory` has them."""

    @property
    def obs(self) -> Float[np.ndarray, "T1 O"]: ...  # noqa: D102
    @property
    def actions(self) -> Float[np.ndarray, "T A"]: ...  # noqa: D102
    @property
    def states(self) -> Float[np.ndarray, "T1 S"] | None: ...  # noqa: D102
    @property
    def seed(self) -> int | None: ...  # noqa: D102


def episode_frames(
    name: str,
    recording: Recording,
    width: int = 480,
    height: int = 480,
    tint: Color | None = None,
    samples: int = 0,
    every: int = 1,
) -> Iterator[Frame]:
    """The T + 1 pictures of an episode, one at a time.

    Args:
        name: a body of ours or any Gymnasium id.
        recording: drawn from its `states` if it has them and the body is ours; otherwise its `actions` are
            replayed from its `seed`.
        width: pixels.
        height: pixels.
        tint: color of the robot, 0 to 255; None keeps its own.
        samples: 0 is fastest, 4 smooths edges and takes three times as long.
        every: draw every n-th observation and the last.

    Raises:
        EnvironmentFault: no OpenGL here, or the environment cannot draw.
        DataError: neither states nor a seed, or the replay differs from the recording.
    """
    body = find_body(name)
    if body is not None and recording.states is not None:
        renderer: StateRenderer | EnvRenderer = StateRenderer(body, width, height, tint, samples)
    else:
        renderer = EnvRenderer(name, width, height, tint, samples)
    with renderer:
        yield from renderer.frames(recording, every)


class StateRenderer(AbstractContextManager["StateRenderer"]):
    """Pictures of a body of ours from its states: nothing is simulated.

    Raises:
        EnvironmentFault: no OpenGL works here.
    """

    def __init__(
        self, body: Body, width: int = 480, height: int = 480, tint: Color | None = None, samples: int = 0
    ):
        self.body = body
        self._stage = Stage(body.model, width, height, tint, samples)
        self._data = mujoco.MjData(body.model)

    def frame(self, state: Float[np.ndarray, "S"]) -> Frame:
        """The picture of one state (qpos, qvel)."""
        self._data.qpos[:], self._data.qvel[:] = np.split(state, [self.body.nq])
        mujoco.mj_kinematics(self.body.model, self._data)
        mujoco.mj_comPos(self.body.model, self._data)
        mujoco.mj_camlight(self.body.model, self._data)
        return self._stage.picture(self._data)

    def frames(self, recording: Recording, every: int = 1) -> Iterator[Frame]:
        """The T + 1 pictures of an episode with states, or every n-th and the last."""
        if recording.states is None:
            raise DataError(
                f"this {self.body.name} episode has no states; use EnvRenderer, which replays its actions"
            )
        last = len(recording.states) - 1
        for step in [*range(0, last, every), last]:
            yield self.frame(recording.states[step])

    def close(self) -> None:
        """Release the memory of the graphics driver."""
        self._stage.close()

    def __exit__(self, *fault: object) -> None:
        self.close()


class EnvRenderer(AbstractContextManager["EnvRenderer"]):
    """Pictures of any Gymnasium environment: its actions are replayed from its seed.

    MuJoCo's running robots look like our bodies; other environments draw themselves.

    Raises:
        UsageError: no such environment.
        EnvironmentFault: no OpenGL works here, or the environment cannot draw.
    """

    def __init__(
        self, env_id: str, width: int = 480, height: int = 480, tint: Color | None = None, samples: int = 0
    ):
        self.env = _make_drawing(env_id)
        self.size = (width, height)
        self._stage: Stage | None = None
        inner = self.env.unwrapped
        if isinstance(inner, MujocoEnv):
            config = inner.mujoco_renderer.default_cam_config
            self._stage = Stage(inner.model, width, height, tint, samples, config)

    def frames(self, recording: Recording, every: int = 1) -> Iterator[Frame]:
        """The T + 1 pictures of an episode with a seed, or every n-th and the last.

        Raises:
            DataError: it has no seed, or the replay differs from the recording.
        """
        if recording.seed is None:
            raise DataError(
                "this episode has neither states nor a seed, so it cannot be drawn; record it again"
            )
        obs, _ = self.env.reset(seed=recording.seed)
        self._require_same(obs, recording, step=0)
        yield self._picture()
        for step, action in enumerate(recording.actions, start=1):
            obs, *_ = self.env.step(action)
            self._require_same(obs, recording, step)
            if step % every == 0 or step == len(recording.actions):
                yield self._picture()

    def close(self) -> None:
        """Release the environment and the memory of the graphics driver."""
        if self._stage is not None:
            self._stage.close()
        self.env.close()

    def __exit__(self, *fault: object) -> None:
        self.close()

    def _picture(self) -> Frame:
        inner = self.env.unwrapped
        if self._stage is not None and isinstance(inner, MujocoEnv):
            return self._stage.picture(inner.data)
        drawn = self.env.render()
        if not isinstance(drawn, np.ndarray):
            raise EnvironmentFault(
                f"{self.env.spec} draws no pictures; continue without a video (--no-video)"
            )
        return _fit(drawn, self.size)

    def _require_same(self, obs: Float[np.ndarray, "O"], recording: Recording, step: int) -> None:
        recorded = recording.obs[step]
        if not np.allclose(obs, recorded, rtol=REPLAY_TOLERANCE, atol=REPLAY_TOLERANCE):
            raise DataError(
                f"a replay from seed {recording.seed} differs from the recording at step {step}, so the"
                " pictures would show another episode; record it again on this machine"
            )


def _make_drawing(env_id: str) -> gymnasium.Env:
    try:
        return make_single(env_id, render_mode="rgb_array")
    except EnvironmentFault as fault:
        raise EnvironmentFault(f"{fault}; or continue without a video (--no-video)") from fault


def _fit(frame: UInt8[np.ndarray, "h w c"], size: tuple[int, int]) -> Frame:
    """Scaled to fit into (width, height), centered on white."""
    picture = Image.fromarray(np.ascontiguousarray(frame[..., :3]))
    scale = min(size[0] / picture.width, size[1] / picture.height)
    scaled = picture.resize(
        (round(picture.width * scale), round(picture.height * scale)), Image.Resampling.LANCZOS
    )
    canvas = Image.new("RGB", size, "white")
    canvas.paste(scaled, ((size[0] - scaled.width) // 2, (size[1] - scaled.height) // 2))
    return np.asarray(canvas)
