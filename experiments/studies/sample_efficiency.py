"""How many real steps does imitation take? GAIL in a dream beside GAIL in the simulator.

In the simulator it learns from its own starts, and once more from those that the dreamer's real copies have.
`python -m gailforce.experiments.studies.sample_efficiency [--env walker2d --ways dream]` writes
`results/sample-efficiency/WAY-ENV-SEED.json`: the return of deterministic episodes against real steps. What
is played to look costs steps too, but no learner sees them, so they are not counted.
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
from ...agents.model_based.experience import placed_env
from ...agents.model_based.gail import ModelBasedGAIL
from ...agents.model_based.training import DreamConfig
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
# What has to be reached and kept, and at how many looks at least.
LEVEL, SUSTAINED = 0.9, 3


class Looks(BaseCallback):
    """Scores the policy after every so many real steps."""

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


def reached(curve: Sequence[tuple[int, float]], level: float = LEVEL, looks: int = SUSTAINED) -> int | None:
    """Real steps of the first look from which all reach the level, so many at least; None where none does."""
    kept = len(curve)
    while kept and curve[kept - 1][1] >= level:
        kept -= 1
    return curve[kept][0] if len(curve) - kept >= looks else None


def first(curve: Sequence[tuple[int, float]], level: float = LEVEL, looks: int = SUSTAINED) -> int | None:
    """Real steps of the first of so many looks in a row that reach the level; None where none do."""
    for at in range(len(curve) - looks + 1):
        if all(value >= level for _, value in curve[at : at + looks]):
            return curve[at][0]
    return None


@dataclass
class SampleEfficiency:
    """Train in both ways and look on."""

    env: str = "hopper"
    demonstrations: int = 4
    ways: Annotated[tuple[str, ...], tyro.conf.UseAppendAction] = ()
    seeds: tuple[int, ...] = (102, 103, 104)
    world_model: str = "ensemble"
    # Of GAIL in a dream, imagined and real, and of GAIL alone.
    steps: int = 800_000
    steps_alone: int = 400_000
    # Real steps between two looks in a dream, and alone.
    every: int = 2000
    every_alone: int = 10_000
    results: Path = RESULTS
    dream: DreamConfig = field(default_factory=DreamConfig)

    def run(self) -> None:
        """One file for each way and seed; what is there with the same settings is not made again."""
        one_thread()
        ways: dict[str, Callable[[Demonstrations, int], dict[str, Any]]] = {
            "dream": self._dream,
            "alone": self._alone,
            "placed": self._alone_placed,
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
        measured = {"episodes": EPISODES, "level": LEVEL, "looks": SUSTAINED}
        found: dict[str, Any] = {
            "demonstrations": self.demonstrations,
            "measured": measured,
            "algorithm": ALGORITHM,
        }
        if way != "dream":
            found |= {"steps": self.steps_alone, "every": self.every_alone}
            if way == "placed":
                found |= {"placed": self.dream.placed, "life": self.dream.life}
        else:
            dream = {**asdict(self.dream), "world": heeded(self.world_model, self.dream.world)}
            found |= {
                "steps": self.steps,
                "every": self.every,
                "world_model": self.world_model,
                "dream": dream,
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

    def _dream(self, demos: Demonstrations, seed: int) -> dict[str, Any]:
        agent = ModelBasedGAIL(self.env, demos, world_model=self.world_model, seed=seed, dream=self.dream)
        looks = Looks(agent, self.env, self.every)
        agent.learn(self.steps, [looks])
        return {"curve": looks.curve, "real_steps": agent.real_steps}

    def _alone(self, demos: Demonstrations, seed: int) -> dict[str, Any]:
        return self._watched(GAIL(self.env, demos, seed=seed))

    def _alone_placed(self, demos: Demonstrations, seed: int) -> dict[str, Any]:
        """As many episodes from demonstrated states, and as short, as in a dreamer's real life."""
        starts = np.concatenate([states_of(episode)[:-1] for episode in demos])
        copies = GAILConfig().n_envs
        env = placed_env(self.env, copies, seed, starts, self.dream.placed, self.dream.life)
        return self._watched(GAIL(env, demos, seed=seed))

    def _watched(self, agent: GAIL) -> dict[str, Any]:
        looks = Looks(agent, self.env, self.every_alone)
        agent.learn(self.steps_alone, [looks])
        return {"curve": looks.curve, "real_steps": agent.real_steps}


if __name__ == "__main__":
    tyro.cli(SampleEfficiency).run()
