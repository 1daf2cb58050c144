"""Attribution: which observations and actions a reward depends on, by shuffling one at a time."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from jaxtyping import Float

from ...demos.dataset import Demonstrations
from ...demos.trajectory import Trajectory
from ...envs.registry import find_body
from ...generative.interfaces.rollout import COLUMNS, Rollout
from .reward import RewardModel, demonstrated, played

# Of each side: stretches that are looked at, and consecutive steps in one, so that windows stay whole.
STRETCHES, LENGTH = 40, 50
# Fields of a transition that each kind of inputs looks at.
FIELDS = {"s": ("obs",), "sa": ("obs", "action"), "ss'": ("obs", "next_obs")}


def attribution(
    model: RewardModel, env: str, demos: Demonstrations, episodes: Sequence[Trajectory], seed: int = 0
) -> tuple[tuple[str, float], ...]:
    """Share of each input in what moves the critic's logit, largest first; the shares add up to 1.

    The importance of an input is E|logit(x) - logit(x with that input shuffled over the steps)| over
    steps of expert and agent together (permutation importance, Breiman 2001).
    """
    steps = _mixed(demos, episodes, seed)
    generator = torch.Generator().manual_seed(seed)
    whole, names, moved = model.logit(steps), [], []
    for field in FIELDS[model.inputs]:
        columns = getattr(steps, field)
        for index in range(columns.shape[-1]):
            shuffled = columns.clone()
            order = torch.randperm(steps.count, generator=generator)
            shuffled[..., index] = columns[..., index].flatten()[order].reshape(columns.shape[:2])
            moved.append(float((model.logit(replace(steps, **{field: shuffled})) - whole).abs().mean()))
            names.append(input_name(env, field, index))
    return _ranked(names, np.array(moved))


def input_name(env: str, field: str, index: int) -> str:
    """What an input is called: of our bodies by MuJoCo's joints and actuators, else by number."""
    body = find_body(env)
    if body is None:
        return f"{field}[{index}]"
    if field == "action":
        return f"torque {body.actuator_names[index]}"
    return body.observation_names[index] + (" next" if field == "next_obs" else "")


def _mixed(demos: Demonstrations, episodes: Sequence[Trajectory], seed: int) -> Rollout:
    """Expert and agent steps in equal numbers, from stretches of consecutive steps."""
    generator = torch.Generator().manual_seed(seed)
    sides = [demonstrated(demos), played(episodes)]
    drawn = [_stretches(side, generator) for side in sides]
    columns = zip(*(tuple(getattr(side, name) for name in COLUMNS) for side in drawn), strict=True)
    obs, action, next_obs, terminated, truncated, starts = (torch.cat(pair, dim=1) for pair in columns)
    return Rollout(obs, action, next_obs, terminated, truncated, starts)


def _stretches(side: Rollout, generator: torch.Generator) -> Rollout:
    """STRETCHES times LENGTH consecutive steps, side by side, each begun at random."""
    starts = torch.randint(max(1, side.count - LENGTH + 1), (STRETCHES,), generator=generator)
    at = (starts + torch.arange(LENGTH)[:, None]).clamp(max=side.count - 1)
    return Rollout(*(getattr(side, name)[:, 0][at] for name in COLUMNS))


def _ranked(names: list[str], moved: Float[np.ndarray, "X"]) -> tuple[tuple[str, float], ...]:
    total = float(moved.sum())
    # A critic that depends on nothing depends on all alike.
    part = moved / total if total > 0 else np.full(len(moved), 1 / len(moved))
    return tuple((names[i], float(part[i])) for i in np.argsort(-part, kind="stable"))
