"""GAIL that trains in a dream: the loop of `gail.py` unchanged, in a world model of what was lived."""

from pathlib import Path
from typing import Any

from stable_baselines3.common.callbacks import BaseCallback

from ...demos.dataset import Demonstrations
from ...envs.errors import UsageError
from ..gail import GAIL, GAILConfig
from ..models.reward import RewardModel
from ..sb3.callbacks import as_list
from .mixed_env import MixedVecEnv
from .training import DreamConfig, Dreaming, begin


class ModelBasedGAIL(GAIL):
    """Imitates with few real steps: most of the training is imagined.

    `learn` counts all steps, imagined and real; `real_steps` counts those lived.

    Args:
        env: hopper or walker2d.
        demos: what to imitate, with states.
        reward_model: a name, or a `RewardModel`.
        world_model: a key of `WORLDS`.
        seed: of everything.
        config: settings of GAIL.
        dream: settings of the dream.
        **kwargs: further arguments of `GAIL`.

    Raises:
        UsageError: for unknown names, a body without states, or the true reward, which no dream pays.
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
        dream: DreamConfig | None = None,
        **kwargs: Any,
    ):
        chosen = config or GAILConfig()
        if isinstance(reward_model, str):
            reward_model = RewardModel(reward_model, seed=seed, training=chosen.reward)
        if reward_model.family.reads_true:
            raise UsageError("a dream pays no true reward; take another reward model, as gan")
        if kwargs.get("horizon", "native") != "native":
            raise UsageError("a dream has branches of its own; leave the horizon native")
        self.dream_config = dream or DreamConfig()
        self.dream, self.real = begin(env, demos, world_model, chosen.n_envs, seed, self.dream_config)
        super().__init__(
            MixedVecEnv(self.real, self.dream), demos, reward_model, seed=seed, config=chosen, **kwargs
        )
        # One for all calls of `learn`: it knows how far the branches have grown.
        self._dreaming = Dreaming(self, self.dream, self.real, demos, self.dream_config)

    @property
    def real_steps(self) -> int:
        """Steps lived in the real environment so far."""
        return self.real.steps

    def learn(  # type: ignore[override]  # the same arguments, passed on
        self, total_timesteps: int, callback: BaseCallback | list[BaseCallback] | None = None, **kwargs: Any
    ) -> "ModelBasedGAIL":
        """Train for a number of steps, most of them imagined; every now and then the model learns anew."""
        super().learn(total_timesteps, [self._dreaming, *as_list(callback)], **kwargs)
        return self

    @classmethod
    def load(cls, path: str | Path, *args: Any, **kwargs: Any) -> "GAIL":
        """Refused: what was lived is in no file.

        Raises:
            UsageError: always.
        """
        raise UsageError(
            f"what was lived is not in {path}, so no dream goes on from it; load the policy with GAIL.load, "
            "and its world, if save_world wrote one, with WorldModel.load"
        )

    def save_world(self, path: str | Path) -> None:
        """Write the world model as one verified file."""
        self.dream.world.save(path)
