"""Any saved policy as something that acts: a run, a saved agent, or a Stable-Baselines3 zip."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from stable_baselines3 import A2C, PPO, SAC, TD3
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.policies import ActorCriticPolicy
from stable_baselines3.common.save_util import load_from_zip_file
from torch import Tensor

from ..demos.recorder import Policy
from ..envs.errors import DataError
from .bridge import RewardModel
from .foreign import load_foreign
from .policy import load_agent

# Stable-Baselines3's algorithms by an attribute that only they save.
UNPICKLED: dict[type[BaseAlgorithm], str] = {
    PPO: "clip_range",
    SAC: "target_entropy",
    TD3: "policy_delay",
    A2C: "normalize_advantage",
}


def load_policy(path: str | Path) -> ActorCriticPolicy:
    """The policy of a saved agent, ready to act.

    Raises:
        DataError: when the file is missing, damaged, or holds no policy.
    """
    return load_agent(path)[0]


@dataclass(frozen=True)
class PolicyOptions:
    """How a policy of your own is read."""

    # Unpickle a Stable-Baselines3 zip as Stable-Baselines3 does; only for files of your own.
    trust_pickle: bool = False
    # Means and standard deviations of the observations (.npy), for policies trained under VecNormalize.
    obs_mean: Path | None = None
    obs_std: Path | None = None

    def environment_of(self, path: Path) -> str | None:
        """The environment a saved agent was trained in; a zip does not tell.

        Raises:
            DataError: when the file is missing or damaged.
        """
        _require_file(path)
        return None if path.suffix == ".zip" else load_agent(path)[1].get("environment")

    def load(self, path: Path, env_id: str) -> Policy:
        """The policy in a file.

        Raises:
            DataError: when the file is missing, damaged, or does not fit the environment.
        """
        _require_file(path)
        if path.suffix != ".zip":
            return load_policy(path)
        if self.trust_pickle:
            return _unpickled(path)
        return load_foreign(path, env_id, _array(self.obs_mean), _array(self.obs_std))


def load_reward_model(path: str | Path) -> RewardModel | None:
    """The reward model saved with an agent; None where there is none."""
    _, meta, tensors = load_agent(path)
    if "reward_model" not in meta:
        return None
    model = RewardModel(**meta["reward_model"])
    model.load_state_dict(reward_tensors(tensors))
    return model


def reward_tensors(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """The reward model's part of a saved agent's tensors."""
    prefix = "reward."
    return {key.removeprefix(prefix): value for key, value in tensors.items() if key.startswith(prefix)}


def _require_file(path: Path) -> None:
    if not path.is_file():
        raise DataError(
            f"there is no file {path}; give a run, a saved agent (.gfa) or a Stable-Baselines3 zip"
        )


def _array(path: Path | None) -> np.ndarray | None:
    if path is None:
        return None
    try:
        return np.load(path, allow_pickle=False)
    except (OSError, ValueError) as fault:
        raise DataError(
            f"{path} is not an array that numpy saved ({fault}); save it with numpy.save"
        ) from fault


def _unpickled(path: Path) -> BaseAlgorithm:
    data, _, _ = load_from_zip_file(path, device="cpu")
    for algorithm, sign in UNPICKLED.items():
        if sign in (data or {}):
            return algorithm.load(path, device="cpu")
    names = ", ".join(algorithm.__name__ for algorithm in UNPICKLED)
    raise DataError(
        f"{path} is of none of the kinds {names}; load it with its own class and use the Python interface"
    )
