from dataclasses import dataclass

import gymnasium
import numpy as np
import pytest

from gailforce.envs import opengl
from gailforce.envs.errors import DataError, EnvironmentFault
from gailforce.envs.registry import body
from gailforce.envs.rendering import EnvRenderer, StateRenderer, episode_frames

ORANGE = (230, 120, 30)


@dataclass
class Episode:
    obs: np.ndarray
    actions: np.ndarray
    states: np.ndarray | None
    seed: int | None


def played(env_id: str, seed: int = 7, steps: int = 5) -> Episode:
    env = gymnasium.make(env_id)
    env.action_space.seed(seed)
    obs, actions, states = [env.reset(seed=seed)[0]], [], [state_of(env)]
    for _ in range(steps):
        actions.append(env.action_space.sample())
        obs.append(env.step(actions[-1])[0])
        states.append(state_of(env))
    return Episode(np.array(obs), np.array(actions), np.array(states), seed)


def state_of(env: gymnasium.Env) -> np.ndarray:
    return np.concatenate((env.unwrapped.data.qpos, env.unwrapped.data.qvel))


def robot(frame: np.ndarray) -> np.ndarray:
    """Where the picture shows the orange robot: rows and columns."""
    red, _, blue = np.moveaxis(frame.astype(int), -1, 0)
    return np.argwhere(red - blue > 60)


@pytest.fixture(scope="module")
def hopper() -> StateRenderer:
    with StateRenderer(body("hopper"), 200, 160, tint=ORANGE) as renderer:
        yield renderer


def standing(name: str = "hopper", x: float = 0.0) -> np.ndarray:
    state = np.zeros(body(name).nq + body(name).nv)
    state[: body(name).nq] = body(name).model.qpos0
    state[0] = x
    return state


def test_a_picture_has_the_given_size(hopper):
    frame = hopper.frame(standing())
    assert frame.shape == (160, 200, 3)
    assert frame.dtype == np.uint8


def test_the_same_state_gives_the_same_picture_whatever_came_before(hopper):
    first = hopper.frame(standing()).copy()
    hopper.frame(standing(x=5.3))
    assert np.array_equal(hopper.frame(standing()), first)


@pytest.mark.parametrize("x", [0.0, 3.3, 31.7, 402.1])
def test_the_camera_keeps_a_robot_that_ran_in_the_middle(hopper, x):
    columns = robot(hopper.frame(standing(x=x)))[:, 1]
    assert abs(columns.mean() - 100) < 8


def test_the_ground_passes_by_under_a_robot_that_runs_even_far_out(hopper):
    for start in (0.0, 150.0):
        here, there = hopper.frame(standing(x=start)), hopper.frame(standing(x=start + 0.25))
        assert np.abs(here.astype(int) - there)[120:].mean() > 2


@pytest.mark.parametrize("name", ["hopper", "walker2d"])
def test_the_whole_robot_is_in_the_picture_with_room_to_jump(name):
    jumping = standing(name)
    jumping[1] += 0.6  # the best hopper's highest
    with StateRenderer(body(name), 160, 160, tint=ORANGE) as renderer:
        low, high = robot(renderer.frame(standing(name)))[:, 0], robot(renderer.frame(jumping))[:, 0]
    assert low.max() < 150
    assert high.min() > 4
    assert np.ptp(low) > 60


def test_two_renderers_can_take_turns(hopper):
    with StateRenderer(body("walker2d"), 200, 160) as other:
        mine, theirs = hopper.frame(standing()).copy(), other.frame(standing("walker2d")).copy()
        assert np.array_equal(hopper.frame(standing()), mine)
        assert np.array_equal(other.frame(standing("walker2d")), theirs)


def test_drawing_leaves_the_body_s_model_as_it_was():
    model = body("hopper").model
    before = model.geom_rgba.copy(), model.geom_size.copy(), model.vis.quality.offsamples
    with StateRenderer(body("hopper"), 64, 64, tint=ORANGE) as renderer:
        renderer.frame(standing())
    assert np.array_equal(model.geom_rgba, before[0])
    assert np.array_equal(model.geom_size, before[1])
    assert model.vis.quality.offsamples == before[2]


def test_a_replay_shows_one_picture_more_than_it_has_actions():
    episode = played("HalfCheetah-v5")
    frames = list(episode_frames("HalfCheetah-v5", episode, 96, 64))
    assert [frame.shape for frame in frames] == [(64, 96, 3)] * 6


def test_every_second_picture_still_ends_with_the_last():
    episode = played("Hopper-v5", steps=5)
    with EnvRenderer("hopper", 64, 64) as replayed, StateRenderer(body("hopper"), 64, 64) as recorded:
        assert len(list(replayed.frames(episode, every=2))) == 4
        pictures = list(recorded.frames(episode, every=2))
        assert len(pictures) == 4
        assert np.array_equal(pictures[-1], recorded.frame(episode.states[-1]))


def test_a_renderer_that_is_dropped_leaves_the_others_their_textures(hopper):
    before = hopper.frame(standing())
    dropped = StateRenderer(body("hopper"), 64, 64)
    dropped.frame(standing())
    hopper.frame(standing())
    del dropped
    assert np.array_equal(hopper.frame(standing()), before)


def test_a_replay_shows_what_the_states_show():
    episode = played("Hopper-v5")
    with EnvRenderer("hopper", 96, 96) as replayed, StateRenderer(body("hopper"), 96, 96) as recorded:
        pairs = zip(replayed.frames(episode), recorded.frames(episode), strict=True)
        assert all(np.abs(a.astype(int) - b).mean() < 0.5 for a, b in pairs)


def test_an_environment_that_stays_in_place_is_shown_as_gymnasium_frames_it():
    frames = list(episode_frames("Reacher-v5", played("Reacher-v5"), 96, 96))
    assert len(frames) == 6
    assert frames[0].std() > 5


def test_a_replay_that_leaves_its_recording_is_refused_with_the_step():
    episode = played("Hopper-v5")
    episode.obs[3] += 1.0
    with pytest.raises(DataError, match="at step 3"), EnvRenderer("hopper", 64, 64) as renderer:
        list(renderer.frames(episode))


def test_an_episode_with_neither_states_nor_seed_is_refused():
    episode = played("Hopper-v5")
    episode.states = episode.seed = None
    with pytest.raises(DataError, match="neither states nor a seed"):
        list(episode_frames("hopper", episode))


@pytest.fixture
def no_opengl(monkeypatch):
    opengl.opengl_backend.cache_clear()
    tried = []
    monkeypatch.setattr(opengl.platform, "system", lambda: "Linux")
    monkeypatch.setattr(opengl, "probe", lambda backend: tried.append(backend) or "no such library")
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.delenv("MUJOCO_GL", raising=False)
    yield tried
    opengl.opengl_backend.cache_clear()


def test_a_machine_without_opengl_is_told_what_to_install(no_opengl):
    with pytest.raises(EnvironmentFault, match=r"apt-get install libegl1 libgl1-mesa-dri.*--no-video"):
        StateRenderer(body("hopper"))
    assert no_opengl == ["egl", "osmesa"]


def test_the_requested_backend_is_tried_first_and_named_in_lower_case(no_opengl, monkeypatch):
    monkeypatch.setenv("MUJOCO_GL", "OSMesa")
    monkeypatch.setattr(opengl, "probe", lambda backend: no_opengl.append(backend))
    assert opengl.opengl_backend() == "osmesa"
    assert opengl.os.environ["MUJOCO_GL"] == "osmesa"


def test_a_window_is_used_only_where_there_is_a_window_system(no_opengl, monkeypatch):
    monkeypatch.setenv("DISPLAY", ":0")
    with pytest.raises(EnvironmentFault, match="glfw: no such library"):
        opengl.opengl_backend()


def test_a_user_who_forbids_drawing_is_told_so(no_opengl, monkeypatch):
    monkeypatch.setenv("MUJOCO_GL", "disable")
    with pytest.raises(EnvironmentFault, match="MUJOCO_GL=disable forbids"):
        opengl.opengl_backend()


def test_a_backend_that_does_not_exist_is_reported_not_raised():
    assert "nonsense" in (opengl.probe("nonsense") or "")
