"""Video files from single frames through ffmpeg; a partial file after a kill still plays."""

import contextlib
import os
import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path

import imageio_ffmpeg
import numpy as np
from jaxtyping import UInt8

from ..envs.errors import DataError, EnvironmentFault, UsageError

Frame = UInt8[np.ndarray, "H W 3"]

# Plays in every browser: H.264, 4:2:0, with explicit color primaries; without them browsers guess.
COLOR_FILTER = "scale=out_color_matrix=bt709:out_range=tv,setparams=color_primaries=bt709:color_trc=bt709"
H264 = ("-vf", COLOR_FILTER, "-c:v", "libx264", "-preset", "veryfast", "-crf", "23", "-pix_fmt", "yuv420p")
# At most one second per fragment: a partial file plays to its end.
FRAGMENTED = (
    *("-g", "30", "-flush_packets", "1"),
    *("-movflags", "frag_keyframe+empty_moov+default_base_moof", "-f", "mp4"),
)
# Few colors and no dither: flat areas then compress well.
GIF_FILTER = (
    "scale={width}:-2:flags=lanczos,split[a][b];"
    "[a]palettegen=max_colors=96:stats_mode=full[p];[b][p]paletteuse=dither=none:diff_mode=rectangle"
)


class VideoWriter(contextlib.AbstractContextManager["VideoWriter"]):
    """Writes an H.264 file frame by frame, in constant memory.

    Frames go to `PATH.part`; `close` turns it into `PATH`. After a kill, an interrupt or a fault `PATH.part`
    remains and can be played.

    Raises:
        UsageError: a width or height that is odd, or a rate that is not positive.
        EnvironmentFault: no ffmpeg, a full disk.
    """

    def __init__(self, path: str | os.PathLike[str], width: int, height: int, fps: float):
        if width % 2 or height % 2 or width < 2 or height < 2:
            raise UsageError(f"width and height of a video must be even, got {width}x{height}")
        self.path, self.size = Path(path), (height, width)
        self.part = self.path.with_name(self.path.name + ".part")
        self._pipe = _Pipe(self.part, width, height, fps, (*H264, *FRAGMENTED))

    def write(self, frame: Frame) -> None:
        """Append one frame.

        Raises:
            DataError: its size differs from the first frame's.
            EnvironmentFault: ffmpeg gave up, for example on a full disk.
        """
        if frame.shape != (*self.size, 3) or frame.dtype != np.uint8:
            raise DataError(f"a frame of shape {frame.shape} {frame.dtype} in a video of {self.size} uint8")
        self._pipe.write(frame)

    def close(self) -> None:
        """Finish the file: complete, seekable, under its own name."""
        self._pipe.close()
        # Players learn the length of a video only from the index of an ordinary file.
        ordinary = self.part.with_name(self.part.name + ".mp4")
        try:
            _run("-i", str(self.part), "-c", "copy", "-movflags", "+faststart", "-f", "mp4", str(ordinary))
            os.replace(ordinary, self.path)
        finally:
            ordinary.unlink(missing_ok=True)
        self.part.unlink()

    def __exit__(self, kind: type[BaseException] | None, *fault: object) -> None:
        if kind is None:
            self.close()
        else:
            self._pipe.abandon()


def write_video(path: str | os.PathLike[str], frames: Iterable[Frame], fps: float) -> Path:
    """Write frames as an H.264 video; returns its path.

    Raises:
        DataError: no frames, or frames of different sizes.
        EnvironmentFault: no ffmpeg, a full disk.
    """
    stream = iter(frames)
    first = _first(stream)
    with VideoWriter(path, first.shape[1], first.shape[0], fps) as video:
        video.write(first)
        for frame in stream:
            video.write(frame)
    return Path(path)


def write_gif(path: str | os.PathLike[str], frames: Iterable[Frame], fps: float, width: int = 480) -> Path:
    """Write a short animation scaled to `width`; holds all its frames in memory.

    A hundred frames of two panes make about 1.2 MB at 480 pixels, 2 MB at 640.

    Raises:
        DataError: no frames, or frames of different sizes.
        EnvironmentFault: no ffmpeg, a full disk.
    """
    stream = iter(frames)
    first = _first(stream)
    options = ("-filter_complex", GIF_FILTER.format(width=width), "-f", "gif")
    part = Path(path).with_name(Path(path).name + ".part")
    pipe = _Pipe(part, first.shape[1], first.shape[0], fps, options)
    try:
        pipe.write(first)
        for frame in stream:
            pipe.write(frame)
        pipe.close()
        os.replace(part, path)
    finally:
        pipe.abandon()
        part.unlink(missing_ok=True)  # a partial animation does not play
    return Path(path)


def poster(path: str | os.PathLike[str]) -> bytes:
    """The middle frame of a video as PNG.

    Raises:
        EnvironmentFault: ffmpeg cannot read it.
    """
    _ffmpeg()
    try:
        count, seconds = imageio_ffmpeg.count_frames_and_secs(str(path))
    except (OSError, RuntimeError) as fault:
        raise EnvironmentFault(f"ffmpeg cannot read {path}; write the video again") from fault
    # Half a frame early: ffmpeg seeks to the next frame from there.
    start = max(count // 2 - 0.5, 0.0) * seconds / max(count, 1)
    return _run(
        "-ss", f"{start:.4f}", "-i", str(path), "-frames:v", "1", "-f", "image2pipe", "-c:v", "png", "-"
    )


class _Pipe:
    """A running ffmpeg that reads raw frames and writes a file."""

    def __init__(self, path: Path, width: int, height: int, fps: float, options: tuple[str, ...]):
        if not fps > 0:
            raise UsageError(f"fps must be positive, got {fps:g}")
        self.path = path
        raw = ("-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{width}x{height}", "-r", f"{fps:g}", "-i", "-")
        command = (_ffmpeg(), "-y", "-v", "error", *raw, "-an", *options, str(path))
        # A file: a full pipe would block ffmpeg while frames are written.
        self._complaints = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as this object
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            # A session of its own: Ctrl-C stops us, and ffmpeg finishes the file.
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stderr=self._complaints, start_new_session=True
            )
        except OSError as fault:
            raise EnvironmentFault(f"could not create {path}: {fault}; name another folder") from fault

    def write(self, frame: Frame) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(np.ascontiguousarray(frame).data)
        except OSError as fault:  # ffmpeg is gone
            self.abandon()
            raise self._fault() from fault

    def close(self) -> None:
        self.abandon()
        if self._process.returncode != 0:
            raise self._fault()

    def abandon(self) -> None:
        """Let ffmpeg write what it has, and ignore its exit code."""
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):  # ffmpeg is gone; its exit code says so
            self._process.stdin.close()
        self._process.wait()

    def _fault(self) -> EnvironmentFault:
        self._complaints.seek(0)
        return _fault(self.path, self._complaints.read())


def _first(frames: Iterable[Frame]) -> Frame:
    for frame in frames:
        return frame
    raise DataError("a video needs at least one frame")


def _run(*arguments: str) -> bytes:
    run = subprocess.run((_ffmpeg(), "-y", "-v", "error", *arguments), capture_output=True)
    if run.returncode != 0:
        raise _fault(Path(arguments[-1]), run.stderr)
    return run.stdout


def _ffmpeg() -> str:
    try:
        return imageio_ffmpeg.get_ffmpeg_exe()
    except RuntimeError as fault:
        raise EnvironmentFault("no ffmpeg here; pip install --force-reinstall imageio-ffmpeg") from fault


def _fault(path: Path, complaints: bytes) -> EnvironmentFault:
    lines = complaints.decode(errors="replace").strip().splitlines()
    cause = lines[0] if lines else "ffmpeg stopped without a message"
    return EnvironmentFault(
        f"could not write {path}: {cause}; free some disk space or name another folder, or continue without a"
        " video (--no-video)"
    )
