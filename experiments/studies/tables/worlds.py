"""README tables of world models: errors against MuJoCo, real steps of model-based imitation, frames."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from ....generative.worlds.world_families import WORLDS
from ..frames_trial import read_frames_scores
from ..sample_efficiency import Curve, EfficiencyResult, first_reached
from ..stored import grouped, read_folder
from ..worlds.trial import WorldResult
from .cells import each, mean_minutes, or_dash, spread
from .markdown import markdown_table

# Real steps at which ways are compared.
BESIDE = 50_000
WAYS = {
    "model-based": "in a world model",
    "alone": "in the simulator",
    "reference-states": "in the simulator, with the model-based agent's starts",
}


def world_table(results: Path, env: str = "Hopper-v5") -> str:
    """Every world model, by its error after 50 steps; persistence and the mean below."""
    stored = read_folder(results / "worlds", WorldResult.from_json)
    groups = grouped((one for one in stored if one.environment == env), lambda one: one.name)
    header = (
        *("world model", "one-step R²", "90 % interval holds", "error after 1 step", "10", "50", "200"),
        *("imagined and real return, Spearman", "minutes to fit", "N"),
    )
    ordered = sorted(groups.values(), key=_place)
    return markdown_table(header, [_cells(seeds) for seeds in ordered])


def _place(seeds: Sequence[WorldResult]) -> tuple[bool, float]:
    return seeds[0].name not in WORLDS, sum(one.errors[50] for one in seeds) / len(seeds)


def _cells(seeds: Sequence[WorldResult]) -> Sequence[str]:
    name = seeds[0].name
    fits = [one.fit for one in seeds if one.fit is not None]
    return (
        f"`{name}`" if name in WORLDS else name,
        spread([fit.one_step.r2 for fit in fits], 4),
        spread([fit.one_step.covered for fit in fits]),
        *(spread([one.errors[steps] for one in seeds], 3) for steps in (1, 10, 50, 200)),
        spread([fit.spearman for fit in fits]),
        mean_minutes([fit.fit_seconds for fit in fits]),
        str(len(seeds)),
    )


def efficiency_table(results: Path) -> str:
    """Real steps until imitation reaches and keeps a score, of every seed, and its cost."""
    stored = read_folder(results / "sample-efficiency", EfficiencyResult.from_json)
    groups = grouped(stored, lambda one: (one.environment, one.way))
    header = (
        *("body", "GAIL", "real steps to normalized score 0.9 at three looks in a row, each seed"),
        *("kept to the end", "best score of each seed"),
        *(f"score at the evaluation nearest {BESIDE:,} real steps", "last score", "all real steps"),
        "minutes",
    )
    return markdown_table(header, [_efficiency_cells(seeds) for _, seeds in sorted(groups.items())])


def _efficiency_cells(seeds: Sequence[EfficiencyResult]) -> Sequence[str]:
    curves = [one.score_curve for one in seeds]
    minutes = sum(one.seconds for one in seeds) / len(seeds) / 60
    return (
        seeds[0].environment,
        WAYS[seeds[0].way],
        _steps(map(first_reached, curves)),
        _steps(one.reached for one in seeds),
        each(max(one.normalized_score) for one in seeds),
        each(_nearest(BESIDE, curve) for curve in curves),
        each(one.normalized_score[-1] for one in seeds),
        f"{max(one.real_steps for one in seeds):,}",
        f"{minutes:.0f}",
    )


def _steps(counts: Iterable[int | None]) -> str:
    return " ".join(f"{count:,}" if count else "never" for count in counts)


def _nearest(steps: int, curve: Curve) -> float:
    """Normalized score at the evaluation nearest to a number of real steps."""
    return min(curve, key=lambda point: abs(point[0] - steps))[1]


def frames_table(results: Path) -> str:
    """Frames of every image model beside those of the baselines."""
    scores = read_frames_scores(results / "frames.json")
    rows = [
        (
            name,
            f"{score.frechet:.2f}",
            or_dash(score.absolute_error, ".3f"),
            or_dash(score.minutes, ".1f"),
        )
        for name, score in sorted(scores.items(), key=lambda item: item[1].frechet)
    ]
    header = ("frames", "Fréchet distance to unseen ones", "absolute error", "minutes to train")
    return markdown_table(header, rows)
