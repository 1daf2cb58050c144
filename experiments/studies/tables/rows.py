"""Stored results with typed fields, as the tables read them from `results/`."""

import json
from collections.abc import Iterator, Mapping
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


@dataclass(frozen=True)
class GeneratorResult:
    """One generator, or one control, fitted with one seed and measured.

    Attributes:
        name: family or control.
        variant: name of other settings than the defaults.
        environment: Gymnasium id.
        measures: measures by name.
        transitions_per_second: speed of drawing; None for a control that is not fitted.
        fit_seconds: time of the fit [s]; None likewise.
    """

    name: str
    variant: str
    environment: str
    measures: Mapping[str, float]
    transitions_per_second: float | None
    fit_seconds: float | None

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> "GeneratorResult":
        """From a file of `results/generators/`."""
        return cls(
            plain["name"],
            plain["variant"],
            plain["environment"],
            plain["measures"],
            real(plain.get("transitions_per_second")),
            real(plain.get("fit_seconds")),
        )


@dataclass(frozen=True)
class RepairErrors:
    """Errors of a generator and of a simple way on the same recordings, one value an episode."""

    generator: tuple[float, ...]
    simple: tuple[float, ...]


@dataclass(frozen=True)
class RepairResult:
    """One generator's repairs with one seed: kind of damage -> simple way -> errors."""

    name: str
    errors: Mapping[str, Mapping[str, RepairErrors]]

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> "RepairResult":
        """From a file of `results/repair/`."""
        errors = {
            kind: {
                way: RepairErrors(tuple(entry["generator"]), tuple(entry["simple"]))
                for way, entry in ways.items()
            }
            for kind, ways in plain["errors"].items()
        }
        return cls(plain["name"], errors)


@dataclass(frozen=True)
class WorldResult:
    """One world model, or one reference, fitted with one seed and compared with MuJoCo.

    Attributes:
        name: family or reference.
        environment: Gymnasium id.
        errors: error by number of steps, in standard deviations of the states.
        r2: of the one-step change; None for a reference.
        covered: share of changes inside the 90 % interval; None for a reference.
        spearman: rank correlation of returns in the model and in MuJoCo; None for a reference.
        fit_seconds: time of the fit [s]; None for a reference.
    """

    name: str
    environment: str
    errors: Mapping[int, float]
    r2: float | None
    covered: float | None
    spearman: float | None
    fit_seconds: float | None

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> "WorldResult":
        """From a file of `results/worlds/`."""
        one_step = plain.get("one_step", {})
        return cls(
            plain["name"],
            plain["environment"],
            {int(steps): float(error) for steps, error in plain["errors"].items()},
            real(one_step.get("r2")),
            real(one_step.get("covered")),
            real(plain.get("spearman")),
            real(plain.get("fit_seconds")),
        )


@dataclass(frozen=True)
class EfficiencyResult:
    """One imitation with one seed, evaluated along its real steps.

    Attributes:
        environment: name of the body.
        way: how it was trained.
        steps: real steps at each evaluation.
        normalized_score: normalized score at each.
        reached: real steps from which the score stays high to the end; None where it does not.
        real_steps: all real steps.
        seconds: wall time [s].
    """

    environment: str
    way: str
    steps: tuple[int, ...]
    normalized_score: tuple[float, ...]
    reached: int | None
    real_steps: int
    seconds: float

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> "EfficiencyResult":
        """From a file of `results/sample-efficiency/`."""
        return cls(
            plain["environment"],
            plain["way"],
            tuple(at for at, _ in plain["curve"]),
            tuple(map(float, plain["normalized_score"])),
            plain["reached"],
            plain["real_steps"],
            float(plain["seconds"]),
        )


@dataclass(frozen=True)
class TransferResult:
    """A fresh policy trained on a frozen reward, beside the reward's own policy.

    Attributes:
        body: where the fresh policy learned.
        reward: name of the reward model.
        replay: rollouts that the reward remembered.
        demonstrated_starts: share of episodes that begin at demonstrated states.
        fresh: normalized score of the fresh policy.
        own: normalized score of the reward's own policy.
    """

    body: str
    reward: str
    replay: int
    demonstrated_starts: float
    fresh: float
    own: float

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> "TransferResult":
        """From a file of `results/transfer/`."""
        return cls(
            plain["body"],
            plain["reward"],
            plain["config"]["gail"]["reward"]["replay"],
            float(plain.get("demonstrated starts", 0.0)),
            *(plain[key]["normalized_score"]["value"] for key in ("fresh", "reward's own policy")),
        )


def read_folder(folder: Path) -> Iterator[Any]:  # Any: what JSON holds
    """The JSON of every file of a folder, by name."""
    for path in sorted(folder.glob("*.json")):
        yield json.loads(path.read_text())
