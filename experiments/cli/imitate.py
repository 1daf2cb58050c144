"""The verb `imitate`: imitation from the command line."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import tyro

from ..pipeline.choices import Choices
from ..pipeline.config import ImitationConfig
from ..pipeline.finish import FinishConfig, Finished, finish
from ..pipeline.session import Session
from ..pipeline.train import train
from ..runs.flags import Flag, flags_of
from ..runs.folder import RunFolder
from ..runs.process import one_thread
from ..scoring.score_table import describe_result
from .command import Command, require_at_least, require_seed

# Headings of the help, and the flags below each.
GROUPS: dict[str, tuple[str, ...]] = {
    "task": ("env", "steps", "horizon", "n-envs", "seed", "threads"),
    "demonstrations": ("demos", "episodes", "draw", "subsample", "augment"),
    "reward (--reward NAME --help shows its own settings)": ("reward", "inputs", "form", "force"),
    "learner (--learner ppo --help shows its settings)": ("learner",),
    "world model (--world-model NAME --help shows its settings)": ("world-model",),
    "output": ("controls", "evaluation-episodes", "video", "verdict", "every", "runs", "json"),
}


@dataclass
class Imitate(Command[Finished]):
    """Learn a policy from demonstrations alone, then show how good it is.

    Examples:
        gailforce imitate hopper --demos hopper-expert --episodes 4
        gailforce imitate walker2d --demos walker2d-expert --steps 2_000_000 --seed 1
        gailforce imitate hopper --reward vail --vail.limit 0.3
    """

    config: Annotated[ImitationConfig, tyro.conf.arg(name="")]
    show: Annotated[FinishConfig, tyro.conf.arg(name="")] = field(default_factory=FinishConfig)
    # Environment steps between two points of the learning curve, and between two checkpoints.
    every: int = 100_000
    # Folder that holds the runs.
    runs: Path = Path("runs")

    @classmethod
    def parsed_class(cls, arguments: Sequence[str]) -> type:
        """This verb with the settings of what the arguments choose; refuses those of other choices."""
        choices = Choices.of(arguments)
        choices.require_own(arguments)
        return choices.parsed_class(cls)

    @classmethod
    def groups(cls, arguments: Sequence[str]) -> dict[str, list[Flag]]:
        """The flags by heading: the common ones, and the settings of what the arguments name."""
        choices = Choices.of(arguments)
        flags = {flag.name: flag for flag in flags_of(cls)}
        groups = {heading: [flags[name] for name in names] for heading, names in GROUPS.items()}
        groups[next(h for h in GROUPS if h.startswith("reward"))] += _below("reward", flags)
        if "learner" in choices.named:
            groups["settings of the learner ppo"] = _below("ppo", flags)
        return groups | choices.groups()

    def __post_init__(self) -> None:
        # A parsed command line has the settings of its choices beside the configuration.
        if not isinstance(self.config, ImitationConfig):
            self.config = Choices.resolved(self)

    def run(self) -> Finished:
        """Learn, evaluate, film, report."""
        one_thread()
        require_at_least(1, every=self.every, steps=self.config.steps, subsample=self.config.subsample)
        require_at_least(0, episodes=self.config.episodes)
        require_seed(self.config.seed)
        session = Session.load(self.config)
        agent = session.agent()
        run = RunFolder.create(f"imitate-{self.config.env}", self.runs, "imitation", self.config)
        training = train(agent, run, self.config, self.every, plain=self.json)
        return finish(agent, run, session, training, self.show)

    def describe(self, result: Finished) -> str:
        """The table with controls, and where everything is."""
        return describe_result(result.result)


def _below(table: str, flags: dict[str, Flag]) -> list[Flag]:
    """The flags of a table."""
    return [flag for name, flag in flags.items() if name.startswith(f"{table}.")]
