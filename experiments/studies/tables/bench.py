"""A benchmark's table for the README, and beside it what others published."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ...bench.table import mean_return, scores, task
from .published import PUBLISHED, Published

# In which order methods stand below their task; others come between.
FIRST, LAST = ("gail", "bc"), ("constant", "random", "expert")
METHODS = {
    "gail": "GAIL",
    "bc": "cloning",
    "gmr": "cloning by mixture regression",
    "apprenticeship": "apprenticeship learning",
    "constant": "constant reward",
    "random-demos": "random demonstrations",
    "true": "the true reward",
    "random": "random actions",
}


def bench_markdown(results: Path, name: str) -> str:
    """The rows of `results/NAME.json`: task by task, the references last."""
    lines = [
        "| environment, demonstrations | method | steps | return | score of each seed | mean | worst "
        "| IQM [95 %] | exploring, IQM |",
        "|-|-|-|-|-|-|-|-|-|",
    ]
    for row in sorted(_rows(results, name), key=_order):
        cells = (
            f"{row['environment']}{_task(row)}",
            METHODS.get(row["method"], row["method"]),
            f"{row['steps'] / 1e6:g}M" if row["steps"] else "-",
            mean_return(row),
            *scores(row),
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def published_markdown(results: Path, name: str) -> str:
    """Published returns as shares of their own experts', beside the same row's here."""
    rows = _rows(results, name)
    lines = [
        "| task | method | published return | of its expert | steps | here: of its expert | steps | source |",
        "|-|-|-|-|-|-|-|-|",
    ]
    lines += [_published_line(figure, rows) for figure in PUBLISHED]
    return "\n".join(lines)


def _published_line(figure: Published, rows: Sequence[Mapping[str, Any]]) -> str:
    wanted = (figure.environment, figure.method, figure.episodes, figure.subsample)
    keys = ("environment", "method", "episodes", "subsample")
    own = next(row for row in rows if tuple(row[key] for key in keys) == wanted)
    expert = next(r for r in rows if (r["environment"], r["method"]) == (figure.environment, "expert"))
    shares = [mean / np.mean(expert["returns"]) for mean in own["returns"] if expert["returns"]]
    cells = (
        f"{figure.environment.split('-')[0]}{_task(own)}",
        METHODS[figure.method],
        f"{figure.mean:,.0f}" + ("" if figure.std is None else f" ± {figure.std:,.0f}"),
        f"{figure.share:.3f}",
        _millions(figure.steps),
        f"{np.mean(shares):.3f} ± {np.std(shares):.3f} (N={len(shares)})" if shares else "-",
        _millions(own["steps"]),
        figure.source,
    )
    return f"| {' | '.join(cells)} |"


def _rows(results: Path, name: str) -> list[dict[str, Any]]:
    return json.loads((results / f"{name}.json").read_text())["rows"]


def _task(row: Mapping[str, Any]) -> str:
    shown = task(row)
    fixed = ", fixed horizon" if row["horizon"] == "fixed" else ""
    return ("" if shown == "-" else f", {shown}") + fixed


def _order(row: Mapping[str, Any]) -> tuple[Any, ...]:
    method = row["method"]
    place = (
        FIRST.index(method) if method in FIRST else len(FIRST) + (method in LAST and 1 + LAST.index(method))
    )
    # References look at no demonstrations and stand below the tasks.
    return row["environment"], row["episodes"] is None, row["subsample"] or 0, row["episodes"] or 0, place


def _millions(steps: int | None) -> str:
    return f"{steps / 1e6:g}M" if steps else "-"
