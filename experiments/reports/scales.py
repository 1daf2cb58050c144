"""How numbers become places on a chart: scales, readable ticks, labels that do not overlap."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ...envs.errors import DataError
from .markup import MINUS, number

# From here on ticks are written with a suffix: 250k, 1.5M.
COMPACT_FROM = 100_000


@dataclass(frozen=True)
class Scale:
    """A linear map from values `low..high` to places `start..end` [px]; `end` may be the smaller."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """The place of a value, kept between the two ends."""
        share = (value - self.low) / (self.high - self.low)
        return self.start + min(max(share, 0.0), 1.0) * (self.end - self.start)


def ticks(low: float, high: float, at_most: int = 6) -> list[float]:
    """Round values (1, 2, 2.5 or 5 times a power of ten apart) in and around `low..high`.

    The first is at or below `low` and the last at or above `high`, so that they can bound an axis.
    """
    low, high = _widened(low, high)
    raw = (high - low) / max(at_most - 2, 1)
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(m * power for m in (1, 2, 2.5, 5, 10) if m * power >= raw * (1 - 1e-9))
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(i * step, 12) for i in range(first, last + 1)]


def tick_texts(values: Sequence[float]) -> list[str]:
    """The texts of ticks, all with the decimals that their spacing needs."""
    if max(abs(v) for v in values) >= COMPACT_FROM:
        return [compact(v) for v in values]
    step = values[1] - values[0] if len(values) > 1 else 1.0
    decimals = next((d for d in range(6) if abs(step * 10**d - round(step * 10**d)) < 1e-6), 6)
    return [number(v, decimals) for v in values]


def compact(value: int | float) -> str:
    """A large number in little room: 1,500,000 is 1.5M, 250,000 is 250k, 4,096 stays."""
    for size, suffix in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size and (size > 1e3 or abs(value) >= 10_000):
            return f"{value / size:.4g}{suffix}".replace("-", MINUS)
    return number(value)


def bounds(values: Iterable[float], keep_zero: bool = True) -> tuple[float, float]:
    """The least and greatest finite value; zero joins them when it is near (no axis hides its size).

    Raises:
        DataError: no finite value.
    """
    finite = [v for v in values if math.isfinite(v)]
    if not finite:
        raise DataError("there is nothing to draw: no finite value")
    low, high = min(finite), max(finite)
    if keep_zero and 0 < low < 0.6 * high:
        low = 0.0
    return _widened(low, high)


def spread(places: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Places moved as little as possible (least squares) to stand `gap` apart, in their own order.

    They are kept within `low..high` where there is room; where there is not, the gap shrinks.
    """
    if not places:
        return []
    gap = min(gap, (high - low) / max(len(places) - 1, 1))
    order = sorted(range(len(places)), key=lambda i: places[i])
    blocks: list[list[float]] = []  # Runs of labels that touch, as places less the gaps before them.
    for rank, i in enumerate(order):
        blocks.append([places[i] - rank * gap])
        while len(blocks) > 1 and _mean(blocks[-2]) >= _mean(blocks[-1]):
            blocks[-2:] = [blocks[-2] + blocks[-1]]
    room = high - (len(places) - 1) * gap
    settled = [min(max(_mean(block), low), room) for block in blocks for _ in block]
    result = [0.0] * len(places)
    for rank, i in enumerate(order):
        result[i] = settled[rank] + rank * gap
    return result


def text_width(text: str, size: float = 12.0) -> float:
    """A safe estimate of a text's width [px]; system fonts differ by a fifth."""
    return 0.6 * size * len(text)


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _widened(low: float, high: float) -> tuple[float, float]:
    # A flat line would divide by zero, a range near the resolution of floats would give equal ticks.
    if high - low > 1e-9 * max(abs(low), abs(high), 1.0):
        return low, high
    margin = abs(low) * 0.05 if abs(low) > 1e-6 else 0.5
    return low - margin, high + margin
