"""Every trajectory generator on conditions it was not fitted on, beside its controls, as one file each.

`python -m gailforce.experiments.studies.generators.trial [--env walker2d --demos walker2d-expert --names
diffusion]` writes `results/generators/NAME-ENV-SEED.json`; a file with the same settings is not made again.
"""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import torch
import tyro

from ....agents.models.generator import TrajectoryGenerator, forward_speed
from ....demos.dataset import Demonstrations
from ....demos.physics_residual import states_of
from ....demos.recorder import RandomPolicy, record
from ....demos.trajectory import Trajectory
from ....demos.window_resemblance import explained
from ....envs.registry import body as body_of
from ....envs.registry import spaces
from ....generative.trajectories.generator_families import GENERATORS, GeneratorConfig, heeded
from ...runs.process import one_thread
from ..stored import write_once
from .conditions import ROTATIONS, Condition, conditions_of, copied, shuffled
from .measures import Yardstick

RESULTS = Path("results/generators")
# Pieces drawn under each condition, steps of a piece, steps of an episode whose speed is measured.
PIECES, STEPS, RUN = 12, 64, 400
# Random episodes that give the far end of the scale, and windows drawn at once when time is measured.
RANDOM, TIMED = 100, 256

# A yardstick, one of its conditions -> pieces that no generator made.
CONTROLS: dict[str, Callable[[Yardstick, Condition], Sequence[Trajectory]]] = {
    "real": lambda yardstick, condition: condition.real,
    "shuffled": lambda yardstick, condition: shuffled(condition.real),
    "copy": lambda yardstick, condition: copied(list(yardstick.training), condition, yardstick.body, STEPS),
}


@dataclass(frozen=True)
class Speeds:
    """Speeds that a generator was asked for, and those of the episodes it made [m/s]."""

    asked: tuple[float, ...]
    made: tuple[float, ...]


@dataclass(frozen=True)
class GeneratorFit:
    """Figures of a fitted generator beside the measures of its pieces.

    Attributes:
        speeds: asked from starts of unseen episodes.
        transitions_per_second: speed of drawing [1/s].
        fit_seconds: time of the fit [s].
        parameters: numbers that gradients moved.
    """

    speeds: Speeds
    transitions_per_second: int
    fit_seconds: float
    parameters: int


@dataclass(frozen=True)
class GeneratorResult:
    """One generator fitted with one seed, or one control, and its measures.

    Attributes:
        name: family or control.
        variant: name of other settings than the defaults.
        environment: Gymnasium id.
        seed: of the fit and of the draws.
        measures: measures by name.
        fit: None for a control that is not fitted.
    """

    name: str
    variant: str
    environment: str
    seed: int
    measures: Mapping[str, float]
    fit: GeneratorFit | None

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        plain = {"kind": "generator", **asdict(self)}
        fit = plain.pop("fit") or {}
        return {**plain, **fit}

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> "GeneratorResult":
        """The result that `to_json` wrote."""
        fit = None
        if "speeds" in plain:
            speeds = Speeds(*(tuple(plain["speeds"][key]) for key in ("asked", "made")))
            numbers = (plain[key] for key in ("transitions_per_second", "fit_seconds", "parameters"))
            fit = GeneratorFit(speeds, *numbers)
        return cls(
            plain["name"], plain["variant"], plain["environment"], plain["seed"], plain["measures"], fit
        )


def speed_answer(generator: TrajectoryGenerator, unseen: Sequence[Trajectory], seed: int) -> Speeds:
    """Speeds asked from standing starts of unseen episodes, and speeds made."""
    dt = generator.body.dt
    asked = np.array([forward_speed(episode, dt)[0] for episode in unseen])
    starts = np.stack([states_of(episode)[0] for episode in unseen])
    made = [forward_speed(one, dt)[0] for one in generator.generate(starts, asked, RUN, seed)]
    return Speeds(tuple(asked.tolist()), tuple(float(v) for v in made))


def transitions_per_second(generator: TrajectoryGenerator, condition: Condition) -> float:
    """Drawn steps per second, windows of many starts at once; the median of three."""
    starts = np.resize(condition.starts, (TIMED, condition.starts.shape[1]))
    state = torch.from_numpy(starts[:, 1:].astype(np.float32))
    asked, steps = torch.full((TIMED, 1), condition.speed), generator.model.shape.steps
    taken = []
    for i in range(3):
        started = time.perf_counter()
        generator.model.sample(state, asked, steps, torch.Generator().manual_seed(i))
        taken.append(time.perf_counter() - started)
    return TIMED * steps / float(np.median(taken))


def trained(generator: TrajectoryGenerator) -> int:
    """Numbers that gradients moved; their moving averages do not count."""
    assert generator.model.model is not None
    return sum(p.numel() for p in generator.model.model.parameters() if p.requires_grad)


@dataclass
class GeneratorTrial:
    """Fit, draw, measure, for each family and seed."""

    env: str = "hopper"
    demos: str = "hopper-speeds"
    # Families; by default all of them, and the controls.
    names: Annotated[tuple[str, ...], tyro.conf.UseAppendAction] = ()
    seeds: tuple[int, ...] = (0, 1, 2)
    # A name for other settings than the defaults, as in -4-steps.
    variant: str = ""
    results: Path = RESULTS
    config: Annotated[GeneratorConfig, tyro.conf.arg(name="")] = field(default_factory=GeneratorConfig)

    def run(self) -> None:
        """Write one result for each family and seed."""
        one_thread()
        for name in self.names or dict.fromkeys((*CONTROLS, *GENERATORS)):
            for seed in self.seeds[:1] if name in CONTROLS else self.seeds:
                self._once(name, seed)

    def _once(self, name: str, seed: int) -> None:
        path = self.results / f"{name}{self.variant}-{self.env}-{seed}.json"
        result = write_once(path, self.to_json(name), lambda: self._result(name, seed))
        if result is not None:
            print(path, json.dumps(result.measures), flush=True)

    def _result(self, name: str, seed: int) -> GeneratorResult:
        measures, fit = self._control(name) if name in CONTROLS else self._measured(name, seed)
        return GeneratorResult(name, self.variant, body_of(self.env).env_id, seed, measures, fit)

    def to_json(self, name: str) -> dict[str, Any]:
        """The settings that a result of this family or control depends on, all but its seed."""
        measured = {"pieces": PIECES, "steps": STEPS, "rotations": ROTATIONS}
        own = heeded(name, self.config) if name in GENERATORS and name not in CONTROLS else {}
        return {"demos": self.demos, "measured": measured, **own}

    def _yardstick(self) -> Yardstick:
        body = body_of(self.env)
        unseen = Demonstrations.load(self.demos, split="validation")
        random = record(RandomPolicy(spaces(body.env_id)[1]), body.env_id, RANDOM)
        training = Demonstrations.load(self.demos)
        return Yardstick(body, conditions_of(unseen, body, PIECES, STEPS), training, random, STEPS)

    def _control(self, name: str) -> tuple[dict[str, float], None]:
        yardstick = self._yardstick()
        drawn = [CONTROLS[name](yardstick, condition) for condition in yardstick.conditions]
        return yardstick.all(drawn), None

    def _measured(self, name: str, seed: int) -> tuple[dict[str, float], GeneratorFit]:
        yardstick = self._yardstick()
        started = time.perf_counter()
        generator = TrajectoryGenerator(name, seed, self.config).fit(yardstick.training)
        seconds = round(time.perf_counter() - started, 1)
        drawn = [
            generator.generate(c.starts, np.full(len(c.starts), c.speed), STEPS, seed)
            for c in yardstick.conditions
        ]
        speeds = speed_answer(generator, list(Demonstrations.load(self.demos, split="validation")), seed)
        measures = yardstick.all(drawn)
        if len({condition.source for condition in yardstick.conditions}) > 1:
            measures["speed_r2"] = explained(np.array(speeds.asked), np.array(speeds.made))
        rate = round(transitions_per_second(generator, yardstick.conditions[0]))
        return measures, GeneratorFit(speeds, rate, seconds, trained(generator))


if __name__ == "__main__":
    tyro.cli(GeneratorTrial).run()
