"""How many real steps does imitation take? GAIL in a world model beside GAIL in the simulator.

In the simulator it learns from its own starts, and once more with the starts of the model-based agent.
`python -m gailforce.experiments.studies.sample_efficiency [--env walker2d --ways model-based]` writes
`results/sample-efficiency/WAY-ENV-SEED.json`: the return of deterministic episodes against real steps. Steps
of evaluations are not counted, since no learner sees them.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
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
from ..runs.provenance import made, write_result
from ..scoring.controls import ALGORITHM, expert_score
from ..scoring.evaluation import evaluate
from ..scoring.statistics import normalized

RESULTS = Path("results/sample-efficiency")
EPISODES = 10
# Score to reach and keep, and the least number of evaluations that must have it.
LEVEL, SUSTAINED = 0.9, 3


class Evaluations(BaseCallback):
    """Evaluates the policy at a fixed interval of real steps."""

    def __init__(self, agent: GAIL, env: str, every: int):
        super().__init__()
        self._agent, self._env, self._every, self._next = agent, env, every, every
        self.curve: list[tuple[int, float]] = []

    def _on_step(self) -> bool:
        return True

    def _on_rollout_end(self) -> None:
        if self._agent.real_steps >= self._next:
            self._next = self._agent.real_steps + self._every
            self.curve.append((self._agent.real_steps, evaluate(self._agent, self._env, EPISODES).mean))


def reached(
    curve: Sequence[tuple[int, float]], level: float = LEVEL, evaluations: int = SUSTAINED
) -> int | None:
    """Real steps of the first evaluation from which all reach the level.

    None where the level is not kept for a number of evaluations at the end.
    """
    start = len(curve)
    while start and curve[start - 1][1] >= level:
        start -= 1
    return curve[start][0] if len(curve) - start >= evaluations else None


def first(
    curve: Sequence[tuple[int, float]], level: float = LEVEL, evaluations: int = SUSTAINED
) -> int | None:
    """Real steps of the first of several evaluations in a row that reach the level; None where none do."""
    for at in range(len(curve) - evaluations + 1):
        if all(value >= level for _, value in curve[at : at + evaluations]):
            return curve[at][0]
    return None


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
        ways: dict[str, Callable[[Demonstrations, int], dict[str, Any]]] = {
            "model-based": self._model_based,
            "alone": self._alone,
            "reference-states": self._alone_reference_states,
        }
        for way in self.ways or ways:
            if way not in ways:
                raise unknown("way", way, ways)
            for seed in self.seeds:
                path, settings = self.results / f"{way}-{self.env}-{seed}.json", self._settings(way)
                if not made(path, settings):
                    write_result(path, {**self._measured(way, ways[way], seed), "settings": settings})
                    print(path, flush=True)

    def _settings(self, way: str) -> dict[str, Any]:
        """All that a result of this way depends on but its seed."""
        measured = {"episodes": EPISODES, "level": LEVEL, "evaluations": SUSTAINED}
        found: dict[str, Any] = {
            "demonstrations": self.demonstrations,
            "measured": measured,
            "algorithm": ALGORITHM,
        }
        if way != "model-based":
            found |= {"steps": self.steps_alone, "every": self.every_alone}
            if way == "reference-states":
                found |= {
                    "reference_state_init": self.model_based.reference_state_init,
                    "max_episode_steps": self.model_based.max_episode_steps,
                }
        else:
            world = heeded(self.world_model, self.model_based.world)
            found |= {
                "steps": self.steps,
                "every": self.every,
                "world_model": self.world_model,
                "model_based": {**asdict(self.model_based), "world": world},
            }
        return found

    def _measured(
        self, way: str, train: Callable[[Demonstrations, int], dict[str, Any]], seed: int
    ) -> dict[str, Any]:
        whole = Demonstrations.load(f"{self.env}-expert")
        expert, random = expert_score(whole), whole.card.random_return or 0.0
        assert expert is not None
        started = time.perf_counter()
        found = train(whole.take(self.demonstrations, seed), seed)
        shares = normalized([value for _, value in found["curve"]], random, expert.mean).tolist()
        curve = list(zip([step for step, _ in found["curve"]], shares, strict=True))
        return {
            "kind": "sample efficiency",
            "way": way,
            "environment": self.env,
            "seed": seed,
            **found,
            "normalized_score": shares,
            "reached": reached(curve),
            "seconds": round(time.perf_counter() - started, 1),
        }

    def _model_based(self, demos: Demonstrations, seed: int) -> dict[str, Any]:
        agent = ModelBasedGAIL(
            self.env, demos, world_model=self.world_model, seed=seed, model_based=self.model_based
        )
        evaluations = Evaluations(agent, self.env, self.every)
        agent.learn(self.steps, [evaluations])
        return {"curve": evaluations.curve, "real_steps": agent.real_steps}

    def _alone(self, demos: Demonstrations, seed: int) -> dict[str, Any]:
        return self._watched(GAIL(self.env, demos, seed=seed))

    def _alone_reference_states(self, demos: Demonstrations, seed: int) -> dict[str, Any]:
        """The starts and the episode length of the model-based agent's real environments."""
        starts = np.concatenate([states_of(episode)[:-1] for episode in demos])
        n_envs, c = GAILConfig().n_envs, self.model_based
        env = reference_state_env(self.env, n_envs, seed, starts, c.reference_state_init, c.max_episode_steps)
        return self._watched(GAIL(env, demos, seed=seed))

    def _watched(self, agent: GAIL) -> dict[str, Any]:
        evaluations = Evaluations(agent, self.env, self.every_alone)
        agent.learn(self.steps_alone, [evaluations])
        return {"curve": evaluations.curve, "real_steps": agent.real_steps}


if __name__ == "__main__":
    tyro.cli(SampleEfficiency).run()
