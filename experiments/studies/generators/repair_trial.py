"""Repair of unseen recordings by generators: gaps, low frame rates and noise, beside simple ways.

`python -m gailforce.experiments.studies.generators.repair_trial` writes `results/repair/NAME-ENV-SEED.json`.
Errors are the root mean square over missing frames and columns, in standard deviations, without the place on
the ground.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Annotated, Any

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
from ...scoring.statistics import Estimate, mean_interval
from ..stored import write_once

RESULTS = Path("results/repair")
# Frames of a gap, frames from one gap to the next, factors of the frame rate, and noise in deviations.
GAP, APART, RATES, NOISE = 8, 48, (4, 8), 0.1
MEASURED = {"gap": GAP, "apart": APART, "rates": RATES, "noise": NOISE, "every episode's own": True}

States = Float[np.ndarray, "T1 S"]
# A lossy recording -> its states.
Way = Callable[[Recording], States]
# A recording and its number -> the lossy recording; the number seeds its noise.
Spoil = Callable[[Recording, int], Recording]


@dataclass(frozen=True)
class RepairErrors:
    """Errors of a generator and of a simple way on the same recordings.

    Attributes:
        generator: one error an episode.
        simple: one error an episode.
        ratio: of the generator's to the simple way's, the mean over episodes.
    """

    generator: tuple[float, ...]
    simple: tuple[float, ...]
    ratio: Estimate

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> "RepairErrors":
        """The errors of a stored result."""
        return cls(tuple(plain["generator"]), tuple(plain["simple"]), Estimate(**plain["ratio"]))


@dataclass(frozen=True)
class RepairResult:
    """One generator's repairs with one seed.

    Attributes:
        name: family.
        environment: name of the body.
        seed: of the fit and of the draws.
        errors: kind of damage -> simple way -> errors.
    """

    name: str
    environment: str
    seed: int
    errors: Mapping[str, Mapping[str, RepairErrors]]

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {"kind": "repair", **asdict(self)}

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> "RepairResult":
        """The result that `to_json` wrote."""
        errors = {
            kind: {way: RepairErrors.from_json(entry) for way, entry in ways.items()}
            for kind, ways in plain["errors"].items()
        }
        return cls(plain["name"], plain["environment"], plain["seed"], errors)


def with_gaps(whole: Recording, number: int = 0) -> Recording:
    """Gaps at equal distances; all frames before, between and after them are there."""
    lossy = whole
    for first in range(APART // 2, len(whole.actions) - APART // 2, APART):
        lossy = with_gap(lossy, first, GAP)
    return lossy


def frequencies(level: Float[np.ndarray, "S"]) -> Way:
    """A Wiener filter of every column but the place on the ground, which has no noise; no generator."""
    return lambda lossy: np.column_stack((lossy.states[:, :1], beneath(lossy.states[:, 1:], level[1:])))


def untouched(lossy: Recording) -> States:
    """The recording itself. The gait changes from frame to frame, so a mean of neighbors is farther off."""
    return lossy.states


def error(states: States, whole: Recording, lossy: Recording, spread: Float[np.ndarray, "S"]) -> float:
    """The error over the missing frames, or over all frames where none is missing."""
    where = ~lossy.known if not lossy.known.all() else np.ones(len(states), dtype=bool)
    off = (states - whole.states)[where, 1:] / spread[1:]
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
        """Write one file for each family and seed; a file with the same settings is not made again."""
        one_thread()
        for name in self.names:
            if name not in GENERATORS:
                raise unknown("trajectory generator", name, GENERATORS)
            for seed in self.seeds:
                path = self.results / f"{name}-{self.env}-{seed}.json"
                if write_once(path, self.to_json(name), partial(self._measured, name, seed)):
                    print(path, flush=True)

    def to_json(self, name: str) -> dict[str, Any]:
        """The settings that a result of this family depends on, all but its seed."""
        return {"demos": self.demos, "measured": MEASURED, **heeded(name, self.config)}

    def _measured(self, name: str, seed: int) -> RepairResult:
        training = Demonstrations.load(self.demos)
        generator = TrajectoryGenerator(name, seed, self.config).fit(training)
        unseen = [Recording.of(e) for e in Demonstrations.load(self.demos, split="validation")]
        spread, dt = spread_of(list(training)), generator.body.dt
        errors = {}
        for kind, (spoil, ways) in spoilt(list(training)).items():
            pairs = [(whole, spoil(whole, number)) for number, whole in enumerate(unseen)]
            if kind == "noise":
                own = [denoised(generator, bad, NOISE, bad.speed(dt), seed).states for _, bad in pairs]
            else:
                own = [repaired(generator, bad, bad.speed(dt), seed).states for _, bad in pairs]
            errors[kind] = {way: compared(pairs, own, simple, spread) for way, simple in ways.items()}
        return RepairResult(name, self.env, seed, errors)


def spoilt(training: Sequence[Trajectory]) -> dict[str, tuple[Spoil, dict[str, Way]]]:
    """Kinds of damage: how a recording is damaged, and the simple ways to repair it."""
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
) -> RepairErrors:
    """Errors of the generator's states and of the simple way's, an episode each, and their ratio."""
    errors = [error(mine, whole, bad, spread) for mine, (whole, bad) in zip(own, pairs, strict=True)]
    others = [error(simple(bad), whole, bad, spread) for whole, bad in pairs]
    ratio = mean_interval([a / b for a, b in zip(errors, others, strict=True)])
    return RepairErrors(tuple(errors), tuple(others), ratio)


if __name__ == "__main__":
    tyro.cli(RepairTrial).run()
