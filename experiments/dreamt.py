"""The verb `dream`: a fresh policy is trained inside a run's frozen world model and tested outside."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import tyro

from ..agents.bridge import RewardModel
from ..agents.dream import DreamEnv
from ..agents.gail import GAIL
from ..agents.settings import from_plain
from ..agents.world import WorldModel
from ..demos.physics_residual import states_of
from ..envs.errors import DataError
from .command import Command, require_at_least, require_seed
from .evaluation import evaluate
from .imitation_config import ImitationConfig
from .process import one_thread
from .run import RunFolder


@dataclass
class Dream(Command):
    """Train in a frozen world model, from the demonstrations' states on, and score in the real environment.

    Example:
        gailforce imitate hopper --world-model ensemble --steps 800_000
        gailforce dream runs/imitate-hopper-X
    """

    # A run of imitate with --world-model.
    path: Annotated[Path, tyro.conf.Positional]
    # Imagined steps.
    steps: int = 200_000
    # Steps of a branch.
    horizon: int = 20
    # Episodes of the score.
    episodes: int = 20
    seed: int = 0

    def run(self) -> dict[str, Any]:
        """Dream, then wake."""
        require_at_least(1, steps=self.steps, horizon=self.horizon, episodes=self.episodes)
        require_seed(self.seed)
        one_thread()
        run = RunFolder.open(self.path).require_kind("imitation")
        config = from_plain(ImitationConfig, run.config)
        if not run.world.exists():
            raise DataError(
                f"{run.path} has no world model; make a run with gailforce imitate {config.env} "
                "--world-model ensemble"
            )
        demos = config.demonstrations()
        world = WorldModel.load(run.world, config.dream.world)
        dream = DreamEnv(world, config.gail.copies, self.horizon, self.seed)
        dream.branch_from(np.concatenate([states_of(episode)[:-1] for episode in demos]))
        dream.cut = world.usual_uncertainty(list(demos), config.dream.sure)
        reward = RewardModel(config.reward, config.inputs, config.form, self.seed, config.gail.reward)
        agent = GAIL(dream, demos, reward, seed=self.seed, config=config.gail).learn(self.steps)
        agent.save(run.path / "dreamt.gfa")
        score = evaluate(agent, config.env, self.episodes)
        return {
            "path": str(run.path / "dreamt.gfa"),
            "imagined_steps": self.steps,
            "real_steps": 0,
            "branches_ended_by": dream.ends,
            "return": score.mean,
            "std": score.std,
            "n": self.episodes,
        }
