"""The verb `models`: every family with what it looks at, what it came to, and when to use it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..envs.registry import env_id
from ..generative.reward_families import FAMILIES, Family
from .bench.cell import ALIASES
from .bench.table import interval
from .command import Command
from .gate import GATE, read_gate, shown

# Grids whose tables the last results are read from.
GRIDS = ("families",)
BODY = "hopper"
SHIPPED = Path(__file__).resolve().parent.parent / "results"
HEAD = ("reward model", "way", "looks at", "RRC", f"NR, {BODY}", "label", "seconds", "use this for")


@dataclass
class Models(Command):
    """Print every family of reward models: what it looks at, its last results, when to use it.

    Example:
        gailforce models
    """

    # Folder of results; by default those of this version.
    results: Path = SHIPPED

    def run(self) -> dict[str, Any]:
        """One entry for each family."""
        gate, rows = read_gate(self.results / GATE), grid_rows(self.results)
        return {"reward models": {name: _entry(name, FAMILIES[name], gate, rows) for name in FAMILIES}}

    def describe(self, result: dict[str, Any]) -> str:
        """The entries as a table."""
        lines = [HEAD, *(_texts(name, entry) for name, entry in result["reward models"].items())]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        return "\n".join(
            "  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip()
            for line in lines
        )


def grid_rows(results: Path) -> dict[str, Mapping[str, Any]]:
    """The rows of the grid with 4 demonstrations on a native horizon, by the reward model's name."""
    found: dict[str, Mapping[str, Any]] = {}
    for path in (results / f"{name}.json" for name in GRIDS):
        for row in json.loads(path.read_text())["rows"] if path.exists() else []:
            plain = row["environment"] == env_id(BODY) and row["horizon"] == "native"
            if plain and (row["episodes"], row["subsample"]) in ((4, 1), (None, None)):
                found[ALIASES.get(row["method"], row["method"])] = row
    return found


def label(row: Mapping[str, Any] | None, constant: Mapping[str, Any] | None) -> str:
    """`works` where the interval lies wholly above the constant reward's, else `for study`.

    Without both rows, or with fewer than three seeds, nothing is said.
    """
    if row is None or constant is None or row["n"] < 3 or constant["n"] < 3:
        return "-"
    return "works" if row["low"] > constant["high"] else "for study"


def _entry(
    name: str, family: Family, gate: Mapping[str, Any], rows: Mapping[str, Mapping[str, Any]]
) -> dict[str, Any]:
    row, constant = rows.get(name), rows.get("constant")
    return {
        "way": family.way,
        "inputs": list(family.inputs),
        "window": family.looks_back + 1,
        "gate": gate["families"].get(env_id(BODY), {}).get(name),
        "nr": None if row is None else {key: row[key] for key in ("value", "low", "high", "n")},
        "label": "control" if family.way == "control" else label(row, constant),
        "seconds": None if row is None or not row["seconds"] else float(np.mean(row["seconds"])),
        "use this for": family.use_when,
    }


def _texts(name: str, entry: Mapping[str, Any]) -> Sequence[str]:
    window = f", {entry['window']} steps" if entry["window"] > 1 else ""
    return (
        name,
        entry["way"],
        " ".join(entry["inputs"]) + window,
        shown(entry["gate"]),
        "-" if entry["nr"] is None else interval(entry["nr"]),
        entry["label"],
        "-" if entry["seconds"] is None else f"{entry['seconds']:,.0f}",
        entry["use this for"],
    )
