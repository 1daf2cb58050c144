"""The verbs `imitate`, `demo` and `resume`: imitation from the command line."""

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Annotated

import tyro

from ..pipeline.config import ImitationConfig
from ..pipeline.finish import FinishConfig, Finished, finish
from ..pipeline.session import Session
from ..pipeline.train import train
from ..runs.folder import RunFolder
from ..runs.process import one_thread
from ..scoring.score_table import describe_result
from .command import Command, require_at_least, require_seed

# Enough for the hopper to imitate, few enough to watch; see the README.
DEMO_STEPS = 600_000


@dataclass
class Imitate(Command[Finished]):
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

    def run(self) -> Finished:
        """Learn, evaluate, film, report."""
        one_thread()
        require_at_least(1, every=self.every, steps=self.config.steps, subsample=self.config.subsample)
        require_at_least(0, episodes=self.config.episodes)
        require_seed(self.config.seed)
        session = Session.load(self.config)
        agent = session.agent()
        run = RunFolder.create(
            f"imitate-{self.config.env}", self.runs, {"kind": "imitation", **asdict(self.config)}
        )
        training = train(agent, run, self.config, self.every, plain=self.json)
        return finish(agent, run, session, training, self.show)

    def describe(self, result: Finished) -> str:
        """The table with controls, and where everything is."""
        return describe_result(result.result)
