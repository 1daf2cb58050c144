"""One run's demonstrations, read once, and what its configuration makes of them."""

from dataclasses import dataclass

from ...agents.gail import GAIL
from ...demos.dataset import Demonstrations
from ...demos.trajectory import Trajectory
from ..scoring.controls import Task
from .config import ImitationConfig


@dataclass(frozen=True)
class Session:
    """A configuration with its demonstrations.

    Attributes:
        config: every setting of the run.
        whole: all episodes of the demonstrations.
        demos: the share that the run learns from.
    """

    config: ImitationConfig
    whole: Demonstrations
    demos: Demonstrations

    @classmethod
    def load(cls, config: ImitationConfig) -> "Session":
        """Read the demonstrations; the only place where a run does.

        Raises:
            DataError: they are missing or damaged.
        """
        whole = Demonstrations.load(config.demos)
        return cls(config, whole, config.drawn(whole))

    def agent(self) -> GAIL:
        """A fresh agent."""
        return self.config.agent(self.demos)

    def task(self) -> Task:
        """What the controls beside this run are made for."""
        return self.config.task(self.demos, self.whole)

    def expert_episode(self) -> Trajectory:
        """A whole episode of the demonstrations, to film beside."""
        config = self.config
        return (self.whole.take(config.episodes, config.draw) if config.episodes else self.whole)[0]
