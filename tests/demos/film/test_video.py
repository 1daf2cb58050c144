import io
import os
import resource
import signal
import subprocess
import sys
import textwrap
import time

import imageio_ffmpeg
import numpy as np
import pytest
from PIL import Image

from gailforce.demos.encoding import VideoWriter, poster, write_gif, write_video
from gailforce.demos.film.overlays import RollingCurve, Scale, Typeface, draw_bars, padded, shared_scale
from gailforce.demos.film.video import STRIP, Pane, side_by_side, write_side_by_side
from gailforce.envs.errors import DataError, EnvironmentFault, UsageError

GREY = 128


def pictures(count: int, width: int = 320, height: int = 160) -> list[np.ndarray]:
    return [np.full((height, width, 3), GREY, dtype=np.uint8) for _ in range(count)]


def pane(title: str, steps: int, **series: object) -> Pane:
    return Pane(title, pictures(steps + 1), **series)


def frames_and_size(path) -> tuple[int, tuple[int, int], float]:
    reader = imageio_ffmpeg.read_frames(str(path))
    about = next(reader)
    reader.close()
    return imageio_ffmpeg.count_frames_and_secs(str(path))[0], about["size"], about["fps"]


def test_a_video_has_the_frames_size_and_rate_it_was_given(tmp_path):
    path = write_video(tmp_path / "deep" / "a.mp4", pictures(7), fps=25.0)
    assert frames_and_size(path) == (7, (320, 160), 25.0)
    assert os.listdir(path.parent) == ["a.mp4"]


def test_colors_survive_the_way_through_the_file(tmp_path):
    color = (200, 80, 40)
    path = write_video(tmp_path / "a.mp4", [np.full((64, 64, 3), color, np.uint8)] * 3, fps=25.0)
    seen = np.asarray(Image.open(io.BytesIO(poster(path))).convert("RGB"))
    assert np.abs(seen.astype(int) - color).max() < 8


def test_an_odd_size_is_refused(tmp_path):
    with pytest.raises(UsageError, match="must be even"):
        VideoWriter(tmp_path / "a.mp4", 321, 160, 25.0)


def test_a_frame_of_another_size_is_refused(tmp_path):
    with (
        pytest.raises(DataError, match="a frame of shape"),
        VideoWriter(tmp_path / "a.mp4", 64, 64, 25.0) as video,
    ):
        video.write(pictures(1)[0])


def test_no_frames_make_no_file(tmp_path):
    with pytest.raises(DataError, match="at least one frame"):
        write_video(tmp_path / "a.mp4", [], fps=25.0)
    assert not os.listdir(tmp_path)


def test_an_interrupt_leaves_a_part_that_plays(tmp_path):
    def interrupted():
        yield from pictures(40)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_video(tmp_path / "a.mp4", interrupted(), fps=25.0)
    assert os.listdir(tmp_path) == ["a.mp4.part"]
    assert frames_and_size(tmp_path / "a.mp4.part")[0] == 40


def child(code: str, *arguments: str) -> subprocess.Popen:
    return subprocess.Popen([sys.executable, "-c", textwrap.dedent(code), *arguments], stdout=subprocess.PIPE)


def test_a_killed_writer_leaves_a_part_that_plays(tmp_path):
    writing = child(
        """
        import sys, time, numpy as np
        from gailforce.demos.encoding import VideoWriter
        video = VideoWriter(sys.argv[1], 64, 64, 25)
        for i in range(90):
            video.write(np.full((64, 64, 3), i, np.uint8))
        print("written", flush=True)
        time.sleep(600)
        """,
        str(tmp_path / "a.mp4"),
    )
    assert writing.stdout.readline() == b"written\n"
    writing.send_signal(signal.SIGKILL)
    writing.wait()
    for _ in range(100):  # ffmpeg sees the end of its input and finishes by itself
        if imageio_ffmpeg.count_frames_and_secs(str(tmp_path / "a.mp4.part"))[0] == 90:
            break
        time.sleep(0.1)
    assert frames_and_size(tmp_path / "a.mp4.part") == (90, (64, 64), 25.0)


def test_a_full_disk_is_reported_with_the_file_and_a_next_step(tmp_path, monkeypatch):
    # A limit on the size of files stands for the full disk: ffmpeg inherits it.
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    noise = np.random.default_rng(0)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, before[1]))
        with pytest.raises(EnvironmentFault, match=r"could not write .*a\.mp4.*--no-video"):
            write_video(
                tmp_path / "a.mp4",
                (noise.integers(0, 255, (128, 128, 3), np.uint8) for _ in range(200)),
                25.0,
            )
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)
    assert not (tmp_path / "a.mp4").exists()


def test_a_machine_without_ffmpeg_is_told_what_to_install(tmp_path, monkeypatch):
    def missing():
        raise RuntimeError("no ffmpeg")

    monkeypatch.setattr(imageio_ffmpeg, "get_ffmpeg_exe", missing)
    with pytest.raises(EnvironmentFault, match="pip install"):
        write_video(tmp_path / "a.mp4", pictures(2), fps=25.0)


def test_a_gif_has_its_width_and_moves(tmp_path):
    moving = [
        np.roll(np.tile(np.arange(64, dtype=np.uint8)[:, None, None], (1, 64, 3)), i, 0) for i in range(6)
    ]
    with Image.open(write_gif(tmp_path / "a.gif", moving, fps=20.0, width=32)) as gif:
        assert gif.size == (32, 32)
        assert gif.n_frames == 6
    assert os.listdir(tmp_path) == ["a.gif"]


@pytest.mark.parametrize("count", [1, 2, 30])
def test_a_poster_is_the_middle_frame(tmp_path, count):
    path = write_video(
        tmp_path / "a.mp4", [np.full((64, 64, 3), 8 * i, np.uint8) for i in range(count)], fps=25.0
    )
    assert np.asarray(Image.open(io.BytesIO(poster(path)))).mean() == pytest.approx(8 * (count // 2), abs=3)


def test_a_poster_of_what_is_no_video_is_refused(tmp_path):
    (tmp_path / "a.mp4").write_bytes(b"no video")
    with pytest.raises(EnvironmentFault, match="cannot read"):
        poster(tmp_path / "a.mp4")


def test_panes_stand_side_by_side_over_their_strips():
    frames = list(
        side_by_side([pane("a", 3, returns=np.arange(3.0)), pane("b", 3)], fps=10.0, dt=0.1, hold_seconds=0.0)
    )
    assert len(frames) == 4
    assert frames[0].shape == (160 + STRIP, 640, 3)


def test_panes_without_series_need_no_strip():
    frames = list(side_by_side([pane("a", 3)], fps=10.0, dt=0.1, hold_seconds=0.5))
    assert len(frames) == 4 + 5
    assert frames[0].shape == (160, 320, 3)


def test_the_shorter_episode_stands_still_pale_and_with_its_word_until_the_longer_is_over():
    first, *_, last = side_by_side(
        [pane("long", 9), pane("short", 4, ending="fell")], 10.0, 0.1, hold_seconds=0.0
    )
    corner = last[100, 600]
    assert first[100, 600] == pytest.approx(GREY)
    assert (corner > GREY + 50).all()
    long_corner = last[100, 300]
    assert long_corner == pytest.approx(GREY)
    assert last[139, 480].tolist() != corner.tolist()  # the word stands below the middle


def test_a_curve_is_drawn_up_to_the_current_step_and_no_further():
    curve = RollingCurve(np.linspace(-1.0, 1.0, 50), Scale(-1.0, 1.0), (200, 0, 0), width=50, height=20)
    canvas = np.full((30, 70, 3), 255, dtype=np.uint8)
    curve.draw(canvas, 20, 5, 5)
    assert (canvas[:, :20] != 255).any()
    assert (canvas[:, 5 + 21 + 6 :] == 255).all()


def test_a_curve_leaves_a_gap_where_it_is_unknown():
    values = np.full(40, 0.5)
    values[10:20] = np.nan
    curve = RollingCurve(values, Scale(0.0, 1.0), (200, 0, 0), width=40, height=21)
    canvas = np.full((21, 40, 3), 255, dtype=np.uint8)
    curve.draw(canvas, 39, 0, 0)
    colored = (canvas[10, :, 1] < 200)[:34]  # without the mark at its head
    assert colored.tolist() == [True] * 10 + [False] * 10 + [True] * 14


def test_curves_share_one_scale():
    scale = shared_scale(
        [padded(np.array([0.0, 1.0])), padded(np.array([3.0, np.nan])), padded(np.array([np.nan]))]
    )
    assert scale.low < 0.0 < 3.0 < scale.high
    assert scale.row(np.array([99.0, -99.0]), 11).tolist() == [0.0, 10.0]


@pytest.mark.parametrize("values", [[], [np.nan], [2.0, 2.0]])
def test_a_scale_is_never_empty(values):
    scale = shared_scale([padded(np.array(values))])
    assert scale.low < scale.high


def test_a_known_range_replaces_the_curve_s_own():
    curve = np.array([0.4, 0.5])
    own, given = (
        next(side_by_side([pane("a", 2, curve=curve, curve_range=ends)], 10.0, 0.1))
        for ends in (None, (0.0, 1.0))
    )
    assert not np.array_equal(own, given)


def test_bars_reach_the_edges_at_one_and_go_no_further():
    canvas = np.full((40, 30, 3), 255, dtype=np.uint8)
    draw_bars(canvas, np.array([7.0, -1.0, np.nan]), 0, 5, 30, 20, (0, 0, 200))
    blue = (canvas == (0, 0, 200)).all(axis=-1)
    assert np.flatnonzero(blue[:, 5]).tolist() == list(range(5, 15))
    assert np.flatnonzero(blue[:, 15]).tolist() == list(range(16, 25))
    assert not blue[:, 20:].any()


def test_all_digits_have_one_width():
    face = Typeface(14)
    assert face.width("step 111") == face.width("step 888")


def test_the_return_so_far_is_nothing_before_the_first_step_and_all_at_the_end():
    steps = [np.array([100.0, 200.0]), np.array([0.0, 200.0])]
    by_pane = [
        list(side_by_side([pane("a", 2, returns=returns)], 10.0, 0.1, hold_seconds=0.0)) for returns in steps
    ]
    assert np.array_equal(by_pane[0][0], by_pane[1][0])
    assert not np.array_equal(by_pane[0][1], by_pane[1][1])
    assert np.array_equal(by_pane[0][2], by_pane[1][2])


def test_series_of_different_lengths_are_refused_by_name():
    with pytest.raises(DataError, match=r'"Imitator".*returns.*3.*curve.*2'):
        pane("Imitator", 3, returns=np.zeros(3), curve=np.zeros(2))


def test_an_empty_range_is_refused():
    with pytest.raises(DataError, match="its ends must rise"):
        pane("a", 2, curve=np.zeros(2), curve_range=(1.0, 1.0))


@pytest.mark.parametrize(
    ("panes", "complaint"),
    [
        ([], "at least one pane"),
        ([Pane("a", [])], "no pictures"),
        ([pane("a", 1), Pane("b", pictures(2, height=100))], "different sizes"),
        ([Pane("a", pictures(1, width=96))], "96 pixels wide"),
    ],
)
def test_what_cannot_be_shown_is_refused_before_a_file_is_begun(tmp_path, panes, complaint):
    with pytest.raises(DataError, match=complaint):
        write_side_by_side(tmp_path / "a.mp4", panes, 10.0, 0.1)
    assert not os.listdir(tmp_path)


def test_side_by_side_fills_a_file(tmp_path):
    panes = [
        pane("Expert", 12, curve=np.zeros(12), curve_label="expert probability", actions=np.zeros((12, 3))),
        pane("Imitator", 8, curve=np.ones(8), returns=np.arange(8.0)),
    ]
    path = write_side_by_side(tmp_path / "a.mp4", panes, fps=20.0, dt=0.05, hold_seconds=0.5)
    assert frames_and_size(path) == (13 + 10, (640, 160 + STRIP), 20.0)
