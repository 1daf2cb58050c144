"""Texts of table cells: a number or a dash, every seed's score, a mean with its range."""

from collections.abc import Iterable, Sequence

from ...scoring.statistics import Estimate


def or_dash(value: float | Estimate | None, spec: str) -> str:
    """The value, or a dash for None."""
    return "-" if value is None else format(value, spec)


def each(scores: Iterable[float]) -> str:
    """All scores, two decimals each; a dash where there are none."""
    return " ".join(f"{score:.2f}" for score in scores) or "-"


def mean_minutes(seconds: Sequence[float]) -> str:
    """The mean time in minutes, or a dash."""
    return or_dash(sum(time / 60 for time in seconds) / len(seconds) if seconds else None, ".1f")


def spread(values: Sequence[float | None], decimals: int = 2) -> str:
    """The mean over seeds with its range, or the single value."""
    measured = [value for value in values if value is not None]
    if not measured:
        return "-"
    of_seeds = (sum(measured) / len(measured), min(measured), max(measured))
    mean, low, high = (_rounded(value, decimals) for value in of_seeds)
    return mean if low == high else f"{mean} [{low}, {high}]"


def _rounded(value: float, decimals: int) -> str:
    """The value with its decimals; the order of magnitude alone for values of 10,000 and more."""
    return f"{value:.0e}" if abs(value) >= 1e4 else f"{round(value, decimals) + 0.0:.{decimals}f}"
