"""The verbs `imitate`, `demo` and `resume`: imitation from the command line."""

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Annotated, Any

import tyro

from ..agents.settings import from_plain
from ..envs.errors import UsageError
from .command import Command, require_at_least, require_seed
from .imitation import FinishConfig, finish, train
from .imitation_config import ImitationConfig
from .process import one_thread
from .run import RunFolder
from .scoreboard import describe_result

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
            f"imitate-{self.config.env}", self.runs, {"kind": "imitation", **asdict(self.config)}
        )
        training = train(agent, run, self.config, self.every, plain=self.json)
        return finish(agent, run, self.config, demos, training, self.show)

    def describe(self, result: dict[str, Any]) -> str:
        """The table with controls, and where everything is."""
        return describe_result(result)


@dataclass
class Demo(Imitate):
    """The main job on shipped demonstrations: a hopper learns from four recorded episodes.

    Trains, evaluates beside the controls, films imitator and expert, writes the report.

    Example:
        gailforce demo
    """

    config: Annotated[ImitationConfig, tyro.conf.arg(name="")] = field(
        default_factory=lambda: ImitationConfig("hopper", steps=DEMO_STEPS)
    )


@dataclass
class Resume(Command):
    """Go on with a run of imitate that was stopped, from its newest checkpoint.

    Example:
        gailforce resume runs/imitate-hopper-X
    """

    # The run's folder.
    path: Annotated[Path, tyro.conf.Positional]
    show: Annotated[FinishConfig, tyro.conf.arg(name="")] = field(default_factory=FinishConfig)
    # Environment steps between two points of the learning curve, and between two checkpoints.
    every: int = 100_000

    def run(self) -> dict[str, Any]:
        """Learn the steps that are missing, then finish as imitate does."""
        one_thread()
        require_at_least(1, every=self.every)
        run = RunFolder.open(self.path).require_kind("imitation")
        config = from_plain(ImitationConfig, run.config)
        if config.world_model:
            raise UsageError(
                f"{run.path} was dreaming, and what it had lived is not kept with its checkpoints; "
                f"start anew with gailforce imitate {config.env} --world-model {config.world_model}"
            )
        demos = config.demonstrations()
        agent = config.agent(demos)
        agent.restore(run.newest_agent())
        training = train(agent, run, config, self.every, plain=self.json)
        return finish(agent, run, config, demos, training, self.show)

    def describe(self, result: dict[str, Any]) -> str:
        """The table with controls, and where everything is."""
        return describe_result(result)
