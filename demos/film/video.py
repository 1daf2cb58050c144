"""Episodes side by side, each with its return, a curve such as expert probability, and its actions."""

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
from jaxtyping import Float, Int

from ...envs.errors import DataError
from ..encoding import Frame, VideoWriter, poster, write_gif, write_video
from .overlays import (
    EXPERT,
    GRID,
    IMITATOR,
    INK,
    MUTED,
    PAPER,
    Canvas,
    Color,
    RollingBand,
    RollingCurve,
    Scale,
    Typeface,
    badge,
    draw_bars,
    fill,
    padded,
    shared_scale,
)

__all__ = [
    "EXPERT",
    "IMITATOR",
    "Pane",
    "VideoWriter",
    "poster",
    "side_by_side",
    "write_gif",
    "write_side_by_side",
]

# Height of the strip under a picture [pixels].
STRIP = 144
# Rows within the strip, and the width of the action bars [pixels].
CAPTION, PLOT_TOP, PLOT_HEIGHT, BARS_WIDTH = 19, 46, 78, 104
MARGIN = 16
# Least width at which overlays do not overlap [pixels].
MIN_WIDTH = 320
# The series of a pane, one value per step.
SERIES = ("returns", "curve", "phases", "actions")
# Opacity of a picture after the end of its episode.
FADED = 0.42
LARGE, MEDIUM, SMALL, TINY = Typeface(26), Typeface(17), Typeface(14), Typeface(11)


@dataclass(frozen=True, eq=False)
class Pane:
    """One episode of T steps in a video: T + 1 pictures and the series of its steps.

    Attributes:
        title: text over the picture.
        frames: the pictures, drawn while the video is written.
        returns: the return after each step; None if the true reward is unknown.
        curve: any value per step, for example a discriminator's logit; may hold NaN.
        curve_label: name of that value.
        curve_range: ends of its scale, such as 0 and 1 for a probability; None takes them from the curve.
            All panes share one scale, the widest.
        curve_neutral: the undecided value; the area between it and the curve is filled.
        phases: the phase of each step, drawn as a band of colors.
        actions: in units of the actuators' range, -1 to 1.
        ending: word after the end of the episode ("fell", "ended").
        color: of the badge, the curve and the bars; None takes the expert's for the first pane.

    Raises:
        DataError: lengths disagree, or a range is empty.
    """

    # Checked below with readable messages.
    __no_type_check__: ClassVar[bool] = True

    title: str
    frames: Iterable[Frame]
    returns: Float[np.ndarray, "T"] | None = None
    curve: Float[np.ndarray, "T"] | None = None
    curve_label: str = ""
    curve_range: tuple[float, float] | None = None
    curve_neutral: float = 0.0
    phases: Int[np.ndarray, "T"] | None = None
    actions: Float[np.ndarray, "T A"] | None = None
    ending: str = "ended"
    color: Color | None = None

    def __post_init__(self) -> None:
        lengths = {name: len(getattr(self, name)) for name in self._series()}
        if len(set(lengths.values())) > 1 or 0 in lengths.values():
            raise DataError(f'pane "{self.title}" has series of different or no length: {lengths}')
        if self.curve_range is not None and not self.curve_range[0] < self.curve_range[1]:
            raise DataError(f'pane "{self.title}" has the curve range {self.curve_range}; its ends must rise')

    @property
    def steps(self) -> int | None:
        """Number of steps T, or None if the pane has pictures only."""
        return next((len(getattr(self, name)) for name in self._series()), None)

    def _series(self) -> list[str]:
        return [name for name in SERIES if getattr(self, name) is not None]


def write_side_by_side(
    path: str | os.PathLike[str],
    panes: Sequence[Pane],
    fps: float,
    dt: float,
    every: int = 1,
    hold_seconds: float = 1.0,
) -> Path:
    """Write episodes side by side into an H.264 file; arguments as in `side_by_side`.

    Raises:
        DataError: no panes, no pictures, pictures of different sizes.
        EnvironmentFault: no OpenGL, no ffmpeg, a full disk.
    """
    return write_video(path, side_by_side(panes, fps, dt, every, hold_seconds), fps)


def side_by_side(
    panes: Sequence[Pane], fps: float, dt: float, every: int = 1, hold_seconds: float = 1.0
) -> Iterator[Frame]:
    """Frames of several episodes side by side, until the longest ends.

    Args:
        panes: the expert first. Curves share one scale.
        fps: frames per second; a caption states the pace relative to real time.
        dt: length of one environment step [s].
        every: environment steps from one picture to the next; the last interval can be shorter.
        hold_seconds: duration of the last picture [s].
    """
    if not panes:
        raise DataError("a video needs at least one pane")
    scale = shared_scale([_ends(pane) for pane in panes])
    defaults = [EXPERT] + [IMITATOR] * (len(panes) - 1)
    pace = fps * dt * every
    note = "real time" if abs(pace - 1) < 0.02 else f"{pace:.2g}x real time"
    tracks = [
        _Track(pane, pane.color or color, scale, dt, every, note)
        for pane, color, note in zip(panes, defaults, [note] + [""] * len(panes), strict=False)
    ]
    canvas = _canvas(tracks)
    parts = np.split(canvas, len(tracks), axis=1)
    while any(
        [track.advance(part) for track, part in zip(tracks, parts, strict=True)]
    ):  # none may be skipped
        yield canvas.copy()
    for _ in range(round(hold_seconds * fps)):
        yield canvas.copy()


class _Track:
    """A pane during the video: its place on the canvas and its current step."""

    def __init__(self, pane: Pane, color: Color, scale: Scale, dt: float, every: int, note: str):
        self.pane, self.color, self.dt, self.every, self.note = pane, color, dt, every, note
        self._frames, self.step, self.over = iter(pane.frames), -every, False
        first = next(self._frames, None)
        if first is None:
            raise DataError(f'pane "{pane.title}" has no pictures')
        self.shown: Frame = first
        self._upcoming: Frame | None = first
        self.height, self.width = first.shape[:2]
        if self.width < MIN_WIDTH:
            raise DataError(f"pictures {self.width} pixels wide; side by side they need {MIN_WIDTH} at least")
        # A number that can be negative carries its sign.
        self._number = "+.2f" if scale.low < 0 else ".2f"
        self.strip = None if pane.steps is None else _strip(pane, self.width, scale)
        self._curve = _rolling(pane, scale, color, self.width)
        self._band = None if pane.phases is None else RollingBand(pane.phases, *_band(self.width)[2:])

    def advance(self, part: Canvas) -> bool:
        """Draw the next picture into this pane's part of the canvas; False after the last one."""
        if self.over:
            return False
        if self._upcoming is None:
            self.over = True
            self._end(part)
            return False
        self.shown = self._upcoming
        self.step += self.every
        if self.pane.steps is not None:
            self.step = min(self.step, self.pane.steps)
        part[: self.height] = self.shown
        self._head(part)
        if self.strip is not None:
            self._foot(part[self.height :], self.strip)
        self._upcoming = next(self._frames, None)
        return True

    def _end(self, part: Canvas) -> None:
        part[: self.height] = FADED * self.shown + (1 - FADED) * np.asarray(PAPER)
        self._head(part)
        badge(part, self.pane.ending, self.width // 2, round(0.87 * self.height), LARGE, PAPER, self.color)

    def _head(self, part: Canvas) -> None:
        right = part.shape[1] - MARGIN
        half = (MEDIUM.width(self.pane.title) + 2 * MEDIUM.size) // 2
        badge(part, self.pane.title, MARGIN + half, 31, MEDIUM, PAPER, self.color)
        SMALL.draw(part, f"step {self.step}   {self.step * self.dt:.2f} s", right, 16, MUTED, "right")
        SMALL.draw(part, self.note, MARGIN, self.height - 30, MUTED)
        if self.pane.returns is not None:
            so_far = 0.0 if self.step == 0 else float(self.pane.returns[self.step - 1])
            MEDIUM.draw(part, f"return {so_far:.1f}", right, 36, INK, "right")

    def _foot(self, part: Canvas, strip: Canvas) -> None:
        part[:] = strip
        current = min(self.step, (self.pane.steps or 1) - 1)
        if self._curve is not None:
            value = float(self._curve.values[current])
            x, y, width, _ = _plot(self.width)
            self._curve.draw(part, current, x, y)
            shown = f"{value:{self._number}}" if np.isfinite(value) else "-"
            MEDIUM.draw(part, shown, x + width, CAPTION - 2, self.color, "right")
        if self._band is not None:
            self._band.draw(part, current, *_band(self.width)[:2])
        if self.pane.actions is not None:
            draw_bars(part, self.pane.actions[current], *_bars(self.width), self.color)


def _ends(pane: Pane) -> Float[np.ndarray, "..."]:
    if pane.curve_range is not None:
        return np.array(pane.curve_range)
    return np.zeros(0) if pane.curve is None else padded(pane.curve)


def _rolling(pane: Pane, scale: Scale, color: Color, width: int) -> RollingCurve | None:
    if pane.curve is None:
        return None
    return RollingCurve(pane.curve, scale, color, *_plot(width)[2:], pane.curve_neutral)


def _canvas(tracks: list[_Track]) -> Canvas:
    sizes = {(track.height, track.width) for track in tracks}
    if len(sizes) > 1:
        raise DataError(f"panes have pictures of different sizes (height, width): {sorted(sizes)}")
    height, width = sizes.pop()
    strip = STRIP if any(track.strip is not None for track in tracks) else 0
    return np.full((height + strip, width * len(tracks), 3), PAPER, dtype=np.uint8)


def _strip(pane: Pane, width: int, scale: Scale) -> Canvas:
    """The constant part under a picture: captions, the ends of the scale, thin lines."""
    strip = np.full((STRIP, width, 3), PAPER, dtype=np.uint8)
    fill(strip, 0, 0, width, 1, GRID)
    fill(strip, width - 1, 0, 1, STRIP, GRID)
    if pane.curve is not None:
        x, y, _, height = _plot(width)
        SMALL.draw(strip, pane.curve_label, x, CAPTION, MUTED)
        TINY.draw(strip, f"{scale.high:.1f}", x - 8, y, MUTED, "right")
        TINY.draw(strip, f"{scale.low:.1f}", x - 8, y + height - 13, MUTED, "right")
    if pane.phases is not None:
        x, y, _, _ = _band(width)
        TINY.draw(strip, "phase", x - 8, y - 3, MUTED, "right")
    if pane.actions is not None:
        SMALL.draw(strip, "actions", _bars(width)[0], CAPTION, MUTED)
    return strip


def _plot(width: int) -> tuple[int, int, int, int]:
    """Place of the curve in the strip of a pane: x, y, width, height [pixels]."""
    return 50, PLOT_TOP, width - 50 - BARS_WIDTH - 3 * MARGIN, PLOT_HEIGHT


def _band(width: int) -> tuple[int, int, int, int]:
    """Place of the band of phases, under the curve: x, y, width, height [pixels]."""
    x, y, breadth, height = _plot(width)
    return x, y + height + 6, breadth, 8


def _bars(width: int) -> tuple[int, int, int, int]:
    """Place of the action bars: x, y, width, height [pixels]."""
    return width - BARS_WIDTH - MARGIN - 4, PLOT_TOP, BARS_WIDTH, PLOT_HEIGHT
