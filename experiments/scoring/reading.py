"""What is taken from files that may hold anything: a number, an estimate, a table, a text, or nothing."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...envs.errors import DataError
from .statistics import Estimate


@dataclass(frozen=True)
class PlainTable:
    """A JSON or TOML table that may hold anything; what it lacks, or holds of another kind, reads as nothing.

    Attributes:
        entries: its plain values by name.
    """

    # Any: whatever a file holds; the methods below check the kind of what they read.
    entries: Mapping[str, Any] = field(default_factory=dict)

    def __contains__(self, key: str) -> bool:
        return key in self.entries

    def table(self, key: str) -> "PlainTable":
        """A nested table; empty for anything else."""
        value = self.entries.get(key)
        return PlainTable(value if isinstance(value, dict) else {})

    def tables(self, key: str) -> "list[PlainTable]":
        """The tables of a list; whatever else it holds is left out."""
        value = self.entries.get(key)
        entries = value if isinstance(value, list) else []
        return [PlainTable(entry) for entry in entries if isinstance(entry, dict)]

    def leaves(self, prefix: str = "") -> Iterator[tuple[str, Any]]:  # Any: whatever a file holds
        """Every value that is no table, with its dotted name."""
        for key, value in self.entries.items():
            if isinstance(value, dict):
                yield from self.table(key).leaves(f"{prefix}{key}.")
            else:
                yield f"{prefix}{key}", value

    def text(self, key: str) -> str:
        """A text; empty for anything else."""
        value = self.entries.get(key)
        return value.strip() if isinstance(value, str) else ""

    def texts(self, key: str) -> dict[str, str]:
        """The values of a nested table as texts."""
        return {name: str(value) for name, value in self.table(key).entries.items()}

    def number(self, key: str) -> float | None:
        """A number, or None for anything else."""
        return real(self.entries.get(key))

    def whole(self, key: str) -> int | None:
        """A number, rounded; None for anything else."""
        number = self.number(key)
        return None if number is None else round(number)

    def numbers(self, key: str) -> tuple[float, ...]:
        """All numbers of a list; empty if there is one that is none."""
        return numbers(self.entries.get(key))

    def estimate(self, key: str) -> Estimate | None:
        """A value with its interval and N; None for anything else."""
        return estimate(self.entries.get(key))


def real(value: object) -> float | None:
    """A number, or None for anything else (JSON's NaN, text, true) and beyond any physical size."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    # NaN compares false; squares of larger numbers would overflow.
    return float(value) if abs(value) < 1e100 else None


def numbers(entry: object) -> tuple[float, ...]:
    """All numbers of a list; empty if there is one that is none (a mean of the rest would mislead)."""
    values = [real(value) for value in entry] if isinstance(entry, list) else []
    return tuple(n for n in values if n is not None) if None not in values else ()


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


def parsed_table(text: str) -> PlainTable:
    """The JSON object that a text holds.

    Raises:
        ValueError: it holds something else; says what.
    """
    try:
        entries = json.loads(text)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if not isinstance(entries, dict):
        raise ValueError("no table")
    return PlainTable(entries)


def read_table(path: Path) -> PlainTable:
    """A file's JSON object.

    Raises:
        ValueError: it holds something else; says what.
    """
    return parsed_table(text_of(path))
