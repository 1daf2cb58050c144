"""Real steps that imitation takes: GAIL in a world model beside GAIL in the simulator.

In the simulator GAIL begins at the body's own starts, and in a third way at the model-based agent's starts.
`python -m gailforce.experiments.studies.sample_efficiency [--env walker2d --ways model-based]` writes
`results/sample-efficiency/WAY-ENV-SEED.json`: the return of deterministic episodes against real steps. Steps
of evaluations are not counted, since no learner sees them.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import tyro
from stable_baselines3.common.callbacks import BaseCallback

from ...agents.gail import GAIL, GAILConfig
from ...agents.model_based.experience import reference_state_env
from ...agents.model_based.gail import ModelBasedGAIL
from ...agents.model_based.training import ModelBasedConfig
from ...demos.dataset import Demonstrations
from ...demos.physics_residual import states_of
from ...envs.errors import unknown
from ...generative.worlds.world_families import heeded
from ..runs.process import one_thread
from ..scoring.controls import ALGORITHM, expert_score
from ..scoring.evaluation import evaluate
from ..scoring.statistics import normalized
from .stored import write_once

RESULTS = Path("results/sample-efficiency")
EPISODES = 10
# Score to reach and keep, and the least number of evaluations that must have it.
LEVEL, SUSTAINED = 0.9, 3


# Real steps and a value at each evaluation, in order.
Curve = Sequence[tuple[int, float]]


class Evaluations(BaseCallback):
    """Evaluates the policy at a fixed interval of real steps."""

    def __init__(self, agent: GAIL, env: str, every: int):
        super().__init__()
        self._agent, self._env, self._every, self._next = agent, env, every, every
        self.curve: list[tuple[int, float]] = []

    @property
    def real_steps(self) -> int:
        """All real steps of the agent."""
        return self._agent.real_steps

    def _on_step(self) -> bool:
        return True

    def _on_rollout_end(self) -> None:
        if self._agent.real_steps >= self._next:
            self._next = self._agent.real_steps + self._every
            self.curve.append((self._agent.real_steps, evaluate(self._agent, self._env, EPISODES).mean))


def reached(curve: Curve, level: float = LEVEL, evaluations: int = SUSTAINED) -> int | None:
    """Real steps of the first evaluation from which all reach the level.

    None where the level is not kept for a number of evaluations at the end.
    """
    start = len(curve)
    while start and curve[start - 1][1] >= level:
        start -= 1
    return curve[start][0] if len(curve) - start >= evaluations else None


def first_reached(curve: Curve, level: float = LEVEL, evaluations: int = SUSTAINED) -> int | None:
    """Real steps of the first of several evaluations in a row that reach the level; None where none do."""
    for at in range(len(curve) - evaluations + 1):
        if all(value >= level for _, value in curve[at : at + evaluations]):
            return curve[at][0]
    return None


@dataclass(frozen=True)
class EfficiencyResult:
    """One imitation with one seed, evaluated along its real steps.

    Attributes:
        way: how it was trained: `model-based`, `alone` or `reference-states`.
        environment: name of the body.
        seed: of the demonstrations drawn and of the training.
        curve: real steps and mean return at each evaluation.
        real_steps: all real steps.
        normalized_score: normalized score at each evaluation.
        reached: real steps from which the score stays high to the end; None where it does not.
        seconds: wall time [s].
    """

    way: str
    environment: str
    seed: int
    curve: tuple[tuple[int, float], ...]
    real_steps: int
    normalized_score: tuple[float, ...]
    reached: int | None
    seconds: float

    @property
    def score_curve(self) -> Curve:
        """Real steps and normalized score at each evaluation."""
        steps = [step for step, _ in self.curve]
        return list(zip(steps, self.normalized_score, strict=True))

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {"kind": "sample efficiency", **asdict(self)}

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> "EfficiencyResult":
        """The result that `to_json` wrote."""
        return cls(
            plain["way"],
            plain["environment"],
            plain["seed"],
            tuple((step, value) for step, value in plain["curve"]),
            plain["real_steps"],
            tuple(plain["normalized_score"]),
            plain["reached"],
            plain["seconds"],
        )


@dataclass
class SampleEfficiency:
    """Train in every way and evaluate on the way."""

    env: str = "hopper"
    demonstrations: int = 4
    ways: Annotated[tuple[str, ...], tyro.conf.UseAppendAction] = ()
    seeds: tuple[int, ...] = (102, 103, 104)
    world_model: str = "ensemble"
    # Of model-based GAIL, in the model and real, and of GAIL alone.
    steps: int = 800_000
    steps_alone: int = 400_000
    # Real steps between two evaluations of model-based GAIL, and of GAIL alone.
    every: int = 2000
    every_alone: int = 10_000
    results: Path = RESULTS
    model_based: ModelBasedConfig = field(default_factory=ModelBasedConfig)

    def run(self) -> None:
        """One file for each way and seed; what is there with the same settings is not made again."""
        one_thread()
        ways: dict[str, Callable[[Demonstrations, int], Evaluations]] = {
            "model-based": self._model_based,
            "alone": self._alone,
            "reference-states": self._alone_reference_states,
        }
        for way in self.ways or ways:
            if way not in ways:
                raise unknown("way", way, ways)
            for seed in self.seeds:
                path = self.results / f"{way}-{self.env}-{seed}.json"
                if write_once(path, self.to_json(way), partial(self._measured, way, ways[way], seed)):
                    print(path, flush=True)

    def to_json(self, way: str) -> dict[str, Any]:
        """The settings that a result of this way depends on, all but its seed."""
        measured = {"episodes": EPISODES, "level": LEVEL, "evaluations": SUSTAINED}
        common = {"demonstrations": self.demonstrations, "measured": measured, "algorithm": ALGORITHM}
        if way == "model-based":
            world = heeded(self.world_model, self.model_based.world)
            return {
                **common,
                "steps": self.steps,
                "every": self.every,
                "world_model": self.world_model,
                "model_based": {**asdict(self.model_based), "world": world},
            }
        own = {**common, "steps": self.steps_alone, "every": self.every_alone}
        if way == "reference-states":
            starts = ("reference_state_init", "max_episode_steps")
            own |= {name: getattr(self.model_based, name) for name in starts}
        return own

    def _measured(
        self, way: str, train: Callable[[Demonstrations, int], Evaluations], seed: int
    ) -> EfficiencyResult:
        whole = Demonstrations.load(f"{self.env}-expert")
        expert, random = expert_score(whole), whole.card.random_return or 0.0
        assert expert is not None
        started = time.perf_counter()
        evaluations = train(whole.take(self.demonstrations, seed), seed)
        curve = tuple(evaluations.curve)
        scores = normalized([value for _, value in curve], random, expert.mean).tolist()
        seconds = round(time.perf_counter() - started, 1)
        level = reached([(step, score) for (step, _), score in zip(curve, scores, strict=True)])
        return EfficiencyResult(
            way, self.env, seed, curve, evaluations.real_steps, tuple(scores), level, seconds
        )

    def _model_based(self, demos: Demonstrations, seed: int) -> Evaluations:
        agent = ModelBasedGAIL(
            self.env, demos, world_model=self.world_model, seed=seed, model_based=self.model_based
        )
        return self._evaluated(agent, self.steps, self.every)

    def _alone(self, demos: Demonstrations, seed: int) -> Evaluations:
        return self._evaluated(GAIL(self.env, demos, seed=seed), self.steps_alone, self.every_alone)

    def _alone_reference_states(self, demos: Demonstrations, seed: int) -> Evaluations:
        """The starts and the episode length of the model-based agent's real environments."""
        starts = np.concatenate([states_of(episode)[:-1] for episode in demos])
        n_envs, c = GAILConfig().n_envs, self.model_based
        env = reference_state_env(self.env, n_envs, seed, starts, c.reference_state_init, c.max_episode_steps)
        return self._evaluated(GAIL(env, demos, seed=seed), self.steps_alone, self.every_alone)

    def _evaluated(self, agent: GAIL, steps: int, every: int) -> Evaluations:
        """Train the agent and evaluate it on the way."""
        evaluations = Evaluations(agent, self.env, every)
        agent.learn(steps, [evaluations])
        return evaluations


if __name__ == "__main__":
    tyro.cli(SampleEfficiency).run()
