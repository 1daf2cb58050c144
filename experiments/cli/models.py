"""The verb `models`: every family with what it looks at, what it came to, and when to use it."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import tyro

from ...envs.errors import unknown
from ...envs.registry import env_id
from ...generative.rewards.reward_families import FAMILIES, Family
from ..bench.family_results import BODY, SHIPPED, family_rows, label
from ..bench.gate_result import GATE, GateEntry, GateResult, read_gate
from ..bench.table import GridRow, SeedScores, interval
from ..runs.flags import Flag, describe_flags, flags_of
from ..scoring.reading import estimate
from .command import Command

# Columns of a family's settings.
WIDTH = 100
HEAD = (
    "reward model",
    "way",
    "looks at",
    "RRC",
    f"normalized score, {BODY}",
    "label",
    "seconds",
    "use this for",
)


@dataclass
class Models(Command):
    """Print every family of reward models: what it looks at, its last results, when to use it.

    Examples:
        gailforce models
        gailforce models vail
    """

    # A reward model, to print its settings with their meaning and default.
    name: Annotated[str, tyro.conf.Positional] = ""
    # Folder of results; by default those of this version.
    results: Path = SHIPPED

    def run(self) -> dict[str, Any]:
        """One entry for each family, or the settings of one."""
        if self.name:
            return {"reward model": self.name, "settings": [asdict(flag) for flag in settings(self.name)]}
        gate, rows = read_gate(self.results / GATE), family_rows(self.results)
        return {"reward models": {name: _entry(name, FAMILIES[name], gate, rows) for name in FAMILIES}}

    def describe(self, result: dict[str, Any]) -> str:
        """The entries as a table, or the settings of one family."""
        if self.name:
            family = FAMILIES[self.name]
            texts = describe_flags([Flag(**flag) for flag in result["settings"]], WIDTH) or ["  no settings"]
            return "\n".join((f"{self.name}: {family.way}; {family.use_when}", "", *texts))
        lines = [HEAD, *(_texts(name, entry) for name, entry in result["reward models"].items())]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        return "\n".join(
            "  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip()
            for line in lines
        )


def settings(name: str) -> list[Flag]:
    """The settings of a family as flags of `imitate`.

    Raises:
        UsageError: an unknown family.
    """
    if name not in FAMILIES:
        raise unknown("reward model", name, FAMILIES)
    return flags_of(FAMILIES[name].config_class, None, f"{name}.")


def _entry(name: str, family: Family, gate: GateResult, rows: Mapping[str, GridRow]) -> dict[str, Any]:
    gated, row = gate.entry(env_id(BODY), name), rows.get(name)
    own, constant = (rows[key].scores.iqm if key in rows else None for key in (name, "constant"))
    return {
        "way": family.way,
        "inputs": list(family.inputs),
        "window": family.looks_back + 1,
        "gate": None if gated is None else gated.to_json(),
        "normalized_score": None if row is None else _bounds(row.scores),
        "label": "control" if family.way == "control" else label(own, constant),
        "seconds": None if row is None or not row.seconds else float(np.mean(row.seconds)),
        "use this for": family.use_when,
    }


def _bounds(scores: SeedScores) -> dict[str, Any]:
    return {key: scores.to_json()[key] for key in ("value", "low", "high", "n")}


def _texts(name: str, entry: Mapping[str, Any]) -> Sequence[str]:
    window = f", {entry['window']} steps" if entry["window"] > 1 else ""
    return (
        name,
        entry["way"],
        " ".join(entry["inputs"]) + window,
        "-" if entry["gate"] is None else str(GateEntry.from_json(entry["gate"])),
        interval(estimate(entry["normalized_score"])),
        entry["label"],
        "-" if entry["seconds"] is None else f"{entry['seconds']:,.0f}",
        entry["use this for"],
    )
