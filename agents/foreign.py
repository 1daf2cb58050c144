"""Policies from Stable-Baselines3's own zip files, by their weights alone: nothing is unpickled."""

import io
import json
import re
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import torch
from gymnasium.spaces import Box
from jaxtyping import Float
from stable_baselines3.common.save_util import load_from_zip_file
from torch import Tensor, nn

from ..envs.errors import DataError, UsageError
from ..envs.registry import spaces
from .agent import Agent

# Largest zip member that is read [bytes].
MAX_MEMBER = 512 * 1024**2
ACTIVATIONS: dict[str, type[nn.Module]] = {
    "Tanh": nn.Tanh,
    "ReLU": nn.ReLU,
    "ELU": nn.ELU,
    "SiLU": nn.SiLU,
    "GELU": nn.GELU,
    "LeakyReLU": nn.LeakyReLU,
}
# By the prefix of the actor's weights: (hidden layers, last layer, default activation, squashed by tanh).
LAYOUTS: dict[str, tuple[str, str, str, bool]] = {
    "A2C, PPO": ("mlp_extractor.policy_net.", "action_net.", "Tanh", False),
    "SAC": ("actor.latent_pi.", "actor.mu.", "ReLU", True),
    "TD3, DDPG": ("actor.mu.", "", "ReLU", True),
}


class ForeignPolicy(Agent):
    """The deterministic actor of a Stable-Baselines3 zip, with the normalisation handed in."""

    def __init__(
        self, actor: nn.Module, space: Box, log_std: Tensor | None, mean: np.ndarray, std: np.ndarray
    ):
        self._actor, self.action_space, self._log_std = actor, space, log_std
        self._mean, self._std = mean, std

    @torch.no_grad()
    def predict(
        self,
        obs: Float[np.ndarray, "*B O"],
        state: tuple[np.ndarray, ...] | None = None,
        episode_start: np.ndarray | None = None,
        deterministic: bool = False,
    ) -> tuple[Float[np.ndarray, "*B A"], tuple[np.ndarray, ...] | None]:
        """Actions within the bounds; exploring only where the file holds the width of a Gaussian.

        Raises:
            UsageError: exploring was asked of a policy that has no such width.
        """
        # VecNormalize clips at 10 standard deviations by default.
        scaled = np.clip((np.asarray(obs) - self._mean) / self._std, -10.0, 10.0)
        actions = self._actor(torch.as_tensor(scaled, dtype=torch.float32)).numpy()
        if not deterministic and self._log_std is not None:
            actions = actions + np.exp(self._log_std.numpy()) * torch.randn(actions.shape).numpy()
        return np.clip(actions, self.action_space.low, self.action_space.high), state


def load_foreign(
    path: Path,
    env_id: str,
    mean: Float[np.ndarray, "O"] | None = None,
    std: Float[np.ndarray, "O"] | None = None,
) -> ForeignPolicy:
    """The actor of a zip that Stable-Baselines3 saved, for an environment.

    Args:
        path: the zip.
        env_id: gives the bounds of the actions.
        mean: of the observations, where the policy was trained under VecNormalize.
        std: the same.

    Raises:
        DataError: when the file is damaged or its actor does not fit the environment.
        UsageError: when the policy is of a kind that weights alone do not tell.
    """
    weights = _weights(path)
    hidden, last, activation, squashed = _layout(path, weights)
    obs_size, space = spaces(env_id)
    named = _activation_name(path) or activation
    actor = _actor(weights, hidden, last, ACTIVATIONS[named], squashed, space)
    linear = [module for module in actor if isinstance(module, nn.Linear)]
    widths, wanted = (linear[0].in_features, linear[-1].out_features), (obs_size, space.shape[0])
    if widths != wanted:
        raise DataError(f"{path} maps {widths} observations to actions; {env_id} has {wanted}; name its own")
    mean, std = _statistics(mean, np.zeros(obs_size)), _statistics(std, np.ones(obs_size))
    return ForeignPolicy(actor, space, weights.get("log_std"), mean, std)


def _statistics(given: np.ndarray | None, default: np.ndarray) -> np.ndarray:
    if given is None:
        return default
    if given.shape != default.shape or not np.isfinite(given).all():
        raise DataError(
            f"--obs-mean and --obs-std need finite values of shape {default.shape}, not {given.shape}"
        )
    return given


def _weights(path: Path) -> dict[str, Tensor]:
    try:
        with zipfile.ZipFile(path) as archive:
            if any(member.file_size > MAX_MEMBER for member in archive.infolist()):
                raise DataError(f"{path} holds a member above {MAX_MEMBER} bytes; that is no policy")
        # Any: declared as tensors by name, but in truth such dictionaries by module.
        modules: Any = load_from_zip_file(path, load_data=False, device="cpu")[1]
        return modules["policy"]
    except (zipfile.BadZipFile, OSError, ValueError, KeyError, RuntimeError, EOFError) as fault:
        raise DataError(
            f"{path} is not a policy that Stable-Baselines3 saved ({fault}); save it anew"
        ) from fault


def _layout(path: Path, weights: dict[str, Tensor]) -> tuple[str, str, str, bool]:
    for layout in LAYOUTS.values():
        if f"{layout[0]}0.weight" in weights:
            return layout
    raise UsageError(f"{path} holds no MlpPolicy of {'; '.join(LAYOUTS)}; for other kinds use --trust-pickle")


def _activation_name(path: Path) -> str | None:
    """The activation's class name, where the readable part of the zip's JSON tells it."""
    with zipfile.ZipFile(path) as archive:
        if "data" not in archive.namelist():
            return None
        text = json.load(io.TextIOWrapper(archive.open("data"))).get("policy_kwargs", {})
    found = re.search(r"activation_fn.{0,80}?activation\.(\w+)", json.dumps(text))
    return found.group(1) if found and found.group(1) in ACTIVATIONS else None


def _actor(
    weights: dict[str, Tensor],
    hidden: str,
    last: str,
    activation: type[nn.Module],
    squashed: bool,
    space: Box,
) -> nn.Sequential:
    """Linear layers in the order of their numbers, the last one without an activation."""
    numbers = sorted(
        int(key[len(hidden) :].split(".")[0])
        for key in weights
        if re.fullmatch(re.escape(hidden) + r"\d+\.weight", key)
    )
    prefixes = [f"{hidden}{number}." for number in numbers] + ([last] if last else [])
    modules: list[nn.Module] = []
    for prefix in prefixes:
        weight, bias = weights[f"{prefix}weight"], weights[f"{prefix}bias"]
        linear = nn.Linear(weight.shape[1], weight.shape[0])
        linear.load_state_dict({"weight": weight, "bias": bias})
        modules += [linear, activation()]
    tail = [nn.Tanh(), _Rescale(space)] if squashed else []
    return nn.Sequential(*modules[:-1], *tail)


class _Rescale(nn.Module):
    """From (-1, 1) to the bounds of the actions, as squashed policies need."""

    def __init__(self, space: Box):
        super().__init__()
        self._low, self._high = torch.as_tensor(space.low), torch.as_tensor(space.high)

    def forward(self, action: Float[Tensor, "B A"]) -> Float[Tensor, "B A"]:
        return self._low + (action + 1) / 2 * (self._high - self._low)
