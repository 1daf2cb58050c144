"""GAIL that trains in a world model of the collected steps; the loop of `gail.py` is unchanged."""

from pathlib import Path
from typing import Any

from stable_baselines3.common.callbacks import BaseCallback

from ...demos.dataset import Demonstrations
from ...envs.errors import UsageError
from ..gail import GAIL, GAILConfig
from ..models.reward import RewardModel
from ..sb3.callbacks import as_list
from .mixed_env import MixedVecEnv
from .training import ModelBasedConfig, ModelTraining, first_model


class ModelBasedGAIL(GAIL):
    """Imitates with few real steps: most of the training takes place in a world model.

    `learn` counts all steps, of the model and real; `real_steps` counts the real ones.

    Args:
        env: hopper or walker2d.
        demos: what to imitate, with states.
        reward_model: a name, or a `RewardModel`.
        world_model: a key of `WORLDS`.
        seed: seeds everything.
        config: settings of GAIL.
        model_based: settings of the world model and its rollouts.
        **kwargs: further arguments of `GAIL`.

    Raises:
        UsageError: for unknown names, a body without states, or the true reward, which no model gives.
        DataError: for demonstrations without states.
    """

    def __init__(
        self,
        env: str,
        demos: Demonstrations,
        reward_model: str | RewardModel = "gan",
        world_model: str = "ensemble",
        seed: int = 0,
        config: GAILConfig | None = None,
        model_based: ModelBasedConfig | None = None,
        **kwargs: Any,
    ):
        chosen = config or GAILConfig()
        if isinstance(reward_model, str):
            reward_model = RewardModel(reward_model, seed=seed, training=chosen.reward)
        if reward_model.family.reads_true:
            raise UsageError("a world model gives no true reward; use another reward model, such as gan")
        if kwargs.get("horizon", "native") != "native":
            raise UsageError("model rollouts have a length of their own; leave the horizon native")
        self.model_based = model_based or ModelBasedConfig()
        self.model_env, self.real = first_model(
            env, demos, world_model, chosen.n_envs, seed, self.model_based
        )
        super().__init__(
            MixedVecEnv(self.real, self.model_env), demos, reward_model, seed=seed, config=chosen, **kwargs
        )
        # One for all calls of `learn`: it counts the updates that rollouts grow with.
        self._training = ModelTraining(self, self.model_env, self.real, demos, self.model_based)

    @property
    def real_steps(self) -> int:
        """Steps taken in the real environment so far."""
        return self.real.steps

    def learn(  # type: ignore[override]  # the same arguments, passed on
        self, total_timesteps: int, callback: BaseCallback | list[BaseCallback] | None = None, **kwargs: Any
    ) -> "ModelBasedGAIL":
        """Train for a number of steps, most of them in the model, which learns on at a fixed interval."""
        super().learn(total_timesteps, [self._training, *as_list(callback)], **kwargs)
        return self

    @classmethod
    def load(cls, path: str | Path, *args: Any, **kwargs: Any) -> "GAIL":
        """Refused: the collected steps are in no file.

        Raises:
            UsageError: always.
        """
        raise UsageError(
            f"{path} does not hold the collected steps, so training cannot continue from it; load the "
            "policy with GAIL.load, and its world model, if save_world wrote one, with WorldModel.load"
        )

    def save_world(self, path: str | Path) -> None:
        """Write the world model as one verified file."""
        self.model_env.world.save(path)
