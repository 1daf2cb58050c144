"""The verb `expert`: train an expert on the true reward and keep the best policy and those on the way."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import tyro

from ...agents.expert import Expert, ExpertConfig
from ...envs.registry import env_id
from ..pipeline.expert import ExpertResult, ExpertSettings, ExpertTraining, scored_expert
from ..runs.counting import counted
from ..runs.folder import RunFolder
from ..runs.process import one_thread
from .command import Command, require_at_least, require_seed


@dataclass
class TrainExpert(Command[ExpertResult]):
    """Train an expert with PPO on the true reward.

    The best policy by deterministic episodes is kept as agent.gfa, those on the way as checkpoints.

    Examples:
        gailforce expert hopper
        gailforce expert walker2d --steps 6_000_000 --seed 1
    """

    # Environment: hopper, walker2d, or any Gymnasium id with Box spaces.
    env: Annotated[str, tyro.conf.Positional]
    training: Annotated[ExpertTraining, tyro.conf.arg(name="")] = field(default_factory=ExpertTraining)
    # Folder that holds the runs.
    runs: Path = Path("runs")
    # Settings of environments and learner.
    config: Annotated[ExpertConfig, tyro.conf.arg(name="")] = field(default_factory=ExpertConfig)

    def run(self) -> ExpertResult:
        """Train, then score the best policy in `gymnasium.make`."""
        training = self.training
        require_seed(training.seed)
        require_at_least(
            1,
            steps=training.steps,
            every=training.every,
            selection_episodes=training.selection_episodes,
            episodes=training.episodes,
        )
        one_thread()
        identifier = env_id(self.env)
        agent = Expert(self.env, training.seed, self.config)
        settings = ExpertSettings(identifier, training.seed, training.steps, training.every, self.config)
        run = RunFolder.create(f"expert-{self.env}", self.runs, "expert", settings)
        return scored_expert(agent, run, training, plain=self.json)

    def describe(self, result: ExpertResult) -> str:
        """The score and where the policy is."""
        score = result.score
        return (
            f"{result.environment} expert: return {score.mean:,.0f} +- {score.std:,.0f} "
            f"over {counted(len(score.returns), 'deterministic episode')}, "
            f"after {result.steps:,} steps in {result.seconds:,.0f} s\n"
            f"policy: {result.run}/agent.gfa\n"
            f"next: gailforce record {self.env} --policy {result.run} --episodes 25 --out my-demos.gfd"
        )
