"""The last results of every family, read from the tables of finished grids."""

from pathlib import Path

from ...envs.registry import env_id
from ..scoring.statistics import Estimate
from .grid_result import read_rows
from .table import GridRow

# Grids whose tables the last results are read from.
GRIDS = ("families",)
BODY = "hopper"
SHIPPED = Path(__file__).resolve().parents[2] / "results"


def family_rows(results: Path) -> dict[str, GridRow]:
    """The rows of the grids with 4 demonstrations on a native horizon, by the reward model's name."""
    files = [results / f"{name}.json" for name in GRIDS]
    rows = [row for file in files if file.exists() for row in read_rows(file)]
    return {
        row.reward: row
        for row in rows
        if (row.environment, row.horizon) == (env_id(BODY), "native")
        and (row.episodes, row.subsample) in ((4, 1), (None, None))
    }


def label(own: Estimate | None, constant: Estimate | None) -> str:
    """`works` where the interval lies wholly above the constant reward's, else `for study`.

    Without both, or with fewer than three seeds, nothing is said.
    """
    if own is None or constant is None or own.n < 3 or constant.n < 3:
        return "-"
    return "works" if own.low > constant.high else "for study"
