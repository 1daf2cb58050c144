"""Every world model compared with MuJoCo, beside persistence and the mean, one file each.

`python -m gailforce.experiments.studies.worlds.trial [--env walker2d --names ensemble]` writes
`results/worlds/NAME-ENV-SEED.json`; a file with the same settings is not made again. Models are fitted on
200,000 steps of experts with several levels of noise, of random feedback and of random actions, those of the
walker also on perturbed experts and on a learner. They are tried on the ladder's snapshots of a training.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import cache, partial
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import tyro

from ....agents.models.world import WorldModel
from ....demos.dataset import Demonstrations
from ....demos.trajectory import Trajectory
from ....envs.errors import unknown
from ....envs.registry import body as body_of
from ....generative.families.ensemble import EnsembleConfig
from ....generative.worlds.world_families import WORLDS, WorldConfig, heeded
from ...runs.process import one_thread
from ...scoring.correlation import spearman
from ..stored import write_once
from .experience import ExperienceMix, experience, ladder
from .returns import EPISODES, model_return, real_return
from .returns import STEPS as ROLLOUT
from .truth import DRAWS, STARTS, STEPS, OneStep, average, errors, one_step, open_loop, persistence

RESULTS = Path("results/worlds")
REFERENCES = ("persistence", "mean")
# Gradient steps before multi-step training; each family takes about five to ten minutes on one core.
UPDATES = {"ensemble": 15_000, "vae": 20_000, "lstm": 5_000, "gpt": 5_000, "diffusion": 6_000, "gan": 6_000}
MEASURED = {
    "steps": STEPS,
    "starts": STARTS,
    "draws": DRAWS,
    "episodes": EPISODES,
    "of": ROLLOUT,
    "rollouts": "expected steps",
}


@dataclass(frozen=True)
class Returns:
    """Mean returns of a policy in MuJoCo and in the model."""

    real: float
    model: float


@dataclass(frozen=True)
class WorldFit:
    """Figures of a fitted world model beside its errors after many steps.

    Attributes:
        one_step: errors of one step.
        returns: returns of every policy of the ladder.
        spearman: rank correlation of returns in the model and in MuJoCo.
        fit_seconds: time of the fit [s].
        parameters: number of parameters.
    """

    one_step: OneStep
    returns: Mapping[str, Returns]
    spearman: float
    fit_seconds: float
    parameters: int


@dataclass(frozen=True)
class WorldResult:
    """One world model, or one reference, fitted with one seed and compared with MuJoCo.

    Attributes:
        name: family or reference.
        environment: Gymnasium id.
        seed: of the experience, the fit and the draws.
        errors: error by number of steps, in standard deviations of the states.
        fit: None for a reference.
    """

    name: str
    environment: str
    seed: int
    errors: Mapping[int, float]
    fit: WorldFit | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        plain = {"kind": "world", **asdict(self)}
        fit = plain.pop("fit") or {}
        return {**plain, **fit}

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> "WorldResult":
        """The result that `to_json` wrote."""
        fit = None
        if "one_step" in plain:
            returns = {name: Returns(**values) for name, values in plain["returns"].items()}
            numbers = (plain[key] for key in ("spearman", "fit_seconds", "parameters"))
            fit = WorldFit(OneStep(**plain["one_step"]), returns, *numbers)
        errors = {int(steps): error for steps, error in plain["errors"].items()}
        return cls(plain["name"], plain["environment"], plain["seed"], errors, fit)


def unseen(env: str) -> list[Trajectory]:
    """Episodes of the ladder's snapshots: policies of a training, on which no model was fitted."""
    return [e for e in Demonstrations.load(f"{body_of(env).name}-ladder") if e.source.startswith("snapshot")]


@dataclass
class WorldTrial:
    """Fit, predict and compare, for each family and seed."""

    env: str = "hopper"
    # Families and references; by default all.
    names: Annotated[tuple[str, ...], tyro.conf.UseAppendAction] = ()
    # One result each.
    seeds: tuple[int, ...] = (0, 1, 2)
    # Real steps to fit on.
    steps: int = 200_000
    # Folder for the results.
    results: Path = RESULTS
    # Folder for the fitted models; by default they are not saved.
    keep: Path | None = None
    # Gradient steps of every family; by default those of UPDATES.
    updates: int | None = None
    # Settings of the ensemble: wide layers and scaled deviations.
    ensemble: EnsembleConfig = field(
        default_factory=lambda: EnsembleConfig(layers=(256, 256, 256), calibrated=True)
    )
    multi_step_updates: int = 8000
    # Weight of single steps in multi-step training; usually 0-1.
    one_step_weight: float = 0.0

    def run(self) -> None:
        """Write one result for each family and seed."""
        one_thread()
        every = (*REFERENCES, *WORLDS)
        for name in self.names:
            if name not in every:
                raise unknown("world model", name, every)
        for seed in self.seeds:
            # All families are fitted on the same experience of a seed.
            episodes = cache(partial(experience, self.env, self.steps, seed))
            for name in self.names or every:
                if name not in REFERENCES or seed == self.seeds[0]:
                    self._once(name, seed, episodes)

    def _once(self, name: str, seed: int, episodes: Callable[[], list[Trajectory]]) -> None:
        path = self.results / f"{name}-{self.env}-{seed}.json"
        result = write_once(path, self.to_json(name), lambda: self._result(name, seed, episodes))
        if result is not None:
            fit = (None, None) if result.fit is None else (asdict(result.fit.one_step), result.fit.spearman)
            print(path, result.errors, *fit, flush=True)

    def _result(self, name: str, seed: int, episodes: Callable[[], list[Trajectory]]) -> WorldResult:
        return self._reference(name, seed) if name in REFERENCES else self._measured(name, seed, episodes())

    def to_json(self, name: str) -> dict[str, Any]:
        """The settings that a result of this family or reference depends on, all but its seed."""
        if name in REFERENCES:
            return {"measured": MEASURED}
        mix = ExperienceMix.of(self.env).to_json()
        own = heeded(name, self._config(name))
        return {"measured": MEASURED, "steps": self.steps, "experience": mix, **own}

    def _config(self, name: str) -> WorldConfig:
        usual = WorldConfig()
        updates = UPDATES.get(name, usual.fit.updates) if self.updates is None else self.updates
        return replace(
            usual,
            fit=replace(usual.fit, updates=updates),
            multi_step=replace(
                usual.multi_step, updates=self.multi_step_updates, one_step_weight=self.one_step_weight
            ),
            ensemble=self.ensemble,
        )

    def _reference(self, name: str, seed: int) -> WorldResult:
        episodes = unseen(self.env)
        states = np.concatenate([e.states[:, 1:] for e in episodes if e.states is not None])
        rollout = persistence if name == "persistence" else average(states.mean(axis=0))
        return WorldResult(name, body_of(self.env).env_id, seed, errors(rollout, episodes))

    def _measured(self, name: str, seed: int, episodes: list[Trajectory]) -> WorldResult:
        snapshots = unseen(self.env)
        started = time.perf_counter()
        world = WorldModel(name, self.env, seed, self._config(name))
        world.fit(episodes)
        seconds = round(time.perf_counter() - started, 1)
        if self.keep is not None:
            world.save(self.keep / f"{name}-{self.env}-{seed}.gfa")
        policies = ladder(self.env)
        real = {key: real_return(self.env, policy) for key, policy in policies.items()}
        predicted = {key: model_return(world, policy, seed) for key, policy in policies.items()}
        fit = WorldFit(
            one_step(world, snapshots, seed),
            {key: Returns(real[key], predicted[key]) for key in policies},
            spearman(list(real.values()), list(predicted.values())).value,
            seconds,
            sum(p.numel() for p in world.model.fitted().parameters()),
        )
        after = errors(open_loop(world, seed), snapshots)
        return WorldResult(name, body_of(self.env).env_id, seed, after, fit)


if __name__ == "__main__":
    tyro.cli(WorldTrial).run()
