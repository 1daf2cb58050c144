"""A policy that can be rebuilt from its file alone: Stable-Baselines3's, described in plain values."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from gymnasium.spaces import Box
from stable_baselines3.common.policies import ActorCriticPolicy
from torch import nn

from ...demos.storage import load_archive, save_archive
from ...envs.errors import DataError, UsageError
from ..settings import from_plain
from .normalizer import RunningNorm

ACTIVATIONS: dict[str, type[nn.Module]] = {"tanh": nn.Tanh, "relu": nn.ReLU}


@dataclass(frozen=True)
class PolicySpec:
    """Everything but the weights."""

    obs_size: int
    action_low: tuple[float, ...]
    action_high: tuple[float, ...]
    # Widths of the hidden layers.
    policy_layers: tuple[int, ...]
    value_layers: tuple[int, ...]
    activation: str = "tanh"

    @classmethod
    def of(cls, policy: ActorCriticPolicy) -> "PolicySpec":
        """The description of a policy built here or by Stable-Baselines3's PPO with our defaults.

        Raises:
            UsageError: for a policy of another kind; it can be used, but not saved in one file.
        """
        arch, names = policy.net_arch, {kind: name for name, kind in ACTIVATIONS.items()}
        plain = type(policy) is ActorCriticPolicy and policy.activation_fn in names
        extractor, space = policy.features_extractor if plain else None, policy.action_space
        if not (isinstance(arch, dict) and isinstance(extractor, RunningNorm) and isinstance(space, Box)):
            raise UsageError(
                "only Stable-Baselines3's MlpPolicy with gailforce's RunningNorm can be saved in one file; "
                "save your own policy with: agent.policy.save(path)"
            )
        return cls(
            extractor.features_dim,
            tuple(map(float, space.low)),
            tuple(map(float, space.high)),
            tuple(arch["pi"]),
            tuple(arch["vf"]),
            names[policy.activation_fn],
        )

    def build(self) -> ActorCriticPolicy:
        """A policy of this description with fresh weights."""
        low, high = self.action_low, self.action_high
        obs_space = Box(-np.inf, np.inf, (self.obs_size,), np.float64)
        action_space = Box(np.array(low, np.float32), np.array(high, np.float32), dtype=np.float32)
        return ActorCriticPolicy(
            obs_space,
            action_space,
            lambda _: 0.0,
            **policy_kwargs(self.policy_layers, self.value_layers, self.activation),
        )


def policy_kwargs(
    policy_layers: tuple[int, ...],
    value_layers: tuple[int, ...],
    activation: str = "tanh",
    log_std_init: float = 0.0,
) -> dict[str, Any]:
    """What Stable-Baselines3 needs to build the policy; the normalizer is part of it."""
    return {
        "net_arch": {"pi": list(policy_layers), "vf": list(value_layers)},
        "activation_fn": ACTIVATIONS[activation],
        "log_std_init": log_std_init,
        "features_extractor_class": RunningNorm,
        # One kernel for all parameters: a fifth of the time of small networks' steps goes into Adam.
        # Its eps is torch's; Stable-Baselines3's own default for PPO is 1e-5.
        "optimizer_kwargs": {"fused": True, "eps": 1e-8},
    }


def save_agent(
    path: str | Path,
    kind: str,
    policy: ActorCriticPolicy,
    meta: Mapping[str, Any],
    extra: Mapping[str, torch.Tensor],
) -> None:
    """Write policy, further tensors and facts as one verified file."""
    tensors = {f"policy.{key}": value for key, value in policy.state_dict().items()} | dict(extra)
    arrays = {key: value.detach().numpy() for key, value in tensors.items()}
    save_archive(Path(path), arrays, {**meta, "kind": kind, "policy": asdict(PolicySpec.of(policy))})


def load_agent(
    path: str | Path, kinds: tuple[str, ...] = ()
) -> tuple[ActorCriticPolicy, dict, dict[str, torch.Tensor]]:
    """Policy, facts and the other tensors of a saved agent.

    Raises:
        DataError: when the file is missing or damaged, or holds something else than asked.
    """
    arrays, meta = load_archive(Path(path))
    if "policy" not in meta or (kinds and meta["kind"] not in kinds):
        expected = " or ".join(kinds) or "an agent"
        raise DataError(
            f"{path} holds {meta.get('kind', 'something unknown')}, not {expected}; name another file"
        )
    policy = from_plain(PolicySpec, meta["policy"]).build()
    tensors = {key: torch.from_numpy(value) for key, value in arrays.items()}
    prefix = "policy."
    policy.load_state_dict({k[len(prefix) :]: v for k, v in tensors.items() if k.startswith(prefix)})
    policy.set_training_mode(False)
    return policy, meta, {k: v for k, v in tensors.items() if not k.startswith(prefix)}
