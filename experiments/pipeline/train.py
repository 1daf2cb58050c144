"""The first half of a run: training with checkpoints and a learning curve."""

import time
from dataclasses import dataclass

from ...agents.gail import GAIL
from ...agents.model_based.gail import ModelBasedGAIL
from ...agents.sb3.callbacks import Evaluation, Periodic, save_on_the_way
from ...envs.registry import make_env
from ..runs.folder import RunFolder
from ..runs.process import termination_interrupts
from ..runs.progress import progress
from .config import ImitationConfig

# Seed and number of the episodes behind the learning curve; apart from those of scores.
CURVE_SEED, CURVE_EPISODES = 60_000, 10


@dataclass(frozen=True)
class Training:
    """What one session of training took; a resumed run has had others before."""

    steps: int
    seconds: float

    @property
    def steps_per_second(self) -> int | None:
        """Speed with all learning; None where nothing was left to learn."""
        return round(self.steps / self.seconds) if self.steps else None


def train(agent: GAIL, run: RunFolder, config: ImitationConfig, every: int, plain: bool = False) -> Training:
    """Train up to the configured steps, with checkpoints and a learning curve.

    Args:
        agent: new, or restored from a checkpoint.
        run: where everything is kept.
        config: every setting of the run.
        every: environment steps between two checkpoints and two points of the curve.
        plain: no bar on standard output.

    Raises:
        KeyboardInterrupt: after saving a checkpoint; says how to go on.
    """
    agent.learner.set_logger(run.logger())
    envs = make_env(config.env, CURVE_EPISODES, CURVE_SEED, config.threads, config.horizon)
    evaluation = Periodic(every, Evaluation(agent, envs, CURVE_EPISODES))
    callbacks = [evaluation, save_on_the_way(agent, run.checkpoints, every), progress(plain)]
    done, started = agent.learner.num_timesteps, time.time()
    if done >= config.steps:
        return Training(0, 0.0)
    with termination_interrupts():
        try:
            agent.learn(config.steps - done, callbacks, reset_num_timesteps=done == 0)
        except KeyboardInterrupt:
            agent.save(run.checkpoint(agent.learner.num_timesteps))
            raise KeyboardInterrupt(_interrupted(agent, run)) from None
    agent.save(run.agent)
    if isinstance(agent, ModelBasedGAIL):
        agent.save_world(run.world)
    return Training(agent.learner.num_timesteps - done, time.time() - started)


def _interrupted(agent: GAIL, run: RunFolder) -> str:
    """What can be done with a run that was stopped."""
    if not isinstance(agent, ModelBasedGAIL):
        return f"go on with: gailforce resume {run.path}"
    agent.save_world(run.world)
    return f"model-based training cannot be resumed; its world model is kept: gailforce dream {run.path}"
