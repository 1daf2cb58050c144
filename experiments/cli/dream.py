"""The verb `dream`: a new policy learns in a run's frozen world model, is scored and filmed in MuJoCo."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import tyro

from ..pipeline.model_policy import ModelPolicy, ModelPolicyConfig, train_in_world_model
from ..runs.folder import RunFolder
from ..runs.process import one_thread
from .command import Command, require_at_least, require_seed


@dataclass
class Dream(Command[ModelPolicy]):
    """Train in a frozen world model, from the demonstrations' states on, and score in the real environment.

    Example:
        gailforce imitate hopper --world-model ensemble --steps 800_000
        gailforce dream runs/imitate-hopper-X --video dream.mp4
    """

    # A run of imitate with --world-model.
    path: Annotated[Path, tyro.conf.Positional]
    training: Annotated[ModelPolicyConfig, tyro.conf.arg(name="")] = field(default_factory=ModelPolicyConfig)

    def run(self) -> ModelPolicy:
        """Train in the model, evaluate in MuJoCo."""
        config = self.training
        require_at_least(
            1, steps=config.steps, horizon=config.horizon, episodes=config.episodes, filmed=config.filmed
        )
        require_seed(config.seed)
        one_thread()
        return train_in_world_model(RunFolder.open(self.path).require_kind("imitation"), config)
