"""Trained on synthetic, tested on real: clones of generated demonstrations beside clones of real ones.

`python -m gailforce.experiments.studies.generators.tstr` fits a generator to 25 demonstrations, draws
the same number of steps in pieces that pass the physics filter, clones both with ten seeds each, and writes
`results/tstr/NAME-ENV.json` (Esteban et al. 2017 call the score TSTR).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import tyro

from ....agents.bc import BC
from ....agents.models.augmentation import LIMIT, passes, pieces_like
from ....agents.models.generator import STEPS, TrajectoryGenerator
from ....agents.models.repair import as_trajectory, denoised
from ....demos.dataset import Demonstrations
from ....demos.lossy import Recording, deviations, noisy
from ....demos.trajectory import Trajectory
from ....envs.errors import DataError
from ....generative.trajectories.generator_families import GeneratorConfig, heeded
from ...runs.process import one_thread
from ...runs.provenance import write_result
from ...scoring.controls import expert_score
from ...scoring.evaluation import evaluate
from ..stored import made
from .repair_trial import NOISE

RESULTS = Path("results/tstr")
# What is cloned: all demonstrations, the same number of generated steps, a few clean and damaged episodes.
SETS = ("real", "generated", "clean", "noisy", "denoised")
# Draws before the trial gives up; each has as many pieces as are needed in all.
ROUNDS = 20


def synthetic(model: TrajectoryGenerator, demos: Demonstrations, seed: int) -> tuple[list[Trajectory], float]:
    """Generated pieces with the steps of the demonstrations, and the share that physics agreed with.

    Raises:
        DataError: physics agrees with too few.
    """
    needed, passed, drawn = demos.steps // STEPS, [], 0
    for number in range(ROUNDS):
        pieces = pieces_like(model, demos, needed, seed + number)
        passed += [piece for piece in pieces if passes(piece)]
        drawn += len(pieces)
        if len(passed) >= needed:
            return passed[:needed], len(passed) / drawn
    raise DataError(
        f"physics agreed with {len(passed)} of {drawn} pieces of {model.name}; {needed} are needed"
    )


def cleaned(
    model: TrajectoryGenerator, training: Demonstrations, demos: Demonstrations, seed: int
) -> tuple[list[Trajectory], list[Trajectory]]:
    """Demonstrations with noise, in deviations of the training's, and with the noise removed again."""
    dt, dirty, mended, unit = model.body.dt, [], [], deviations(list(training))
    for number, episode in enumerate(demos):
        lossy = noisy(Recording.of(episode), NOISE, unit, seed + number)
        dirty.append(as_trajectory(model, lossy, "noisy"))
        mended.append(as_trajectory(model, denoised(model, lossy, NOISE, lossy.speed(dt), seed), "denoised"))
    return dirty, mended


@dataclass(frozen=True)
class TSTRResult:
    """Scores of clones of generated, noisy and cleaned demonstrations beside those of real and clean ones.

    Attributes:
        name: generator.
        environment: name of the body.
        agreed: share of generated pieces that physics agreed with.
        normalized_score: what is cloned (`SETS`) -> normalized score of each clone.
    """

    name: str
    environment: str
    agreed: float
    normalized_score: Mapping[str, tuple[float, ...]]

    def to_json(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        """Plain values, with the settings of the trial."""
        about = {"kind": "tstr", "name": self.name, "environment": self.environment, "agreed": self.agreed}
        return {**about, "settings": settings, "normalized_score": dict(self.normalized_score)}

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> "TSTRResult":
        """The result that `to_json` wrote."""
        scores = {kind: tuple(values) for kind, values in plain["normalized_score"].items()}
        return cls(plain["name"], plain["environment"], plain["agreed"], scores)


@dataclass
class TSTR:
    """Clone real, generated, noisy and cleaned demonstrations, and score all; a stopped trial resumes."""

    env: str = "hopper"
    demos: str = "hopper-expert"
    name: str = "diffusion"
    seeds: int = 10
    episodes: int = 20
    # Validation episodes that are made noisy and cleaned.
    noisy: int = 4
    results: Path = RESULTS
    config: Annotated[GeneratorConfig, tyro.conf.arg(name="")] = field(default_factory=GeneratorConfig)

    def run(self) -> None:
        """Write one file with the normalized score of every clone."""
        one_thread()
        path, settings = self.results / f"{self.name}-{self.env}.json", self.to_json()
        scores: dict[str, tuple[float, ...]] = {}
        if made(path, json.dumps(settings)):
            scores = dict(TSTRResult.from_json(json.loads(path.read_text())).normalized_score)
        if set(scores) >= set(SETS):
            return
        real = Demonstrations.load(self.demos)
        unseen = Demonstrations.load(self.demos, split="validation").take(self.noisy)
        model = TrajectoryGenerator(self.name, 0, self.config).fit(real)
        drawn, share = synthetic(model, real, seed=0)
        dirty, mended = cleaned(model, real, unseen, seed=0)
        sets = (list(real), drawn, list(unseen), dirty, mended)
        for kind, episodes in zip(SETS, sets, strict=True):
            if kind not in scores:
                bare = [replace(e, rewards=None, residual=None) for e in episodes]
                scores[kind] = self._cloned(replace(real, trajectories=bare, phases=()))
                result = TSTRResult(self.name, self.env, share, scores)
                write_result(path, result.to_json(settings))
                print(kind, np.round(scores[kind], 3), flush=True)

    def to_json(self) -> dict[str, Any]:
        """The settings that the scores depend on."""
        own = {name: getattr(self, name) for name in ("demos", "seeds", "episodes", "noisy")}
        return {**own, "noise": NOISE, "limit": LIMIT, **heeded(self.name, self.config)}

    def _cloned(self, demos: Demonstrations) -> tuple[float, ...]:
        """Normalized score of a clone of every seed."""
        reference = expert_score(Demonstrations.load(self.demos))
        assert reference is not None
        random = demos.card.random_return or 0.0
        clones = (BC(self.env, demos, seed).learn() for seed in range(self.seeds))
        scores = (evaluate(clone, self.env, self.episodes) for clone in clones)
        return tuple(score.normalized_score(random, reference.mean).value for score in scores)


if __name__ == "__main__":
    tyro.cli(TSTR).run()
