"""Overlays of pictures: text, running curves, bars, drawn in place on numpy canvases."""

import functools
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int, UInt8
from PIL import Image, ImageDraw, ImageFont

Canvas = UInt8[np.ndarray, "H W 3"]
Mask = Float[np.ndarray, "h w"]
Color = tuple[int, int, int]

PAPER, INK, MUTED, GRID = (255, 255, 255), (22, 25, 29), (90, 98, 109), (226, 229, 233)
EXPERT, IMITATOR = (11, 122, 90), (31, 95, 208)

# Colors of gait phases; neighbors in this list are easy to distinguish.
PHASES: tuple[Color, ...] = (
    *((31, 95, 208), (230, 159, 0), (11, 122, 90), (204, 121, 167), (86, 180, 233), (213, 94, 0)),
    *((120, 94, 200), (240, 228, 66), (0, 158, 115), (150, 60, 60), (140, 150, 160), (60, 60, 110)),
)

# Factor of drawing size before averaging, for smooth lines.
SUPERSAMPLING = 4
LINE_WIDTH = 2
# Opacity of the area under a curve.
AREA_SHARE = 0.13


def blend(canvas: Canvas, mask: Mask, x: int, y: int, color: Color) -> None:
    """Blend a color through a mask (0 to 1) with its upper left corner at (x, y); clip parts outside."""
    top, left = max(y, 0), max(x, 0)
    region = canvas[top : y + mask.shape[0], left : x + mask.shape[1]]
    if region.size:
        share = mask[top - y :, left - x :][: region.shape[0], : region.shape[1], None]
        region[:] = region + (np.asarray(color, dtype=np.float32) - region) * share + 0.5


def fill(canvas: Canvas, x: int, y: int, width: int, height: int, color: Color) -> None:
    """Fill a rectangle."""
    canvas[y : y + height, x : x + width] = color


class Typeface:
    """Text of one size; all digits have the same width, so that changing numbers do not move."""

    def __init__(self, size: int):
        self.size = size
        self._font = ImageFont.load_default(size)
        self._digit_width = max(round(self._font.getlength(digit)) for digit in "0123456789")

    def draw(self, canvas: Canvas, text: str, x: int, y: int, color: Color, align: str = "left") -> None:
        """Write text; (x, y) is the upper left corner, or with `align` the upper right or upper middle."""
        parts = re.findall(r"\d|\D+", text)
        x -= {"left": 0, "right": self.width(text), "middle": self.width(text) // 2}[align]
        for part in parts:
            blend(canvas, self._mask(part), x, y, color)
            x += self._advance(part)

    def width(self, text: str) -> int:
        """Width of a text [pixels]."""
        return sum(self._advance(part) for part in re.findall(r"\d|\D+", text))

    def _advance(self, part: str) -> int:
        return self._digit_width if part.isdigit() else round(self._font.getlength(part))

    @functools.cache  # noqa: B019 - a few dozen words, as long-lived as the typeface
    def _mask(self, part: str) -> Mask:
        image = Image.new("L", (round(self._font.getlength(part)) + 2, round(1.4 * self.size)))
        ImageDraw.Draw(image).text((0, 0), part, fill=255, font=self._font)
        return _mask(image)


@functools.cache
def rounded(width: int, height: int, radius: int) -> Mask:
    """The mask of a rectangle with round corners."""
    size = (width * SUPERSAMPLING, height * SUPERSAMPLING)
    image = Image.new("L", size)
    corners = (0, 0, size[0] - 1, size[1] - 1)
    ImageDraw.Draw(image).rounded_rectangle(corners, radius * SUPERSAMPLING, fill=255)
    return _mask(image.reduce(SUPERSAMPLING))


def badge(canvas: Canvas, text: str, x: int, y: int, type_: Typeface, ink: Color, ground: Color) -> None:
    """Text on a round-cornered ground, centered at (x, y)."""
    width, height = type_.width(text) + 2 * type_.size, round(1.9 * type_.size)
    left, top = x - width // 2, y - height // 2
    blend(canvas, rounded(width, height, height // 2), left, top, ground)
    type_.draw(canvas, text, x, top + round(0.36 * type_.size), ink, "middle")


@dataclass(frozen=True)
class Scale:
    """The range of values that a plot shows."""

    low: float
    high: float

    def row(self, value: Float[np.ndarray, "T"], height: int) -> Float[np.ndarray, "T"]:
        """Distance from the top of a plot of that height [pixels], clipped to it."""
        share = (self.high - value) / (self.high - self.low)
        return np.clip(share, 0.0, 1.0) * (height - 1)


def padded(curve: Float[np.ndarray, "T"]) -> Float[np.ndarray, "E"]:
    """The ends of a scale for a curve, with a margin, without outliers. Empty if no value is finite."""
    finite = curve[np.isfinite(curve)]
    if len(finite) == 0:
        return np.zeros(0)
    low, high = np.percentile(finite, (0.5, 99.5))
    margin = 0.08 * (high - low) or max(abs(high), 1.0)
    return np.array((low - margin, high + margin))


def shared_scale(ends: Sequence[Float[np.ndarray, "..."]]) -> Scale:
    """One scale for several curves, the widest of theirs, so that they can be compared."""
    values = np.concatenate(ends)
    return Scale(float(values.min()), float(values.max())) if len(values) else Scale(0.0, 1.0)


def step_width(steps: int, width: int) -> int:
    """Pixels per step: a short episode fills the window, a long one scrolls."""
    return int(np.clip((width - 1) // max(steps - 1, 1), 1, 6))


class RollingBand:
    """A strip of colors, one for each kind of step, in the same window as a curve."""

    def __init__(self, kinds: Int[np.ndarray, "T"], width: int, height: int):
        self._step_width, self._width = step_width(len(kinds), width), width
        colors = np.asarray(PHASES, dtype=np.uint8)[kinds % len(PHASES)]
        self._strip = np.tile(np.repeat(colors, self._step_width, axis=0), (height, 1, 1))

    def draw(self, canvas: Canvas, step: int, x: int, y: int) -> None:
        """Draw the band up to a step."""
        end = step * self._step_width + 1
        window = self._strip[:, max(end - self._width, 0) : end]
        canvas[y : y + window.shape[0], x : x + window.shape[1]] = window


class RollingCurve:
    """A curve that is drawn once; a window that ends at the current step shows a part of it."""

    def __init__(
        self,
        values: Float[np.ndarray, "T"],
        scale: Scale,
        color: Color,
        width: int,
        height: int,
        neutral: float = 0.0,
    ):
        self.values, self.color, self.width = values, color, width
        self.step_width = step_width(len(values), width)
        self._rows = scale.row(np.nan_to_num(values, posinf=scale.high, neginf=scale.low), height)
        self._finite = np.isfinite(values)
        self._strip = self._drawn(height, float(scale.row(np.array([neutral]), height)[0]))

    def draw(self, canvas: Canvas, step: int, x: int, y: int) -> None:
        """Draw the curve up to a step and mark its last point."""
        end = step * self.step_width + 1
        window = self._strip[:, max(end - self.width, 0) : end]
        canvas[y : y + window.shape[0], x : x + window.shape[1]] = window
        if self._finite[step]:
            head = x + window.shape[1] - 1, y + round(self._rows[step])
            blend(canvas, rounded(11, 11, 5), head[0] - 5, head[1] - 5, PAPER)
            blend(canvas, rounded(7, 7, 3), head[0] - 3, head[1] - 3, self.color)

    def _drawn(self, height: int, neutral: float) -> Canvas:
        """The whole curve with the area down to the neutral value; NaN leaves gaps."""
        large = SUPERSAMPLING
        steps = np.arange(len(self.values)) * self.step_width
        size = ((int(steps[-1]) + 1) * large, height * large)
        line, area = Image.new("L", size), Image.new("L", size)
        for run in np.split(np.arange(len(steps)), np.flatnonzero(np.diff(self._finite)) + 1):
            if not self._finite[run[0]]:
                continue
            points = [(float(steps[i]) * large, float(self._rows[i]) * large) for i in run]
            baseline = [(points[-1][0], neutral * large), (points[0][0], neutral * large)]
            if len(points) > 1:
                ImageDraw.Draw(area).polygon(points + baseline, fill=255)
                ImageDraw.Draw(line).line(points, fill=255, width=LINE_WIDTH * large, joint="curve")
        strip = np.full((height, size[0] // large, 3), PAPER, dtype=np.uint8)
        blend(strip, AREA_SHARE * _mask(area.reduce(large)), 0, 0, self.color)
        blend(strip, np.ones((1, strip.shape[1]), np.float32), 0, round(neutral), GRID)
        blend(strip, _mask(line.reduce(large)), 0, 0, self.color)
        return strip


def draw_bars(
    canvas: Canvas, values: Float[np.ndarray, "A"], x: int, y: int, width: int, height: int, color: Color
) -> None:
    """One bar for each value, up or down from the middle; -1 and 1 reach the edges."""
    slot = width / len(values)
    thickness = max(2, min(round(0.62 * slot), 22))
    half = height // 2
    for i, value in enumerate(np.clip(np.nan_to_num(values), -1.0, 1.0)):
        left = x + round((i + 0.5) * slot) - thickness // 2
        length = round(abs(float(value)) * half)
        fill(canvas, left, y, thickness, height, (243, 245, 247))
        fill(canvas, left, y + half - (length if value > 0 else 0), thickness, length, color)
    fill(canvas, x, y + half, width, 1, (172, 180, 190))


def _mask(image: Image.Image) -> Mask:
    return np.asarray(image, dtype=np.float32) / 255
