"""Rows of finished grids, as the tables read them from `results/`."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...bench.cell import ALIASES
from ...bench.table import mean_return, scores, task
from ...scoring.reading import estimate, real
from ...scoring.statistics import Estimate

# Setting of a grid that says whether a deep belief network was trained first.
PRETRAINING_STEPS = "dbn.steps"


@dataclass(frozen=True)
class GridRow:
    """One row of a finished grid: a method, its task and the scores of its seeds.

    Attributes:
        environment: Gymnasium id.
        horizon: `native` or `fixed`.
        method: name as tables show it.
        reward: name of the reward model, or of the method where there is none.
        task: demonstrations in words.
        episodes: number of demonstrations; None for a method without any.
        subsample: one step in so many is used.
        steps: environment steps of training.
        returns: mean return of each seed.
        normalized_score: normalized score of each seed.
        mean: mean of the normalized scores.
        worst: least normalized score.
        iqm: interquartile mean of the normalized scores.
        seconds: wall time of each seed [s].
        pretraining_steps: steps that train a deep belief network beforehand; None for other methods.
        mean_return: mean of the returns, as text.
        score_texts: normalized scores, mean, worst, IQM and the exploring policy's IQM, as text.
    """

    environment: str
    horizon: str
    method: str
    reward: str
    task: str
    episodes: int | None
    subsample: int | None
    steps: int | None
    returns: tuple[float, ...]
    normalized_score: tuple[float, ...]
    mean: float | None
    worst: float | None
    iqm: Estimate | None
    seconds: tuple[float, ...]
    pretraining_steps: int | None
    mean_return: str
    score_texts: tuple[str, ...]

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> "GridRow":
        """From a row of a grid's table."""
        return cls(
            environment=row["environment"],
            horizon=row["horizon"],
            method=row["method"],
            reward=ALIASES.get(row["method"], row["method"]),
            task=task(row),
            episodes=row["episodes"],
            subsample=row["subsample"],
            steps=row.get("steps"),
            returns=tuple(map(float, row.get("returns", ()))),
            normalized_score=tuple(map(float, row["normalized_score"])),
            mean=real(row["mean"]),
            worst=real(row["worst"]),
            iqm=estimate(row),
            seconds=tuple(map(float, row.get("seconds", ()))),
            pretraining_steps=(row.get("config") or {}).get(PRETRAINING_STEPS),
            mean_return=mean_return({"returns": (), **row}),
            score_texts=scores(row),
        )


def read_grid_rows(results: Path, name: str) -> list[GridRow]:
    """The rows of `results/NAME.json`."""
    return [GridRow.from_json(row) for row in json.loads((results / f"{name}.json").read_text())["rows"]]
