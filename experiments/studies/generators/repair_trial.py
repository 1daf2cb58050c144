"""Repair of recordings that no generator was fitted on: gaps, low frame rates and noise, beside simple ways.

`python -m gailforce.experiments.studies.generators.repair_trial` writes `results/repair/NAME-ENV-SEED.json`.
Errors are the root mean square over missing frames and columns, in standard deviations; the place on the
ground is left out.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import numpy as np
import tyro
from jaxtyping import Float

from ....agents.models.generator import TrajectoryGenerator
from ....agents.models.repair import denoised, repaired
from ....demos.dataset import Demonstrations
from ....demos.execution import spread_of
from ....demos.lossy import Recording, cubic, deviations, linear, noisy, thinned, with_gap
from ....demos.trajectory import Trajectory
from ....demos.wiener import beneath
from ....envs.errors import unknown
from ....generative.trajectories.generator_families import GENERATORS, GeneratorConfig, heeded
from ...runs.process import one_thread
from ...runs.provenance import made, write_result
from ...scoring.statistics import Estimate, mean_interval

RESULTS = Path("results/repair")
# Frames of a gap, from one gap to the next, what a rate is raised by, and the noise.
GAP, APART, RATES, NOISE = 8, 48, (4, 8), 0.1
MEASURED = {"gap": GAP, "apart": APART, "rates": RATES, "noise": NOISE, "every episode's own": True}

States = Float[np.ndarray, "T1 S"]
# A lossy recording -> its states.
Way = Callable[[Recording], States]
# A recording and its number -> what is left of it; every one has noise of its own.
Spoil = Callable[[Recording, int], Recording]


def with_gaps(whole: Recording, number: int = 0) -> Recording:
    """Gaps all along; before, between and after them everything is known."""
    lossy = whole
    for first in range(APART // 2, len(whole.actions) - APART // 2, APART):
        lossy = with_gap(lossy, first, GAP)
    return lossy


def frequencies(level: Float[np.ndarray, "S"]) -> Way:
    """A Wiener filter of every column but the place on the ground, which carries no noise; no generator."""
    return lambda lossy: np.column_stack((lossy.states[:, :1], beneath(lossy.states[:, 1:], level[1:])))


def untouched(lossy: Recording) -> States:
    """As it is: the gait chatters at the rate of its frames, so a mean of neighbours is farther off."""
    return lossy.states


def error(found: States, whole: Recording, lossy: Recording, spread: Float[np.ndarray, "S"]) -> float:
    """Over the frames that were missing, or over all where none was."""
    where = ~lossy.known if not lossy.known.all() else np.ones(len(found), dtype=bool)
    off = (found - whole.states)[where, 1:] / spread[1:]
    return float(np.sqrt(np.square(off).mean()))


@dataclass
class RepairTrial:
    """Fit on training episodes, repair validation episodes."""

    env: str = "hopper"
    demos: str = "hopper-speeds"
    names: Annotated[tuple[str, ...], tyro.conf.UseAppendAction] = ("diffusion", "nearest")
    seeds: tuple[int, ...] = (0, 1, 2)
    results: Path = RESULTS
    config: Annotated[GeneratorConfig, tyro.conf.arg(name="")] = field(default_factory=GeneratorConfig)

    def run(self) -> None:
        """One file for each family and seed; what is there with the same settings is not made again."""
        one_thread()
        for name in self.names:
            if name not in GENERATORS:
                raise unknown("trajectory generator", name, GENERATORS)
            for seed in self.seeds:
                path = self.results / f"{name}-{self.env}-{seed}.json"
                settings = {"demos": self.demos, "measured": MEASURED, **heeded(name, self.config)}
                if not made(path, settings):
                    write_result(path, {**self._measured(name, seed), "settings": settings})
                    print(path, flush=True)

    def _measured(self, name: str, seed: int) -> dict[str, object]:
        training = Demonstrations.load(self.demos)
        generator = TrajectoryGenerator(name, seed, self.config).fit(training)
        unseen = [Recording.of(e) for e in Demonstrations.load(self.demos, split="validation")]
        spread, dt = spread_of(list(training)), generator.body.dt
        found = {}
        for kind, (spoil, ways) in spoilt(list(training)).items():
            pairs = [(whole, spoil(whole, number)) for number, whole in enumerate(unseen)]
            if kind == "noise":
                own = [denoised(generator, bad, NOISE, bad.speed(dt), seed).states for _, bad in pairs]
            else:
                own = [repaired(generator, bad, bad.speed(dt), seed).states for _, bad in pairs]
            found[kind] = {way: compared(pairs, own, simple, spread) for way, simple in ways.items()}
        return {"kind": "repair", "name": name, "environment": self.env, "seed": seed, "errors": found}


def spoilt(training: Sequence[Trajectory]) -> dict[str, tuple[Spoil, dict[str, Way]]]:
    """What is done to a recording, and the simple ways to mend it."""
    unit = deviations(training)

    def at(rate: int) -> Spoil:
        return lambda whole, number: thinned(whole, rate)

    rates = {f"{rate}x frame rate": (at(rate), {"cubic spline": cubic}) for rate in RATES}
    return {
        f"gaps of {GAP} frames": (with_gaps, {"straight line": linear}),
        **rates,
        "noise": (
            lambda whole, number: noisy(whole, NOISE, unit, number),
            {"none": untouched, "Wiener filter alone": frequencies(NOISE * unit[0])},
        ),
    }


def compared(
    pairs: Sequence[tuple[Recording, Recording]],
    own: Sequence[States],
    simple: Way,
    spread: Float[np.ndarray, "S"],
) -> dict[str, object]:
    """Mean errors over episodes, and the ratio of the generator's to the simple way's."""
    errors = [error(mine, whole, bad, spread) for mine, (whole, bad) in zip(own, pairs, strict=True)]
    others = [error(simple(bad), whole, bad, spread) for whole, bad in pairs]
    return {
        "generator": errors,
        "simple": others,
        "ratio": _plain(mean_interval([a / b for a, b in zip(errors, others, strict=True)])),
    }


def _plain(estimate: Estimate) -> dict[str, float]:
    return {key: getattr(estimate, key) for key in ("value", "low", "high", "n")}


if __name__ == "__main__":
    tyro.cli(RepairTrial).run()
