"""The table of a benchmark: one row for each method and task, with every seed, mean, worst and interval."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...envs.registry import env_id
from ..scoring.statistics import Estimate, iqm_interval
from .cell import REFERENCES, Cell, shown
from .cell_store import CellStore
from .local_pool import Outcome

HEAD = (
    *("environment", "task", "method", "steps", "return", "normalized score of each seed", "mean", "worst"),
    *("IQM [95 %]", "exploring", "seconds"),
)
# Keys of a row that say how long it took; they differ from run to run.
TIMES = ("seconds",)


@dataclass(frozen=True)
class Row:
    """Cells that differ in their seed only, and what is known of each."""

    cells: tuple[Cell, ...]
    results: tuple[dict[str, Any] | None, ...]
    errors: Mapping[str, str]

    def to_json(self) -> dict[str, Any]:
        """Plain values: what was run, and every seed's score with the interval over seeds."""
        found = [result for result in self.results if result is not None]
        named = {cell.name: self.errors.get(cell.key, "") for cell, r in self._pairs() if r is None}
        return {
            **self._about(),
            "seeds": [cell.config.seed for cell, r in self._pairs() if r is not None and self._seeded],
            **_scores([result["agent"].get("deterministic") for result in found], self._seeded),
            "exploring": _scores([result["agent"].get("exploring") for result in found], self._seeded),
            "controls": _references(found),
            "seconds": [round(sum(result["seconds"].values()), 1) for result in found],
            "failed": {name: error for name, error in named.items() if error},
            "missing": [name for name, error in named.items() if not error],
            "cells": [cell.name for cell in self.cells],
        }

    def _pairs(self) -> Iterable[tuple[Cell, dict[str, Any] | None]]:
        return zip(self.cells, self.results, strict=True)

    @property
    def _seeded(self) -> bool:
        return "seed" in self.cells[0].definition

    def _about(self) -> dict[str, Any]:
        """What the row depends on; None where the method does not look at it."""
        first = self.cells[0]
        config, known = first.config, first.definition
        drawn = "demonstrations" in known and first.method != "expert"
        return {
            "environment": env_id(config.env),
            "horizon": known.get("horizon", "native"),
            "method": shown(first.method),
            "demonstrations": config.demos if "demonstrations" in known else None,
            "episodes": config.episodes if drawn else None,
            "subsample": config.subsample if drawn else None,
            "steps": known.get("steps"),
            "augment": known.get("augment", {}).get("generator"),
            "inputs": known.get("inputs"),
            "form": known.get("form"),
            "config": known.get("config") if first.method not in REFERENCES else None,
        }


def _references(found: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """What normalized score is measured by: the mean returns of random and expert."""
    known = found[0].get("controls", {}) if found else {}
    entries = {name: known.get(name, {}) for name in ("random", "expert")}
    return {name: {"mean": e["mean"], "n": len(e["returns"])} for name, e in entries.items() if "mean" in e}


def _scores(entries: Sequence[dict[str, Any] | None], seeded: bool) -> dict[str, Any]:
    """Scores of every seed with their interquartile mean; over episodes where there are no seeds."""
    known = [entry for entry in entries if entry and entry.get("normalized_score")]
    returns = [entry["mean"] for entry in entries if entry and "mean" in entry]
    shares = [entry["normalized_score"]["value"] for entry in known]
    plain: dict[str, Any] = {"returns": returns, "normalized_score": shares}
    if not shares:
        return {**plain, "mean": None, "worst": None, "value": None, "low": None, "high": None, "n": 0}
    if seeded:
        estimate = iqm_interval(shares)
        bounds = {key: getattr(estimate, key) for key in ("value", "low", "high", "n")}
    else:
        bounds = known[0]["normalized_score"]
    return {**plain, "mean": float(np.mean(shares)), "worst": min(shares), **bounds}


def rows(cells: Sequence[Cell], store: CellStore, failed: Sequence[Outcome]) -> list[dict[str, Any]]:
    """The rows of a grid in the order of their first cell."""
    errors = {outcome.job.cell.key: outcome.first_line for outcome in failed}
    groups: dict[str, list[Cell]] = {}
    for cell in cells:
        groups.setdefault(cell.row, []).append(cell)
    made = []
    for group in groups.values():
        ordered = tuple(sorted(group, key=lambda cell: cell.config.seed))
        made.append(Row(ordered, tuple(map(store.find, ordered)), errors).to_json())
    return made


def task(row: Mapping[str, Any]) -> str:
    """What a row learned from, in words."""
    episodes = row["episodes"]
    if episodes is None:
        return "-"
    text = f"{episodes or 'all'} demonstration{'s' if episodes != 1 else ''}"
    text += f" at 1/{row['subsample']}" if row["subsample"] > 1 else ""
    return text + (f" and pieces of {row['augment']}" if row.get("augment") else "")


def text_table(made: Sequence[Mapping[str, Any]]) -> str:
    """The rows for a terminal."""
    lines = [HEAD, *(_texts(row) for row in made)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    table = "\n".join(
        "  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )
    notes = [note for row in made for note in _notes(row)]
    return "\n".join((table, *notes))


def scores(row: Mapping[str, Any]) -> tuple[str, ...]:
    """Each seed's score, their mean, worst and IQM, and the exploring policy's IQM, as tables show them."""
    return (
        " ".join(f"{share:.2f}" for share in row["normalized_score"]) or "-",
        number(row["mean"]),
        number(row["worst"]),
        interval(row),
        interval(row["exploring"]),
    )


def _texts(row: Mapping[str, Any]) -> tuple[str, ...]:
    fixed = ", fixed horizon" if row["horizon"] == "fixed" else ""
    return (
        row["environment"],
        task(row) + fixed,
        row["method"],
        f"{row['steps']:,}" if row["steps"] else "-",
        mean_return(row),
        *scores(row),
        f"{np.mean(row['seconds']):,.0f}" if row["seconds"] else "-",
    )


def mean_return(row: Mapping[str, Any]) -> str:
    """The mean return of all seeds, or a dash."""
    return f"{np.mean(row['returns']):,.0f}" if row["returns"] else "-"


def number(value: float | None) -> str:
    """Three decimals, or a dash."""
    return "-" if value is None else f"{value:.3f}"


def interval(scores: Mapping[str, Any]) -> str:
    """The interquartile mean with its interval and N, or a dash."""
    if scores["value"] is None:
        return "-"
    return f"{Estimate(scores['value'], scores['low'], scores['high'], scores['n']):.3f}"


def _notes(row: Mapping[str, Any]) -> list[str]:
    failed = [f"failed: {name}: {error}" for name, error in row["failed"].items()]
    return failed + [f"not run yet: {name}" for name in row["missing"]]
