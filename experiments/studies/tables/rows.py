"""Rows of finished grids, as the tables read them from `results/`."""

from pathlib import Path

from ...bench.grid_result import read_rows
from ...bench.table import GridRow


def read_grid_rows(results: Path, name: str) -> list[GridRow]:
    """The rows of `results/NAME.json`."""
    return read_rows(results / f"{name}.json")
