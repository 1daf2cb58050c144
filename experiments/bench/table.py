"""The table of a benchmark: one row for each method and task, with every seed, mean, worst and interval."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from ..scoring.reading import estimate
from ..scoring.run_result import RunResult
from ..scoring.score import ScoreEntry
from ..scoring.statistics import Estimate, iqm_interval
from .cell import ALIASES, Cell, shown
from .cell_store import CellStore
from .local_pool import Outcome
from .settings import Setting

HEAD = (
    *("environment", "task", "method", "steps", "return", "normalized score of each seed", "mean", "worst"),
    *("IQM [95 %]", "exploring", "seconds"),
)
# Keys of a row that say how long it took; they differ from run to run.
TIMES = ("seconds",)


@dataclass(frozen=True)
class SeedScores:
    """Scores of every seed.

    Attributes:
        returns: mean return of each seed.
        normalized_score: normalized score of each seed that has one.
        iqm: interquartile mean of the normalized scores; over episodes for a method without seeds.
    """

    returns: tuple[float, ...] = ()
    normalized_score: tuple[float, ...] = ()
    iqm: Estimate | None = None

    @classmethod
    def of(cls, entries: Sequence[ScoreEntry | None], seeded: bool) -> "SeedScores":
        """The scores of the seeds that have one."""
        scores = [entry.score for entry in entries if entry is not None]
        estimates = [entry.normalized_score for entry in entries if entry is not None]
        known = [score for score in estimates if score is not None]
        shares = tuple(score.value for score in known)
        iqm = (iqm_interval(shares) if seeded else known[0]) if known else None
        return cls(tuple(score.mean for score in scores if score is not None), shares, iqm)

    @property
    def mean(self) -> float | None:
        """Mean of the normalized scores."""
        return float(np.mean(self.normalized_score)) if self.normalized_score else None

    @property
    def worst(self) -> float | None:
        """The least normalized score."""
        return min(self.normalized_score, default=None)

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        bounds = {"value": None, "low": None, "high": None, "n": 0}
        return {
            "returns": list(self.returns),
            "normalized_score": list(self.normalized_score),
            "mean": self.mean,
            "worst": self.worst,
            **(bounds if self.iqm is None else asdict(self.iqm)),
        }

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> "SeedScores":
        """The scores `to_json` wrote."""
        returns, shares = plain.get("returns", ()), plain.get("normalized_score", ())
        return cls(tuple(returns), tuple(shares), estimate(plain))


@dataclass(frozen=True)
class Reference:
    """A mean return that normalized scores are measured by, and its number of episodes."""

    mean: float
    n: int


@dataclass(frozen=True)
class GridRow:
    """Cells that differ in their seed only, what they depend on, and their scores.

    What a method does not look at is None.

    Attributes:
        environment: Gymnasium id.
        horizon: `native` or `fixed`.
        method: as people call it.
        demonstrations: name of the set.
        episodes: number of demonstrations; 0 for all.
        subsample: one step in so many is used.
        steps: environment steps of training.
        augment: the generator whose pieces are added to the demonstrations.
        inputs: what the reward looks at.
        form: the form of the reward.
        settings: of a reward model's training, by dotted name.
        seeds: of the finished cells.
        scores: of the deterministic policy.
        exploring: of the policy that draws its actions.
        controls: the references of the normalized score, by name.
        seconds: wall time of each finished cell [s].
        failed: the errors of cells that failed, by the cell's name.
        missing: names of the cells that were not run yet.
        cells: names of all cells.
    """

    environment: str
    horizon: str
    method: str
    demonstrations: str | None = None
    episodes: int | None = None
    subsample: int | None = None
    steps: int | None = None
    augment: str | None = None
    inputs: str | None = None
    form: str | None = None
    settings: Mapping[str, Setting] = field(default_factory=dict)
    seeds: tuple[int, ...] = ()
    scores: SeedScores = SeedScores()
    exploring: SeedScores = SeedScores()
    controls: Mapping[str, Reference] = field(default_factory=dict)
    seconds: tuple[float, ...] = ()
    failed: Mapping[str, str] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    cells: tuple[str, ...] = ()

    @classmethod
    def of(
        cls, cells: Sequence[Cell], results: Sequence[RunResult | None], errors: Mapping[str, str]
    ) -> "GridRow":
        """The row of cells with their results, and the errors of those that failed by their key."""
        config, definition = cells[0].config, cells[0].definition
        drawn = definition.demonstrations is not None and cells[0].method != "expert"
        settings, seeded = definition.config, definition.seed is not None
        finished = [result for result in results if result is not None]
        seeds = [cell.config.seed for cell, result in zip(cells, results, strict=True) if result is not None]
        open_cells = [cell for cell, result in zip(cells, results, strict=True) if result is None]
        agents = [result.scores.agent for result in finished]
        return cls(
            environment=definition.environment,
            horizon=definition.horizon or "native",
            method=shown(cells[0].method),
            demonstrations=None if definition.demonstrations is None else config.demos,
            episodes=config.episodes if drawn else None,
            subsample=config.subsample if drawn else None,
            steps=definition.steps,
            augment=definition.augment,
            inputs=definition.inputs,
            form=definition.form,
            settings=settings if isinstance(settings, Mapping) else {},
            seeds=tuple(seeds) if seeded else (),
            scores=SeedScores.of([agent.get("deterministic") for agent in agents], seeded),
            exploring=SeedScores.of([agent.get("exploring") for agent in agents], seeded),
            controls=_references(finished[0]) if finished else {},
            seconds=tuple(round(sum(result.seconds.values()), 1) for result in finished),
            failed={cell.name: errors[cell.key] for cell in open_cells if errors.get(cell.key)},
            missing=tuple(cell.name for cell in open_cells if not errors.get(cell.key)),
            cells=tuple(cell.name for cell in cells),
        )

    @property
    def reward(self) -> str:
        """Name of the reward model, or of the method where there is none."""
        return ALIASES.get(self.method, self.method)

    @property
    def task(self) -> str:
        """What the row learned from, in words."""
        if self.episodes is None:
            return "-"
        text = f"{self.episodes or 'all'} demonstration{'s' if self.episodes != 1 else ''}"
        text += f" at 1/{self.subsample}" if self.subsample is not None and self.subsample > 1 else ""
        return text + (f" and pieces of {self.augment}" if self.augment else "")

    @property
    def mean_return(self) -> str:
        """The mean return of all seeds, or a dash."""
        return f"{np.mean(self.scores.returns):,.0f}" if self.scores.returns else "-"

    @property
    def score_texts(self) -> tuple[str, ...]:
        """Each seed's score, their mean, worst and IQM, and the exploring policy's IQM, for a table."""
        return (
            " ".join(f"{share:.2f}" for share in self.scores.normalized_score) or "-",
            number(self.scores.mean),
            number(self.scores.worst),
            interval(self.scores.iqm),
            interval(self.exploring.iqm),
        )

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "environment": self.environment,
            "horizon": self.horizon,
            "method": self.method,
            "demonstrations": self.demonstrations,
            "episodes": self.episodes,
            "subsample": self.subsample,
            "steps": self.steps,
            "augment": self.augment,
            "inputs": self.inputs,
            "form": self.form,
            "config": dict(self.settings) or None,
            "seeds": list(self.seeds),
            **self.scores.to_json(),
            "exploring": self.exploring.to_json(),
            "controls": {name: asdict(reference) for name, reference in self.controls.items()},
            "seconds": list(self.seconds),
            "failed": dict(self.failed),
            "missing": list(self.missing),
            "cells": list(self.cells),
        }

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> "GridRow":
        """The row `to_json` wrote; an older one may lack what its table did not know of."""
        about = ("demonstrations", "episodes", "subsample", "steps", "augment", "inputs", "form")
        lists = ("seeds", "seconds", "missing", "cells")
        values: dict[str, Any] = {key: plain.get(key) for key in about}
        values |= {key: tuple(plain.get(key, ())) for key in lists}
        controls, settings = plain.get("controls", {}), plain.get("config") or {}
        return cls(
            environment=plain["environment"],
            horizon=plain["horizon"],
            method=plain["method"],
            settings={key: tuple(v) if isinstance(v, list) else v for key, v in settings.items()},
            scores=SeedScores.from_json(plain),
            exploring=SeedScores.from_json(plain.get("exploring", {})),
            controls={name: Reference(entry["mean"], entry["n"]) for name, entry in controls.items()},
            failed=plain.get("failed", {}),
            **values,
        )


def _references(result: RunResult) -> dict[str, Reference]:
    """What normalized score is measured by: the mean returns of random and expert."""
    controls = result.scores.controls
    scores = {name: controls[name].score for name in ("random", "expert") if name in controls}
    return {
        name: Reference(score.mean, len(score.returns)) for name, score in scores.items() if score is not None
    }


def rows(cells: Sequence[Cell], store: CellStore, failed: Sequence[Outcome]) -> list[GridRow]:
    """The rows of a grid in the order of their first cell."""
    errors = {outcome.job.cell.key: outcome.first_line for outcome in failed}
    groups: dict[str, list[Cell]] = {}
    for cell in cells:
        groups.setdefault(cell.row, []).append(cell)
    ordered = [sorted(group, key=lambda cell: cell.config.seed) for group in groups.values()]
    return [GridRow.of(group, [store.find(cell) for cell in group], errors) for group in ordered]


def text_table(grid_rows: Sequence[GridRow]) -> str:
    """The rows for a terminal."""
    lines = [HEAD, *(_texts(row) for row in grid_rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    table = "\n".join(
        "  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )
    notes = [note for row in grid_rows for note in _notes(row)]
    return "\n".join((table, *notes))


def _texts(row: GridRow) -> tuple[str, ...]:
    fixed = ", fixed horizon" if row.horizon == "fixed" else ""
    return (
        row.environment,
        row.task + fixed,
        row.method,
        f"{row.steps:,}" if row.steps else "-",
        row.mean_return,
        *row.score_texts,
        f"{np.mean(row.seconds):,.0f}" if row.seconds else "-",
    )


def number(value: float | None) -> str:
    """Three decimals, or a dash."""
    return "-" if value is None else f"{value:.3f}"


def interval(estimate: Estimate | None) -> str:
    """The interquartile mean with its interval and N, or a dash."""
    return "-" if estimate is None else f"{estimate:.3f}"


def _notes(row: GridRow) -> list[str]:
    failed = [f"failed: {name}: {error}" for name, error in row.failed.items()]
    return failed + [f"not run yet: {name}" for name in row.missing]
