"""Every trajectory generator on conditions it was not fitted on, beside its controls, as one file each.

`python -m gailforce.experiments.studies.generators.trial [--env walker2d --demos walker2d-expert --names
diffusion]` writes `results/generators/NAME-ENV-SEED.json`; what is there with the same settings is not made
again.
"""

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
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
from ...runs.provenance import made, write_result
from .conditions import ROTATIONS, Condition, conditions_of, copied, shuffled
from .measures import Yardstick

RESULTS = Path("results/generators")
# Pieces drawn under each condition, steps of each, steps of a run whose speed is measured.
PIECES, STEPS, RUN = 12, 64, 400
# Random episodes that the scale ends at, and windows drawn at once when the time is taken.
RANDOM, TIMED = 100, 256

# A yardstick, one of its conditions -> pieces that no generator made.
CONTROLS: dict[str, Callable[[Yardstick, Condition], Sequence[Trajectory]]] = {
    "real": lambda yardstick, condition: condition.real,
    "shuffled": lambda yardstick, condition: shuffled(condition.real),
    "copy": lambda yardstick, condition: copied(list(yardstick.training), condition, yardstick.body, STEPS),
}


def speed_answer(
    generator: TrajectoryGenerator, unseen: Sequence[Trajectory], seed: int
) -> dict[str, list[float]]:
    """Speeds asked from standing starts never shown, and speeds made [m/s]."""
    dt = generator.body.dt
    asked = np.array([forward_speed(episode, dt)[0] for episode in unseen])
    starts = np.stack([states_of(episode)[0] for episode in unseen])
    made = [forward_speed(one, dt)[0] for one in generator.generate(starts, asked, RUN, seed)]
    return {"asked": asked.tolist(), "made": [float(v) for v in made]}


def transitions_per_second(generator: TrajectoryGenerator, condition: Condition) -> float:
    """Drawn steps a second, windows of many starts at once; the median of three."""
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
    """Numbers that gradients moved; averages of them count no second time."""
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
        """One result for each family and seed."""
        one_thread()
        for name in self.names or dict.fromkeys((*CONTROLS, *GENERATORS)):
            for seed in self.seeds[:1] if name in CONTROLS else self.seeds:
                self._once(name, seed)

    def _once(self, name: str, seed: int) -> None:
        path = self.results / f"{name}{self.variant}-{self.env}-{seed}.json"
        measured = {"pieces": PIECES, "steps": STEPS, "rotations": ROTATIONS}
        known = heeded(name, self.config) if name in GENERATORS and name not in CONTROLS else {}
        settings = {"demos": self.demos, "measured": measured, **known}
        if made(path, settings):
            return
        found = self._control(name) if name in CONTROLS else self._measured(name, seed)
        result = {
            "kind": "generator",
            "name": name,
            "variant": self.variant,
            "environment": body_of(self.env).env_id,
            "seed": seed,
            **found,
            "settings": settings,
        }
        write_result(path, result)
        print(path, json.dumps(found["measures"]), flush=True)

    def _yardstick(self) -> Yardstick:
        body = body_of(self.env)
        unseen = Demonstrations.load(self.demos, split="validation")
        random = record(RandomPolicy(spaces(body.env_id)[1]), body.env_id, RANDOM)
        training = Demonstrations.load(self.demos)
        return Yardstick(body, conditions_of(unseen, body, PIECES, STEPS), training, random, STEPS)

    def _control(self, name: str) -> dict[str, Any]:
        yardstick = self._yardstick()
        drawn = [CONTROLS[name](yardstick, condition) for condition in yardstick.conditions]
        return {"measures": yardstick.all(drawn)}

    def _measured(self, name: str, seed: int) -> dict[str, Any]:
        yardstick = self._yardstick()
        started = time.perf_counter()
        generator = TrajectoryGenerator(name, seed, self.config).fit(yardstick.training)
        seconds = time.perf_counter() - started
        drawn = [
            generator.generate(c.starts, np.full(len(c.starts), c.speed), STEPS, seed)
            for c in yardstick.conditions
        ]
        speeds = speed_answer(generator, list(Demonstrations.load(self.demos, split="validation")), seed)
        measures = yardstick.all(drawn)
        if len({condition.source for condition in yardstick.conditions}) > 1:
            measures["speed_r2"] = explained(*map(np.array, speeds.values()))
        return {
            "measures": measures,
            "speeds": speeds,
            "transitions_per_second": round(transitions_per_second(generator, yardstick.conditions[0])),
            "fit_seconds": round(seconds, 1),
            "parameters": trained(generator),
        }


if __name__ == "__main__":
    tyro.cli(GeneratorTrial).run()
