"""Stored results of studies: written once for their settings, read by the folder."""

import json
from collections.abc import Callable, Hashable, Iterable, Mapping
from pathlib import Path
from typing import Any, Protocol, TypeVar, runtime_checkable

from ..runs.provenance import write_result


@runtime_checkable
class Stored(Protocol):
    """A result that says its plain values."""

    def to_json(self) -> dict[str, Any]:
        """Plain values."""


Result = TypeVar("Result")
Written = TypeVar("Written", bound=Stored)
Key = TypeVar("Key", bound=Hashable)


def made(path: Path, settings: str) -> bool:
    """Whether the file holds a result with these settings, which are given as JSON."""
    return path.exists() and json.loads(path.read_text()).get("settings") == json.loads(settings)


def write_once(path: Path, settings: Mapping[str, Any], measure: Callable[[], Written]) -> Written | None:
    """Measure and write a result; None where the file holds one with the same settings."""
    if made(path, json.dumps(settings)):
        return None
    result = measure()
    write_result(path, {**result.to_json(), "settings": settings})
    return result


def read_folder(folder: Path, read: Callable[[dict[str, Any]], Result]) -> list[Result]:
    """The result in every file of a folder, by file name."""
    return [read(json.loads(path.read_text())) for path in sorted(folder.glob("*.json"))]


def grouped(results: Iterable[Result], key: Callable[[Result], Key]) -> dict[Key, list[Result]]:
    """The results that share a key, in their order."""
    groups: dict[Key, list[Result]] = {}
    for result in results:
        groups.setdefault(key(result), []).append(result)
    return groups
