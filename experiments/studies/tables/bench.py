"""README tables of a grid, and of published returns beside its rows."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ...bench.table import GridRow
from .markdown import markdown_table
from .published import PUBLISHED, Published
from .rows import read_grid_rows

# Methods that come first and last in the rows of a task.
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
HEADER = (
    *("environment, demonstrations", "method", "steps", "return", "score of each seed", "mean", "worst"),
    *("IQM [95 %]", "exploring, IQM"),
)
PUBLISHED_HEADER = (
    *("task", "method", "published return", "of its expert", "steps", "here: of its expert", "steps"),
    "source",
)


def bench_markdown(results: Path, name: str) -> str:
    """The rows of `results/NAME.json`: task by task, the references last."""
    return markdown_table(HEADER, [_cells(row) for row in sorted(read_grid_rows(results, name), key=_order)])


def _cells(row: GridRow) -> Sequence[str]:
    return (
        f"{row.environment}{_task(row)}",
        METHODS.get(row.method, row.method),
        f"{row.steps / 1e6:g}M" if row.steps else "-",
        row.mean_return,
        *row.score_texts,
    )


def published_markdown(results: Path, name: str) -> str:
    """Published returns as shares of their own experts', beside the same row's here."""
    rows = read_grid_rows(results, name)
    return markdown_table(PUBLISHED_HEADER, [_published_cells(figure, rows) for figure in PUBLISHED])


def _published_cells(figure: Published, rows: Sequence[GridRow]) -> Sequence[str]:
    task = (figure.environment, figure.method, figure.episodes, figure.subsample)
    own = next(row for row in rows if (row.environment, row.method, row.episodes, row.subsample) == task)
    expert = next(row for row in rows if (row.environment, row.method) == (figure.environment, "expert"))
    shares = [mean / np.mean(expert.scores.returns) for mean in own.scores.returns if expert.scores.returns]
    return (
        f"{figure.environment.split('-')[0]}{_task(own)}",
        METHODS[figure.method],
        f"{figure.mean:,.0f}" + ("" if figure.std is None else f" ± {figure.std:,.0f}"),
        f"{figure.share:.3f}",
        _millions(figure.steps),
        f"{np.mean(shares):.3f} ± {np.std(shares):.3f} (N={len(shares)})" if shares else "-",
        _millions(own.steps),
        figure.source,
    )


def _task(row: GridRow) -> str:
    fixed = ", fixed horizon" if row.horizon == "fixed" else ""
    return ("" if row.task == "-" else f", {row.task}") + fixed


def _order(row: GridRow) -> tuple[str, bool, int, int, int]:
    if row.method in FIRST:
        place = FIRST.index(row.method)
    else:
        place = len(FIRST) + (1 + LAST.index(row.method) if row.method in LAST else 0)
    # References use no demonstrations and stand below the tasks.
    return row.environment, row.episodes is None, row.subsample or 0, row.episodes or 0, place


def _millions(steps: int | None) -> str:
    return f"{steps / 1e6:g}M" if steps else "-"
