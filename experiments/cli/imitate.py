"""The verbs `imitate`, `demo` and `resume`: imitation from the command line."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import tyro

from ..pipeline.config import ImitationConfig
from ..pipeline.train import FinishConfig, finish, train
from ..runs.folder import RunFolder
from ..runs.process import one_thread
from ..scoring.score_table import describe_result
from .command import Command, require_at_least, require_seed

# Enough for the hopper to imitate, few enough to watch; see the README.
DEMO_STEPS = 600_000


@dataclass
class Imitate(Command):
    """Learn a policy from demonstrations alone, then show how good it is.

    Examples:
        gailforce imitate hopper --demos hopper-expert --episodes 4
        gailforce imitate walker2d --demos walker2d-expert --steps 2_000_000 --seed 1
        gailforce imitate HalfCheetah-v5 --demos my-demos.gfd --inputs s
    """

    config: Annotated[ImitationConfig, tyro.conf.arg(name="")]
    show: Annotated[FinishConfig, tyro.conf.arg(name="")] = field(default_factory=FinishConfig)
    # Environment steps between two points of the learning curve, and between two checkpoints.
    every: int = 100_000
    # Folder that holds the runs.
    runs: Path = Path("runs")

    def run(self) -> dict[str, Any]:
        """Learn, evaluate, film, report."""
        one_thread()
        require_at_least(1, every=self.every, steps=self.config.steps, subsample=self.config.subsample)
        require_at_least(0, episodes=self.config.episodes)
        require_seed(self.config.seed)
        demos = self.config.demonstrations()
        agent = self.config.agent(demos)
        run = RunFolder.create(
            f"imitate-{self.config.env}", self.runs, {"kind": "imitation", **self.config.to_plain()}
        )
        training = train(agent, run, self.config, self.every, plain=self.json)
        return finish(agent, run, self.config, demos, training, self.show)

    def describe(self, result: dict[str, Any]) -> str:
        """The table with controls, and where everything is."""
        return describe_result(result)
