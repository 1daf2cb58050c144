"""The verb `resume`: go on with a run of imitate that was stopped."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import tyro

from ...envs.errors import UsageError
from ..pipeline.config import ImitationConfig
from ..pipeline.finish import FinishConfig, Finished, finish
from ..pipeline.session import Session
from ..pipeline.train import train
from ..runs.folder import RunFolder
from ..runs.process import one_thread
from ..scoring.score_table import describe_result
from .command import Command, require_at_least


@dataclass
class Resume(Command[Finished]):
    """Go on with a run of imitate that was stopped, from its newest checkpoint.

    Example:
        gailforce resume runs/imitate-hopper-X
    """

    # The run's folder.
    path: Annotated[Path, tyro.conf.Positional]
    show: Annotated[FinishConfig, tyro.conf.arg(name="")] = field(default_factory=FinishConfig)
    # Environment steps between two points of the learning curve, and between two checkpoints.
    every: int = 100_000

    def run(self) -> Finished:
        """Learn the steps that are missing, then finish as imitate does."""
        one_thread()
        require_at_least(1, every=self.every)
        run = RunFolder.open(self.path).require_kind("imitation")
        config = ImitationConfig.from_plain(run.read_config())
        if config.world_model:
            raise UsageError(
                f"{run.path} learned in a world model, whose experience is not kept with the checkpoints; "
                f"start anew with gailforce imitate {config.env} --world-model {config.world_model}"
            )
        session = Session.load(config)
        agent = session.agent()
        agent.restore(run.newest_agent())
        training = train(agent, run, config, self.every, plain=self.json)
        return finish(agent, run, session, training, self.show)

    def describe(self, result: Finished) -> str:
        """The table with controls, and where everything is."""
        return describe_result(result.result)
