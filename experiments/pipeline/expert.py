"""Training of an expert with checkpoints, and the best policy kept."""

from dataclasses import asdict, dataclass
from typing import Any

from ...agents.expert import Expert, ExpertConfig
from ...agents.sb3.callbacks import Evaluation, Periodic, save_on_the_way
from ...envs.registry import make_env
from ..runs.folder import RunFolder
from ..runs.process import termination_interrupts
from ..runs.progress import progress

# Seed of the episodes that choose the best policy; apart from those of training and of scores.
SELECTION_SEED = 50_000


@dataclass(frozen=True)
class ExpertSettings:
    """What the training of an expert depends on.

    Attributes:
        environment: Gymnasium id.
        seed: of everything.
        steps: environment steps.
        every: environment steps between two checkpoints and two evaluations.
        config: of environments and learner.
    """

    environment: str
    seed: int
    steps: int
    every: int
    config: ExpertConfig

    def to_plain(self) -> dict[str, Any]:
        """Plain values for the run's `config.toml`."""
        return asdict(self)


def train_expert(
    agent: Expert, run: RunFolder, steps: int, every: int, selection_episodes: int, plain: bool = False
) -> None:
    """Train, and keep the policy that is best in deterministic episodes.

    Args:
        agent: new, for an environment given by its name.
        run: where everything is kept.
        steps: environment steps.
        every: environment steps between two checkpoints and two evaluations.
        selection_episodes: episodes of each evaluation.
        plain: no bar on standard output.

    Raises:
        KeyboardInterrupt: says which policy is kept.
    """
    assert agent.env_id is not None
    agent.learner.set_logger(run.logger())
    env = make_env(agent.env_id, selection_episodes, SELECTION_SEED)
    evaluation = Evaluation(agent, env, selection_episodes, on_best=lambda: agent.save(run.agent))
    callbacks = [
        Periodic(every, evaluation),
        save_on_the_way(agent, run.checkpoints, every),
        progress(plain=plain),
    ]
    with termination_interrupts():
        try:
            agent.learn(steps, callbacks)
        except KeyboardInterrupt:
            outcome = f"the best policy so far is {run.agent}" if run.agent.exists() else "no policy was kept"
            raise KeyboardInterrupt(outcome) from None
    evaluation(steps)
