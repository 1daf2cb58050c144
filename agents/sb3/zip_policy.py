"""Policies from Stable-Baselines3's own zip files, by their weights alone: nothing is unpickled."""

import io
import itertools
import json
import pickle
import re
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from gymnasium.spaces import Box
from jaxtyping import Float
from stable_baselines3.common.save_util import load_from_zip_file
from torch import Tensor, nn

from ...envs.errors import DataError, UsageError
from ...envs.registry import spaces
from ..agent import Agent

# Largest zip member that is read [bytes].
MAX_MEMBER = 512 * 1024**2
# Bounds of the width of SAC's Gaussian, as a logarithm; Stable-Baselines3's own.
LOG_STD_RANGE = (-20.0, 2.0)
ACTIVATIONS: dict[str, type[nn.Module]] = {
    "Tanh": nn.Tanh,
    "ReLU": nn.ReLU,
    "ELU": nn.ELU,
    "SiLU": nn.SiLU,
    "GELU": nn.GELU,
    "LeakyReLU": nn.LeakyReLU,
}
TRUST = "if the file is your own, load it with --trust-pickle"


@dataclass(frozen=True)
class Layout:
    """Where a family of algorithms keeps its actor among a policy's weights."""

    # Prefix of the hidden layers, and of the last layer where it stands apart from them.
    hidden: str
    last: str
    # Keys of the width of the exploring Gaussian.
    width: tuple[str, ...]
    # Pattern of the networks that only training needs.
    training: str
    # The activation where the file names none.
    activation: str
    # Whether tanh keeps the actions within the bounds.
    squashed: bool


LAYOUTS = {
    "A2C, PPO": Layout(
        "mlp_extractor.policy_net.",
        "action_net.",
        ("log_std",),
        r"(mlp_extractor\.)?value_net\.",
        "Tanh",
        False,
    ),
    "SAC": Layout(
        "actor.latent_pi.",
        "actor.mu.",
        ("actor.log_std.weight", "actor.log_std.bias"),
        r"critic(_target)?\.",
        "ReLU",
        True,
    ),
    "TD3, DDPG": Layout("actor.mu.", "", (), r"(actor|critic)_target\.|critic\.", "ReLU", True),
}


class ZipPolicy(Agent):
    """The actor of a Stable-Baselines3 zip."""

    def __init__(
        self,
        latent: nn.Module,
        head: nn.Linear,
        log_std: Callable[[Tensor], Tensor] | None,
        space: Box,
        squashed: bool,
    ):
        self._latent, self._head, self._log_std = latent, head, log_std
        self.action_space, self._squashed = space, squashed

    @property
    def explores(self) -> bool:
        """Whether the file holds the width of a Gaussian to draw actions from."""
        return self._log_std is not None

    @torch.no_grad()
    def predict(
        self,
        obs: Float[np.ndarray, "*B O"],
        state: tuple[np.ndarray, ...] | None = None,
        episode_start: np.ndarray | None = None,
        deterministic: bool = False,
    ) -> tuple[Float[np.ndarray, "*B A"], tuple[np.ndarray, ...] | None]:
        """Actions within the bounds, the most likely ones or drawn ones.

        Raises:
            UsageError: exploring was asked of a policy that has no width to explore by.
        """
        latent = self._latent(torch.as_tensor(np.asarray(obs), dtype=torch.float32))
        action = self._head(latent)
        if not deterministic:
            if self._log_std is None:
                raise UsageError("this file holds no exploring policy; leave --exploring out")
            action = action + self._log_std(latent).exp() * torch.randn_like(action)
        low, high = self.action_space.low, self.action_space.high
        if self._squashed:
            return low + (action.tanh().numpy() + 1) / 2 * (high - low), state
        return np.clip(action.numpy(), low, high), state


def load_zip_policy(path: Path, env_id: str) -> ZipPolicy:
    """The actor of a zip that Stable-Baselines3 saved, for an environment, which gives the actions' bounds.

    Raises:
        DataError: when the file is damaged or its actor does not fit the environment.
        UsageError: when the policy is of a kind that weights alone do not tell.
    """
    weights = _weights(path)
    layout = _layout(path, weights)
    activation = _activation(path, layout)
    *hidden, head = layers = [_linear(path, weights, prefix) for prefix in _prefixes(layout, weights)]
    obs_size, space = spaces(env_id)
    widths, expected = (layers[0].in_features, head.out_features), (obs_size, space.shape[0])
    if widths != expected:
        raise DataError(
            f"{path} maps {widths} observations to actions; {env_id} has {expected}; name its own"
        )
    if any(a.out_features != b.in_features for a, b in itertools.pairwise(layers)):
        raise DataError(f"{path} holds layers that do not fit each other; save it anew")
    latent = nn.Sequential(*(module for layer in hidden for module in (layer, activation())))
    log_std = _log_std(path, weights, layout, head)
    return ZipPolicy(latent, head, log_std, space, layout.squashed)


def _weights(path: Path) -> dict[str, Tensor]:
    try:
        with zipfile.ZipFile(path) as archive:
            if any(member.file_size > MAX_MEMBER for member in archive.infolist()):
                raise DataError(f"{path} holds a member above {MAX_MEMBER} bytes; that is no policy")
        # Any: declared as tensors by name, but in truth such dictionaries by module.
        modules: Any = load_from_zip_file(path, load_data=False, device="cpu")[1]
        return dict(modules["policy"])
    except (
        zipfile.BadZipFile, zlib.error, pickle.UnpicklingError,
        OSError, ValueError, TypeError, KeyError, RuntimeError, EOFError,
    ) as fault:  # fmt: skip
        raise DataError(
            f"{path} is not a policy that Stable-Baselines3 saved ({fault}); save it anew"
        ) from fault


def _layout(path: Path, weights: dict[str, Tensor]) -> Layout:
    """The layout that explains every part of a policy: what it does not know might change the actions."""
    layout = next(
        (candidate for candidate in LAYOUTS.values() if f"{candidate.hidden}0.weight" in weights), None
    )
    if layout is None:
        raise UsageError(f"{path} holds no MlpPolicy of {'; '.join(LAYOUTS)}; {TRUST}")
    actor = {prefix + part for prefix in _prefixes(layout, weights) for part in ("weight", "bias")}
    strange = [
        key for key in weights if key not in actor.union(layout.width) and not re.match(layout.training, key)
    ]
    if strange:
        raise UsageError(f"{path} holds parts that are not in a plain MlpPolicy, as {strange[0]}; {TRUST}")
    return layout


def _prefixes(layout: Layout, weights: dict[str, Tensor]) -> list[str]:
    """Of the actor's linear layers in their order; activations take the odd numbers."""
    hidden = (f"{layout.hidden}{number}." for number in itertools.count(0, 2))
    present = list(itertools.takewhile(lambda prefix: f"{prefix}weight" in weights, hidden))
    return present + ([layout.last] if layout.last else [])


def _activation(path: Path, layout: Layout) -> type[nn.Module]:
    """The activation that the readable part of the zip's JSON names, or else the algorithm's own."""
    kwargs = _policy_kwargs(path)
    features = str(kwargs.get("features_extractor_class", "FlattenExtractor"))
    if "FlattenExtractor" not in features:  # One without weights leaves no other trace.
        raise UsageError(f"{path} computes features by {features}; {TRUST}")
    named = kwargs.get("activation_fn")
    if named is None:
        return ACTIVATIONS[layout.activation]
    match = re.fullmatch(r"<class 'torch\.nn\.modules\.activation\.(\w+)'>", str(named))
    if match is None or match[1] not in ACTIVATIONS:
        raise UsageError(
            f"{path} has the activation {named}; read by weights are {', '.join(ACTIVATIONS)}; {TRUST}"
        )
    return ACTIVATIONS[match[1]]


def _policy_kwargs(path: Path) -> dict[str, Any]:
    with zipfile.ZipFile(path) as archive:
        if "data" not in archive.namelist():
            return {}
        try:
            return dict(json.load(io.TextIOWrapper(archive.open("data"))).get("policy_kwargs") or {})
        except (ValueError, AttributeError, TypeError, zipfile.BadZipFile, zlib.error) as fault:
            raise DataError(f"the JSON in {path} is damaged ({fault}); save it anew") from fault


def _linear(path: Path, weights: dict[str, Tensor], prefix: str) -> nn.Linear:
    weight, bias = weights.get(f"{prefix}weight"), weights.get(f"{prefix}bias")
    if weight is None or bias is None or weight.ndim != 2 or bias.shape != weight.shape[:1]:
        raise UsageError(f"{path}: {prefix} is no linear layer with weight and bias; {TRUST}")
    layer = nn.Linear(weight.shape[1], weight.shape[0])
    layer.load_state_dict({"weight": weight, "bias": bias})
    return layer


def _log_std(
    path: Path, weights: dict[str, Tensor], layout: Layout, head: nn.Linear
) -> Callable[[Tensor], Tensor] | None:
    """Logarithm of the width of exploring, from the last hidden layer; None where the file holds none."""
    if not any(key in weights for key in layout.width):
        return None
    if layout.squashed:
        layer = _linear(path, weights, layout.width[0].removesuffix("weight"))
        if layer.weight.shape != head.weight.shape:
            raise DataError(f"{path} holds a width of exploring that does not fit its actor; save it anew")
        return lambda latent: layer(latent).clamp(*LOG_STD_RANGE)
    constant = weights[layout.width[0]]
    if constant.shape != (head.out_features,):
        raise UsageError(f"{path} explores by gSDE (log_std of shape {tuple(constant.shape)}); {TRUST}")
    return lambda latent: constant
