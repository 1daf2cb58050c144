"""What is taken from files that may hold anything: a number, an estimate, a table, a text, or nothing."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...envs.errors import DataError
from .statistics import Estimate


def section(mapping: Mapping[str, object], key: str) -> dict[str, Any]:
    """A nested table of the result; empty where there is none."""
    value = mapping.get(key)
    return value if isinstance(value, dict) else {}


def tables(mapping: Mapping[str, object], key: str) -> list[dict[str, Any]]:
    """The tables of a list; whatever else it holds is left out."""
    value = mapping.get(key)
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def words_of(mapping: Mapping[str, object], key: str) -> str:
    """A text; empty for anything else."""
    value = mapping.get(key)
    return value.strip() if isinstance(value, str) else ""


def real(value: object) -> float | None:
    """A number, or None for anything else (JSON's NaN, text, true) and beyond any physical size."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    # NaN compares false; squares of larger numbers would overflow.
    return float(value) if abs(value) < 1e100 else None


def numbers(entry: object) -> tuple[float, ...]:
    """All numbers of a list; empty if there is one that is none (a mean of the rest would mislead)."""
    found = [real(value) for value in entry] if isinstance(entry, list) else []
    return tuple(n for n in found if n is not None) if None not in found else ()


def estimate(entry: object) -> Estimate | None:
    """A value with its interval and N; None unless all four are there and agree."""
    if not isinstance(entry, dict):
        return None
    value, low, high, n = (real(entry.get(key)) for key in ("value", "low", "high", "n"))
    if value is None or low is None or high is None or n is None:
        return None
    try:
        return Estimate(value, low, high, int(n))
    except DataError:
        return None


def text_of(path: Path) -> str:
    """A file's text; empty when it is missing or cannot be read."""
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def table_of(path: Path) -> dict[str, Any]:
    """A file's JSON object.

    Raises:
        ValueError: it holds something else; says what.
    """
    try:
        found = json.loads(text_of(path))
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if not isinstance(found, dict):
        raise ValueError("no table")
    return found
