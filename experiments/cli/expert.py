"""The verb `expert`: train an expert on the true reward and keep the best policy and those on the way."""

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import tyro

from ...agents.expert import Expert, ExpertConfig
from ...agents.loading import load_policy
from ...envs.registry import env_id
from ..pipeline.expert import ExpertSettings, train_expert
from ..runs.counting import counted
from ..runs.folder import RunFolder
from ..runs.process import one_thread, versions
from ..scoring.evaluation import evaluate
from .command import Command, require_at_least, require_seed


@dataclass
class TrainExpert(Command):
    """Train an expert with PPO on the true reward.

    The best policy by deterministic episodes is kept as agent.gfa, those on the way as checkpoints.

    Examples:
        gailforce expert hopper
        gailforce expert walker2d --steps 6_000_000 --seed 1
    """

    # Environment: hopper, walker2d, or any Gymnasium id with Box spaces.
    env: Annotated[str, tyro.conf.Positional]
    # Environment steps.
    steps: int = 3_000_000
    # Seed of everything.
    seed: int = 0
    # Environment steps between two checkpoints and two evaluations.
    every: int = 100_000
    # Episodes of each evaluation.
    selection_episodes: int = 10
    # Episodes of the final score.
    episodes: int = 50
    # Folder that holds the runs.
    runs: Path = Path("runs")
    # Settings of environments and learner.
    config: Annotated[ExpertConfig, tyro.conf.arg(name="")] = field(default_factory=ExpertConfig)

    def run(self) -> dict[str, Any]:
        """Train, then score the best policy in `gymnasium.make`."""
        self._check()
        one_thread()
        identifier = env_id(self.env)
        agent = Expert(self.env, self.seed, self.config)
        settings = ExpertSettings(identifier, self.seed, self.steps, self.every, self.config)
        run = RunFolder.create(f"expert-{self.env}", self.runs, "expert", settings)
        started = time.time()
        train_expert(agent, run, self.steps, self.every, self.selection_episodes, plain=self.json)
        seconds = round(time.time() - started, 1)
        best = evaluate(load_policy(run.agent), self.env, self.episodes)
        result = {
            "command": run.command,
            "kind": "expert",
            "environment": identifier,
            "seed": self.seed,
            "steps": self.steps,
            "seconds": seconds,
            "versions": versions(),
            "agent": best.to_json(),
            "run": str(run.path),
        }
        run.write_result(result)
        return result

    def _check(self) -> None:
        require_seed(self.seed)
        require_at_least(
            1,
            steps=self.steps,
            every=self.every,
            selection_episodes=self.selection_episodes,
            episodes=self.episodes,
        )

    def describe(self, result: dict[str, Any]) -> str:
        """The score and where the policy is."""
        agent = result["agent"]
        return (
            f"{result['environment']} expert: return {agent['mean']:,.0f} +- {agent['std']:,.0f} "
            f"over {counted(len(agent['returns']), 'deterministic episode')}, "
            f"after {result['steps']:,} steps in {result['seconds']:,.0f} s\n"
            f"policy: {result['run']}/agent.gfa\n"
            f"next: gailforce record {self.env} --policy {result['run']} --episodes 25 --out my-demos.gfd"
        )
