"""Training of an expert with checkpoints, and the best policy kept and scored."""

import time
from dataclasses import asdict, dataclass
from typing import Any

from ...agents.expert import Expert, ExpertConfig
from ...agents.loading import load_policy
from ...agents.sb3.callbacks import Evaluation, Periodic, save_on_the_way
from ...envs.registry import env_id, make_env
from ..runs.folder import RunFolder
from ..runs.process import termination_interrupts, versions
from ..runs.progress import progress
from ..scoring.evaluation import evaluate
from ..scoring.score import Score

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


@dataclass(frozen=True)
class ExpertTraining:
    """How long an expert trains, and how it is scored."""

    # Environment steps, usually 2,000,000-6,000,000.
    steps: int = 3_000_000
    # Random seed.
    seed: int = 0
    # Environment steps between two checkpoints and two evaluations.
    every: int = 100_000
    # Episodes of each evaluation.
    selection_episodes: int = 10
    # Episodes of the final score.
    episodes: int = 50


@dataclass(frozen=True)
class ExpertResult:
    """What `result.json` of an expert holds."""

    command: str
    environment: str
    seed: int
    steps: int
    # Of training [s].
    seconds: float
    versions: dict[str, str]
    score: Score
    run: str

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "command": self.command,
            "kind": "expert",
            "environment": self.environment,
            "seed": self.seed,
            "steps": self.steps,
            "seconds": self.seconds,
            "versions": self.versions,
            "agent": self.score.to_json(),
            "run": self.run,
        }


def scored_expert(agent: Expert, run: RunFolder, training: ExpertTraining, plain: bool) -> ExpertResult:
    """Train, keep the best policy, score it in `gymnasium.make`, write the result.

    Args:
        agent: new, for an environment given by its name.
        run: where everything is kept.
        training: how long, and how it is scored.
        plain: no bar on standard output.

    Raises:
        KeyboardInterrupt: says which policy is kept.
    """
    assert agent.env_id is not None
    started = time.time()
    _train(agent, run, training, plain)
    seconds = round(time.time() - started, 1)
    result = ExpertResult(
        command=run.command,
        environment=env_id(agent.env_id),
        seed=training.seed,
        steps=training.steps,
        seconds=seconds,
        versions=versions(),
        score=evaluate(load_policy(run.agent), agent.env_id, training.episodes),
        run=str(run.path),
    )
    run.write_result(result.to_json())
    return result


def _train(agent: Expert, run: RunFolder, training: ExpertTraining, plain: bool) -> None:
    """Train, and keep the policy that is best in deterministic episodes."""
    assert agent.env_id is not None
    agent.learner.set_logger(run.logger())
    env = make_env(agent.env_id, training.selection_episodes, SELECTION_SEED)
    evaluation = Evaluation(agent, env, training.selection_episodes, on_best=lambda: agent.save(run.agent))
    callbacks = [
        Periodic(training.every, evaluation),
        save_on_the_way(agent, run.checkpoints, training.every),
        progress(plain=plain),
    ]
    with termination_interrupts():
        try:
            agent.learn(training.steps, callbacks)
        except KeyboardInterrupt:
            outcome = f"the best policy so far is {run.agent}" if run.agent.exists() else "no policy was kept"
            raise KeyboardInterrupt(outcome) from None
    evaluation(training.steps)
