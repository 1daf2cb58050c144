"""A policy trained in the frozen world model of a run, scored and filmed in MuJoCo."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ...agents.gail import GAIL
from ...agents.model_based.model_env import ModelEnv
from ...agents.model_based.rollouts import model_rollouts
from ...agents.models.reward import RewardModel
from ...agents.models.world import WorldModel
from ...demos.execution import executed, spread_of, steps_kept
from ...demos.physics_residual import states_of
from ...demos.recorder import Policy, record
from ...demos.trajectory import Trajectory
from ...envs.errors import DataError
from ..runs.folder import RunFolder
from ..scoring.evaluation import EVALUATION_SEED, evaluate
from ..video.compose import film
from .config import ImitationConfig
from .session import Session


@dataclass(frozen=True)
class ModelPolicyConfig:
    """How a policy is trained in a frozen world model, and what is shown of it."""

    # Steps in the world model, usually 100,000-1,000,000.
    steps: int = 200_000
    # Steps of a model rollout, usually 5-50.
    horizon: int = 20
    # Episodes of the score.
    episodes: int = 20
    # Video to write: a model rollout of the policy beside the execution of its actions in MuJoCo.
    video: Path | None = None
    # Largest number of steps of that model rollout.
    filmed: int = 400
    # Random seed.
    seed: int = 0


@dataclass(frozen=True)
class ModelPolicy:
    """A policy trained in a world model, with its score.

    Attributes:
        path: the saved policy.
        model_steps: steps in the world model.
        rollouts_ended_by: number of model rollouts by what ended them.
        mean_return: true return in the real environment.
        std: of the returns.
        episodes: of the score.
        steps_kept: steps until the execution of a model rollout departs from it by a standard deviation.
        video: None unless asked for.
    """

    path: Path
    model_steps: int
    rollouts_ended_by: dict[str, int]
    mean_return: float
    std: float
    episodes: int
    steps_kept: int
    video: Path | None

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "path": str(self.path),
            "model_steps": self.model_steps,
            "real_steps": 0,
            "rollouts_ended_by": self.rollouts_ended_by,
            "return": self.mean_return,
            "std": self.std,
            "n": self.episodes,
            "kept": self.steps_kept,
            "video": None if self.video is None else str(self.video),
        }


def train_in_world_model(run: RunFolder, settings: ModelPolicyConfig) -> ModelPolicy:
    """Train a new policy in a run's world model, score it in MuJoCo, keep it in the run.

    Raises:
        DataError: the run has no world model.
    """
    config = ImitationConfig.from_plain(run.read_config())
    if not run.world.exists():
        raise DataError(
            f"{run.path} has no world model; make a run with gailforce imitate {config.env} "
            "--world-model ensemble"
        )
    demos, world = Session.load(config).demos, WorldModel.load(run.world)
    reward = RewardModel(
        config.reward, config.inputs, config.form, settings.seed, config.family_config, config.gail.reward
    )
    model_env = _model_env(world, list(demos), config, settings)
    agent = GAIL(model_env, demos, reward, seed=settings.seed, config=config.gail).learn(settings.steps)
    path = run.path / "model_policy.gfa"
    agent.save(path)
    score = evaluate(agent, config.env, settings.episodes)
    pair = _beside_physics(world, agent, settings.filmed)
    return ModelPolicy(
        path=path,
        model_steps=settings.steps,
        rollouts_ended_by=model_env.ends,
        mean_return=score.mean,
        std=score.std,
        episodes=settings.episodes,
        steps_kept=steps_kept(*pair, spread_of(list(demos))) if pair else 0,
        video=_filmed(settings.video, config.env, pair, reward),
    )


def _model_env(
    world: WorldModel, demos: list[Trajectory], config: ImitationConfig, settings: ModelPolicyConfig
) -> ModelEnv:
    """Model rollouts from the demonstrations' states, with the run's bound on the uncertainty."""
    bound = np.inf if world.max_uncertainty is None else world.max_uncertainty
    model_env = ModelEnv(world, config.gail.n_envs, settings.horizon, settings.seed, bound)
    model_env.start_from(np.concatenate([states_of(episode)[:-1] for episode in demos]))
    return model_env


def _beside_physics(world: WorldModel, policy: Policy, steps: int) -> tuple[Trajectory, Trajectory] | None:
    """A model rollout from a real start, and what MuJoCo makes of its start and actions.

    None where the model diverges at the first step.
    """
    (played,) = record(policy, world.body.env_id, 1, EVALUATION_SEED)
    predicted = model_rollouts(world, policy, states_of(played)[:1], steps)
    return (predicted[0], executed(world.body, predicted[0])) if predicted else None


def _filmed(
    path: Path | None, env: str, pair: tuple[Trajectory, Trajectory] | None, reward: RewardModel
) -> Path | None:
    if path is None or pair is None:
        return None
    return film(path, env, dict(zip(("Dream", "Physics"), pair, strict=True)), reward)
