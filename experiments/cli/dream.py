"""The verb `dream`: a fresh policy learns inside a run's frozen world model, is scored and filmed outside."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import tyro

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
from ..pipeline.config import ImitationConfig
from ..runs.folder import RunFolder
from ..runs.process import one_thread
from ..scoring.evaluation import EVALUATION_SEED, evaluate
from ..video.compose import film
from .command import Command, require_at_least, require_seed


@dataclass
class Dream(Command):
    """Train in a frozen world model, from the demonstrations' states on, and score in the real environment.

    Example:
        gailforce imitate hopper --world-model ensemble --steps 800_000
        gailforce dream runs/imitate-hopper-X --video dream.mp4
    """

    # A run of imitate with --world-model.
    path: Annotated[Path, tyro.conf.Positional]
    # Imagined steps.
    steps: int = 200_000
    # Steps of a model rollout.
    horizon: int = 20
    # Episodes of the score.
    episodes: int = 20
    # Film a model rollout of the policy beside the same actions in physics, from the same start.
    video: Path | None = None
    # Steps of that episode at most.
    filmed: int = 400
    # Random seed.
    seed: int = 0

    def run(self) -> dict[str, Any]:
        """Train in the model, evaluate in MuJoCo."""
        require_at_least(
            1, steps=self.steps, horizon=self.horizon, episodes=self.episodes, filmed=self.filmed
        )
        require_seed(self.seed)
        one_thread()
        run = RunFolder.open(self.path).require_kind("imitation")
        config = ImitationConfig.from_plain(run.read_config())
        if not run.world.exists():
            raise DataError(
                f"{run.path} has no world model; make a run with gailforce imitate {config.env} "
                "--world-model ensemble"
            )
        demos = config.demonstrations()
        world = WorldModel.load(run.world)
        reward = RewardModel(
            config.reward, config.inputs, config.form, self.seed, config.family_config, config.gail.reward
        )
        model_env = self._model_env(world, list(demos), config)
        agent = GAIL(model_env, demos, reward, seed=self.seed, config=config.gail).learn(self.steps)
        agent.save(run.path / "model_policy.gfa")
        score = evaluate(agent, config.env, self.episodes)
        pair = beside_physics(world, agent, self.filmed)
        return {
            "path": str(run.path / "model_policy.gfa"),
            "model_steps": self.steps,
            "real_steps": 0,
            "rollouts_ended_by": model_env.ends,
            "return": score.mean,
            "std": score.std,
            "n": self.episodes,
            "kept": steps_kept(*pair, spread_of(list(demos))) if pair else 0,
            "video": self._filmed(config.env, pair, reward),
        }

    def _model_env(self, world: WorldModel, demos: list[Trajectory], config: ImitationConfig) -> ModelEnv:
        """Model rollouts from the demonstrations' states, with the run's bound on the uncertainty."""
        bound = np.inf if world.max_uncertainty is None else world.max_uncertainty
        model_env = ModelEnv(world, config.gail.n_envs, self.horizon, self.seed, bound)
        model_env.start_from(np.concatenate([states_of(episode)[:-1] for episode in demos]))
        return model_env

    def _filmed(
        self, env: str, pair: tuple[Trajectory, Trajectory] | None, reward: RewardModel
    ) -> str | None:
        if self.video is None or pair is None:
            return None
        return str(film(self.video, env, dict(zip(("Dream", "Physics"), pair, strict=True)), reward))


def beside_physics(world: WorldModel, policy: Policy, steps: int) -> tuple[Trajectory, Trajectory] | None:
    """A model rollout from a real start, and what MuJoCo makes of its start and actions.

    None where the model diverges at the first step.
    """
    (played,) = record(policy, world.body.env_id, 1, EVALUATION_SEED)
    predicted = model_rollouts(world, policy, states_of(played)[:1], steps)
    return (predicted[0], executed(world.body, predicted[0])) if predicted else None
