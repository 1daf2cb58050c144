"""What is kept of a grid: its table with its origin, and which of its cells pass the gate."""

import json
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ...envs.errors import UsageError
from ...envs.registry import env_id
from ...generative.rewards.reward_families import FAMILIES
from ..runs.provenance import Origin
from .cell_store import CellStore
from .grid import Grid
from .local_pool import Outcome
from .table import GridRow, rows


def families_by_environment(grid: Grid) -> dict[str, list[str]]:
    """The families of a grid by environment, in their order."""
    families: dict[str, list[str]] = {}
    for cell in grid.cells:
        names = families.setdefault(env_id(cell.config.env), [])
        if cell.method in FAMILIES and cell.method not in names:
            names.append(cell.method)
    return families


def past_gate(grid: Grid, fallen: Mapping[tuple[str, str], str]) -> tuple[Grid, list[str]]:
    """The grid without families that fell short, and what became of those."""
    keys = [(env_id(cell.config.env), cell.method) for cell in grid.cells]
    passed = tuple(cell for cell, key in zip(grid.cells, keys, strict=True) if key not in fallen)
    return replace(grid, cells=passed), [fallen[key] for key in dict.fromkeys(keys) if key in fallen]


def require_benchmark(path: Path) -> None:
    """Refuse to write a table over some other result.

    Raises:
        UsageError: says to give the grid another name.
    """
    try:
        kind = json.loads(path.read_text(encoding="utf-8"))["kind"] if path.exists() else "benchmark"
    except (OSError, ValueError, KeyError, TypeError):
        kind = "none of ours"
    if kind != "benchmark":
        raise UsageError(
            f"{path} is no benchmark's table; give the grid another name, or --results elsewhere"
        )


@dataclass(frozen=True)
class GridResult:
    """The table of a grid and its origin.

    Attributes:
        name: of the grid.
        origin: how the table was made.
        evaluation_episodes: of every score.
        rows: in the order of the grid's cells.
        held_back: families that were not trained, each with what it came to at the gate.
    """

    name: str
    origin: Origin
    evaluation_episodes: int
    rows: tuple[GridRow, ...]
    held_back: tuple[str, ...] = ()

    @classmethod
    def of(
        cls, grid: Grid, store: CellStore, failed: Sequence[Outcome], held_back: Sequence[str] = ()
    ) -> "GridResult":
        """What the finished cells of a grid come to."""
        here = Origin.here()
        origin = replace(here, versions={**here.versions, "machine": platform.machine()})
        table = tuple(rows(grid.cells, store, failed))
        return cls(grid.name, origin, grid.evaluation_episodes, table, tuple(held_back))

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "kind": "benchmark",
            "name": self.name,
            **self.origin.to_json(),
            "evaluation_episodes": self.evaluation_episodes,
            "rows": [row.to_json() for row in self.rows],
            "held back": list(self.held_back),
        }


@dataclass(frozen=True)
class Benched:
    """A grid's table, and the exit code: that of the first cell that failed, else 0."""

    table: GridResult
    exit_code: int = 0

    def to_json(self) -> dict[str, Any]:
        """Plain values of both."""
        return {**self.table.to_json(), "exit_code": self.exit_code}


def read_rows(path: Path) -> list[GridRow]:
    """The rows of a grid's table."""
    return [GridRow.from_json(row) for row in json.loads(path.read_text())["rows"]]
