"""The last results of every family, read from the gate and from the tables of finished grids."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ...envs.registry import env_id
from ...generative.rewards.reward_families import FAMILIES, Family
from ..scoring.statistics import Estimate
from .gate_result import GATE, GateEntry, GateResult, read_gate
from .grid_result import read_rows
from .table import GridRow

# Grids whose tables the last results are read from.
GRIDS = ("families",)
BODY = "hopper"
SHIPPED = Path(__file__).resolve().parents[2] / "results"


@dataclass(frozen=True)
class FamilyResults:
    """A family in the role of a reward model, with its last results.

    Attributes:
        family: what it looks at and when to use it.
        gate: its rank correlation on the graded ladder; None where it was not tried.
        normalized_score: interquartile mean over seeds; None where it was not trained.
        label: `works`, `for study` or `control`; `-` where nothing can be said.
        seconds: mean wall time of training and scores [s].
    """

    family: Family
    gate: GateEntry | None
    normalized_score: Estimate | None
    label: str
    seconds: float | None

    @classmethod
    def of(cls, name: str, family: Family, gate: GateResult, rows: Mapping[str, GridRow]) -> "FamilyResults":
        """The results of one family among those of all."""
        row = rows.get(name)
        own, constant = (rows[key].scores.iqm if key in rows else None for key in (name, "constant"))
        return cls(
            family,
            gate.entry(env_id(BODY), name),
            own,
            "control" if family.way == "control" else label(own, constant),
            None if row is None or not row.seconds else float(np.mean(row.seconds)),
        )

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        score = self.normalized_score
        return {
            "way": self.family.way,
            "inputs": list(self.family.inputs),
            "window": self.family.looks_back + 1,
            "gate": None if self.gate is None else self.gate.to_json(),
            "normalized_score": None if score is None else asdict(score),
            "label": self.label,
            "seconds": self.seconds,
            "use this for": self.family.use_when,
        }


def read_family_results(results: Path) -> dict[str, FamilyResults]:
    """The last results of every family, by its name."""
    gate, rows = read_gate(results / GATE), family_rows(results)
    return {name: FamilyResults.of(name, family, gate, rows) for name, family in FAMILIES.items()}


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
