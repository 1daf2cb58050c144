"""Any saved policy as something that acts: a run, a saved agent, or a Stable-Baselines3 zip."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float
from stable_baselines3 import A2C, PPO, SAC, TD3
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.policies import ActorCriticPolicy
from stable_baselines3.common.save_util import load_from_zip_file
from torch import Tensor

from ..demos.recorder import Policy
from ..demos.storage import load_archive
from ..envs.errors import DataError, UsageError
from ..envs.registry import spaces
from .mixture_regression import GMR
from .models.reward import RewardModel
from .sb3.policy import load_agent
from .sb3.zip_policy import load_zip_policy

# VecNormalize clips observations at so many standard deviations by default.
CLIP = 10.0
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


class NormalizedPolicy:
    """A policy that was trained under VecNormalize, shown the observations as it was then."""

    def __init__(self, policy: Policy, mean: Float[np.ndarray, "O"], std: Float[np.ndarray, "O"]):
        self._policy, self._mean, self._std = policy, mean, std

    @property
    def explores(self) -> bool:
        """Whether the policy can draw actions."""
        return getattr(self._policy, "explores", True)

    def predict(
        self, obs: np.ndarray, state: Any = None, episode_start: Any = None, deterministic: bool = False
    ) -> tuple[np.ndarray, Any]:
        """Actions `(B, A)` for observations `(B, O)` as the environment gives them."""
        scaled = np.clip((obs - self._mean) / self._std, -CLIP, CLIP).astype(np.float32)
        return self._policy.predict(scaled, state, episode_start, deterministic)


@dataclass(frozen=True)
class PolicyOptions:
    """How a policy of your own is read."""

    # Unpickle a Stable-Baselines3 zip as Stable-Baselines3 does; only for files of your own.
    trust_pickle: bool = False
    # Means of the observations (.npy), for policies trained under VecNormalize.
    obs_mean: Path | None = None
    # Standard deviations of the observations (.npy), for policies trained under VecNormalize.
    obs_std: Path | None = None

    def environment_of(self, path: Path) -> str | None:
        """The environment a saved agent was trained in; a zip does not tell.

        Raises:
            DataError: when the file is missing or damaged.
        """
        _require_file(path)
        return None if path.suffix == ".zip" else load_archive(path)[1].get("environment")

    def load(self, path: Path, env_id: str) -> Policy:
        """The policy in a file.

        Raises:
            DataError: when the file is missing, damaged, or does not fit the environment.
            UsageError: when the options do not fit the file or each other.
        """
        _require_file(path)
        given = self.obs_mean is not None or self.obs_std is not None
        if path.suffix != ".zip":
            if given:
                raise UsageError(f"{path} holds its own normalization; leave --obs-mean and --obs-std out")
            return GMR.load(path) if _kind(path) == GMR.KIND else load_policy(path)
        statistics = self._statistics(env_id) if given else None
        policy = _unpickled(path, env_id) if self.trust_pickle else load_zip_policy(path, env_id)
        return policy if statistics is None else NormalizedPolicy(policy, *statistics)

    def _statistics(self, env_id: str) -> tuple[np.ndarray, np.ndarray]:
        if self.obs_mean is None or self.obs_std is None:
            raise UsageError("--obs-mean and --obs-std belong together; give both or none")
        mean, std = _array(self.obs_mean), _array(self.obs_std)
        shape = (spaces(env_id)[0],)
        for path, values in ((self.obs_mean, mean), (self.obs_std, std)):
            if values.shape != shape or not np.isfinite(values).all():
                raise DataError(
                    f"{path} needs finite values of shape {shape} for {env_id}, not {values.shape}"
                )
        if (std <= 0).any():
            raise DataError(f"{self.obs_std} holds {std.min()}; standard deviations are above 0")
        return mean, std


def load_reward_model(path: str | Path) -> RewardModel | None:
    """The reward model saved with an agent; None where there is none."""
    if "reward_model" not in load_archive(Path(path))[1]:
        return None
    _, meta, tensors = load_agent(path)
    model = RewardModel.from_facts(meta["reward_model"])
    model.load_state_dict(reward_tensors(tensors))
    return model


def reward_tensors(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """The reward model's part of a saved agent's tensors."""
    prefix = "reward."
    return {key.removeprefix(prefix): value for key, value in tensors.items() if key.startswith(prefix)}


def _kind(path: Path) -> str | None:
    return load_archive(path)[1].get("kind")


def _require_file(path: Path) -> None:
    if not path.is_file():
        raise DataError(
            f"there is no file {path}; give a run, a saved agent (.gfa) or a Stable-Baselines3 zip"
        )


def _array(path: Path) -> np.ndarray:
    try:
        return np.asarray(np.load(path, allow_pickle=False), dtype=np.float64)
    except (OSError, ValueError, TypeError, EOFError) as fault:
        raise DataError(
            f"{path} is not an array that numpy saved ({fault}); save it with numpy.save"
        ) from fault


def _unpickled(path: Path, env_id: str) -> BaseAlgorithm:
    try:
        data = load_from_zip_file(path, device="cpu")[0] or {}
        kind = next((algorithm for algorithm, sign in UNPICKLED.items() if sign in data), None)
        model = kind.load(path, device="cpu") if kind else None
    except Exception as fault:  # Unpickling raises whatever the classes in the file raise.
        raise DataError(
            f"{path} cannot be unpickled ({type(fault).__name__}: {fault}); save it anew"
        ) from fault
    if model is None:
        names = ", ".join(algorithm.__name__ for algorithm in UNPICKLED)
        raise DataError(
            f"{path} is of none of the kinds {names}; load it with its own class and use the Python interface"
        )
    obs_size, actions = spaces(env_id)
    shapes = model.observation_space.shape, model.action_space.shape
    if shapes != ((obs_size,), actions.shape):
        raise DataError(
            f"{path} has observations and actions of shapes {shapes}; {env_id} has "
            f"{((obs_size,), actions.shape)}; name its own"
        )
    # TD3 acts the same either way, so a second score would only seem to be of exploring.
    model.explores = kind is not TD3  # type: ignore[attr-defined]  # Asked of every policy by getattr.
    return model
