"""What is kept of a grid: its table with its origin, and which of its cells pass the gate."""

import json
import platform
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ...envs.errors import UsageError
from ...envs.registry import env_id
from ...generative.rewards.reward_families import FAMILIES
from ..runs.process import this_command, versions
from ..runs.provenance import commit
from .cell_store import CellStore
from .grid import Grid
from .local_pool import Outcome
from .table import rows


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
    kept = tuple(cell for cell, key in zip(grid.cells, keys, strict=True) if key not in fallen)
    return replace(grid, cells=kept), [fallen[key] for key in dict.fromkeys(keys) if key in fallen]


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


def grid_result(grid: Grid, store: CellStore, failed: Sequence[Outcome]) -> dict[str, Any]:
    """What is kept of a whole grid."""
    return {
        "kind": "benchmark",
        "name": grid.name,
        "command": this_command(),
        "commit": commit(),
        "versions": versions() | {"machine": platform.machine()},
        "evaluation_episodes": grid.evaluation_episodes,
        "rows": rows(grid.cells, store, failed),
    }
