"""The README's tables of trajectory generators: likeness to real motion, repair, clones of generated data."""

import json
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ....generative.trajectories.generator_families import GENERATORS
from ...scoring.bootstrap import RESAMPLES
from ...scoring.statistics import Estimate, mean_interval

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
    """Every generator on unseen conditions, least physics residual first; controls below."""
    groups: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for path in sorted((results / "generators").glob("*.json")):
        found = json.loads(path.read_text())
        if found["environment"] == env:
            groups[found["name"] + found["variant"]].append(found)
    heads = ("generator", *(title for title, _ in COLUMNS.values()), "transitions/s", "minutes to fit", "N")
    lines = [f"| {' | '.join(heads)} |", "|" + "-|" * len(heads)]
    for name in sorted(groups, key=lambda name: _place(name, groups[name])):
        lines.append(_line(name, groups[name]))
    return "\n".join(lines)


def _place(name: str, found: Sequence[dict[str, Any]]) -> tuple[bool, float]:
    family = GENERATORS.get(found[0]["name"])
    control = family is None or family.control
    return control, sum(one["measures"]["residual_median"] for one in found) / len(found)


def _line(name: str, found: Sequence[dict[str, Any]]) -> str:
    cells = [REFERENCES.get(name, f"`{name}`" + (", control" if _place(name, found)[0] else ""))]
    cells += [
        spread([one["measures"].get(key) for one in found], decimals)
        for key, (_, decimals) in COLUMNS.items()
    ]
    timed = "transitions_per_second" in found[0]
    rates = [one["transitions_per_second"] for one in found] if timed else []
    minutes = [one["fit_seconds"] / 60 for one in found] if timed else []
    cells.append(f"{sum(rates) / len(rates):,.0f}" if rates else "-")
    cells.append(f"{sum(minutes) / len(minutes):.1f}" if minutes else "-")
    return f"| {' | '.join((*cells, str(len(found))))} |"


def spread(values: Sequence[float | None], decimals: int = 2) -> str:
    """The mean over seeds with its range, or the one value there is."""
    known = [value for value in values if value is not None]
    if not known:
        return "-"
    mean, low, high = (_plain(value, decimals) for value in (sum(known) / len(known), min(known), max(known)))
    return mean if low == high else f"{mean} [{low}, {high}]"


def _plain(value: float, decimals: int) -> str:
    """So many decimals; of what ran away only the size."""
    return f"{value:.0e}" if abs(value) >= 1e4 else f"{round(value, decimals) + 0.0:.{decimals}f}"


def repair_table(results: Path) -> str:
    """Errors of the generator and of simple ways, over all seeds' episodes."""
    groups: dict[tuple[str, str, str], list[dict[str, Any]]] = defaultdict(list)
    for path in sorted((results / "repair").glob("*.json")):
        found = json.loads(path.read_text())
        for kind, ways in found["errors"].items():
            for way, errors in ways.items():
                groups[kind, found["name"], way].append(errors)
    lines = [
        "| recording | by | its error | simple way | its error | ratio over episodes [95 %] |",
        "|-|-|-|-|-|-|",
    ]
    for (kind, name, way), seeds in groups.items():
        # Seeds repair the same episodes, so an episode counts once, by its mean over seeds.
        own, simple = (
            [sum(one) / len(one) for one in zip(*(errors[key] for errors in seeds), strict=True)]
            for key in ("generator", "simple")
        )
        ratio = mean_interval([a / b for a, b in zip(own, simple, strict=True)])
        error, other = (f"{sum(part) / len(part):.3f}" for part in (own, simple))
        lines.append(f"| {kind} | `{name}` | {error} | {way} | {other} | {ratio:.2f} |")
    return "\n".join(lines)


def tstr_table(results: Path) -> str:
    """Clones of generated, noisy and cleaned demonstrations beside those of real and of clean ones."""
    lines = [
        "| environment | generator | cloned from | normalized score, mean over clones [95 %] "
        "| share of the undisturbed [95 %] | pieces that physics agreed with |",
        "|-|-|-|-|-|-|",
    ]
    for path in sorted((results / "tstr").glob("*.json")):
        found = json.loads(path.read_text())
        for kind, scores in found["normalized_score"].items():
            shown, beside = f"{mean_interval(scores):.2f}", UNDISTURBED.get(kind)
            share = f"{ratio(scores, found['normalized_score'][beside]):.2f}" if beside else "-"
            agreed = f"{found['agreed']:.2f}" if kind == "generated" else "-"
            cells = (found["environment"], f"`{found['name']}`", kind, shown, share, agreed)
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def ratio(scores: Sequence[float], beside: Sequence[float]) -> Estimate:
    """Mean over mean; both are drawn anew in each resample."""
    a, b = (np.asarray(part) for part in (scores, beside))
    draws = np.random.default_rng(0)
    again = [part[draws.integers(len(part), size=(RESAMPLES, len(part)))].mean(axis=1) for part in (a, b)]
    return Estimate.from_draws(float(a.mean() / b.mean()), again[0] / again[1], 0.95, len(a))
