"""README tables of trajectory generators: likeness to real motion, repair, clones of generated data."""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ....generative.trajectories.generator_families import GENERATORS
from ...scoring.bootstrap import RESAMPLES
from ...scoring.statistics import Estimate, mean_interval
from ..generators.repair_trial import RepairErrors, RepairResult
from ..generators.trial import GeneratorResult
from ..generators.tstr import TSTRResult
from ..stored import grouped, read_folder
from .cells import mean_minutes, or_dash, spread
from .markdown import markdown_table

# Measures of a generator, their columns in order, and decimals.
COLUMNS = {
    "residual_median": ("physics residual, median", 2),
    "residual_p90": ("90th percentile", 2),
    "energy": ("energy distance", 3),
    "coverage": ("coverage", 2),
    "precision": ("precision", 2),
    "auc": ("told apart, AUC", 2),
    "copying": ("copying ratio", 2),
    "of_real": ("of real pieces'", 2),
    "memorised": ("memorised", 2),
    "lasting": ("last all steps", 2),
    "speed_r2": ("speed, R²", 2),
    "kept": ("steps executed", 0),
}
REFERENCES = {
    "real": "real, held out",
    "shuffled": "real, actions shuffled",
    "copy": "training pieces, copied",
}

# What clones of each set are compared with.
UNDISTURBED = {"generated": "real", "noisy": "clean", "denoised": "clean"}


def generator_table(results: Path, env: str = "Hopper-v5") -> str:
    """Every generator on unseen conditions, by physics residual; controls below."""
    stored = read_folder(results / "generators", GeneratorResult.from_json)
    groups = grouped((one for one in stored if one.environment == env), lambda one: one.name + one.variant)
    titles = (title for title, _ in COLUMNS.values())
    return markdown_table(
        ("generator", *titles, "transitions/s", "minutes to fit", "N"),
        [_cells(name, seeds) for name, seeds in sorted(groups.items(), key=lambda item: _place(item[1]))],
    )


def _place(seeds: Sequence[GeneratorResult]) -> tuple[bool, float]:
    family = GENERATORS.get(seeds[0].name)
    control = family is None or family.control
    return control, sum(one.measures["residual_median"] for one in seeds) / len(seeds)


def _cells(name: str, seeds: Sequence[GeneratorResult]) -> Sequence[str]:
    fits = [one.fit for one in seeds if one.fit is not None]
    rates = [fit.transitions_per_second for fit in fits]
    return (
        REFERENCES.get(name, f"`{name}`" + (", control" if _place(seeds)[0] else "")),
        *(
            spread([one.measures.get(key) for one in seeds], decimals)
            for key, (_, decimals) in COLUMNS.items()
        ),
        or_dash(sum(rates) / len(rates) if rates else None, ",.0f"),
        mean_minutes([fit.fit_seconds for fit in fits]),
        str(len(seeds)),
    )


def repair_table(results: Path) -> str:
    """Errors of the generator and of simple ways, means over seeds and episodes."""
    groups: dict[tuple[str, str, str], list[RepairErrors]] = defaultdict(list)
    for one in read_folder(results / "repair", RepairResult.from_json):
        for kind, ways in one.errors.items():
            for way, errors in ways.items():
                groups[kind, one.name, way].append(errors)
    rows = []
    for (kind, name, way), seeds in groups.items():
        # Seeds repair the same episodes, so an episode counts once, by its mean over seeds.
        own = _mean_over_seeds([errors.generator for errors in seeds])
        simple = _mean_over_seeds([errors.simple for errors in seeds])
        ratios = mean_interval([a / b for a, b in zip(own, simple, strict=True)])
        error, other = (f"{sum(part) / len(part):.3f}" for part in (own, simple))
        rows.append((kind, f"`{name}`", error, way, other, f"{ratios:.2f}"))
    header = ("recording", "by", "its error", "simple way", "its error", "ratio over episodes [95 %]")
    return markdown_table(header, rows)


def _mean_over_seeds(errors: Sequence[Sequence[float]]) -> list[float]:
    return [sum(episode) / len(episode) for episode in zip(*errors, strict=True)]


def tstr_table(results: Path) -> str:
    """Clones of generated, noisy and cleaned demonstrations beside those of real and of clean ones."""
    rows = []
    for stored in read_folder(results / "tstr", TSTRResult.from_json):
        for kind, scores in stored.normalized_score.items():
            beside = UNDISTURBED.get(kind)
            share = f"{ratio(scores, stored.normalized_score[beside]):.2f}" if beside else "-"
            agreed = f"{stored.agreed:.2f}" if kind == "generated" else "-"
            names = (stored.environment, f"`{stored.name}`", kind)
            rows.append((*names, f"{mean_interval(scores):.2f}", share, agreed))
    header = (
        *("environment", "generator", "cloned from", "normalized score, mean over clones [95 %]"),
        *("share of the undisturbed [95 %]", "pieces that physics agreed with"),
    )
    return markdown_table(header, rows)


def ratio(scores: Sequence[float], beside: Sequence[float]) -> Estimate:
    """Ratio of the two means; each resample draws both sets."""
    a, b = (np.asarray(part) for part in (scores, beside))
    draws = np.random.default_rng(0)
    again = [part[draws.integers(len(part), size=(RESAMPLES, len(part)))].mean(axis=1) for part in (a, b)]
    return Estimate.from_draws(float(a.mean() / b.mean()), again[0] / again[1], 0.95, len(a))
