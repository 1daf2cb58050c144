"""The last results of every family, read from the tables of finished grids."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...envs.registry import env_id
from ..scoring.statistics import Estimate
from .cell import ALIASES

# Grids whose tables the last results are read from.
GRIDS = ("families",)
BODY = "hopper"
SHIPPED = Path(__file__).resolve().parents[2] / "results"


def grid_rows(results: Path) -> dict[str, Mapping[str, Any]]:
    """The rows of the grid with 4 demonstrations on a native horizon, by the reward model's name."""
    found: dict[str, Mapping[str, Any]] = {}
    for path in (results / f"{name}.json" for name in GRIDS):
        for row in json.loads(path.read_text())["rows"] if path.exists() else []:
            plain = row["environment"] == env_id(BODY) and row["horizon"] == "native"
            if plain and (row["episodes"], row["subsample"]) in ((4, 1), (None, None)):
                found[ALIASES.get(row["method"], row["method"])] = row
    return found


def label(own: Estimate | None, constant: Estimate | None) -> str:
    """`works` where the interval lies wholly above the constant reward's, else `for study`.

    Without both, or with fewer than three seeds, nothing is said.
    """
    if own is None or constant is None or own.n < 3 or constant.n < 3:
        return "-"
    return "works" if own.low > constant.high else "for study"
