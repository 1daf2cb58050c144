"""The verb `record`: episodes of any policy as demonstrations with a card."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import tyro

from ...agents.loading import PolicyOptions
from ..pipeline.recording import RecordedSet, RecordingConfig, record_set
from ..runs.counting import counted
from ..runs.process import one_thread
from ..runs.target import resolve
from .command import Command, require_at_least, require_seed


@dataclass
class Record(Command[RecordedSet]):
    """Record whole episodes of a policy in gymnasium.make, as one verified file.

    States are kept for hopper and walker2d; --plain leaves states and rewards out, as most people's data
    have neither.

    Examples:
        gailforce record hopper --policy runs/expert-hopper-X --episodes 25 --out my-demos.gfd
        gailforce record HalfCheetah-v5 --policy runs/X --episodes 25 --plain --out cheetah.gfd
    """

    # Environment: hopper, walker2d, or any Gymnasium id with Box spaces.
    env: Annotated[str, tyro.conf.Positional]
    # A run, a saved agent (.gfa), or a Stable-Baselines3 zip.
    policy: Path
    # File to write; .gfd is added to a bare name.
    out: Path
    config: Annotated[RecordingConfig, tyro.conf.arg(name="")] = field(default_factory=RecordingConfig)
    options: Annotated[PolicyOptions, tyro.conf.arg(name="")] = field(default_factory=PolicyOptions)

    def run(self) -> RecordedSet:
        """Play and write."""
        config = self.config
        require_at_least(1, episodes=config.episodes)
        require_at_least(0, validation=config.validation, test=config.test, noise=config.noise)
        require_seed(config.seed)
        one_thread()
        policy = resolve(self.policy, self.env, self.options).policy
        return record_set(policy, self.env, str(self.policy), self.out, config)

    def describe(self, result: RecordedSet) -> str:
        """What was written."""
        return (
            f"{result.path}: {counted(result.episodes, 'episode')}, {counted(result.steps, 'step')}, "
            f"return {result.mean_return:,.0f} +- {result.std_return:,.0f}\n"
            f"next: gailforce imitate {self.env} --demos {result.path}"
        )
