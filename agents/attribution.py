"""Attribution: which observations and actions a reward depends on, by shuffling one at a time."""

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float

from ..demos.dataset import Demonstrations
from ..demos.trajectory import Trajectory
from ..envs.registry import find_body
from .bridge import RewardModel, Transitions, transitions

# Steps of each side that are shuffled.
STEPS = 2000
# Fields of a transition that each kind of inputs looks at.
FIELDS = {"s": ("obs",), "sa": ("obs", "action"), "ss'": ("obs", "next_obs")}


def attribution(
    model: RewardModel, env: str, demos: Demonstrations, played: Sequence[Trajectory], seed: int = 0
) -> tuple[tuple[str, float], ...]:
    """Share of each input in what moves the critic's logit, largest first; the shares add up to 1.

    The importance of an input is E|logit(x) - logit(x with that input shuffled over the steps)| over
    steps of expert and agent together (permutation importance, Breiman 2001).
    """
    steps = _mixed(demos, played, seed)
    generator = torch.Generator().manual_seed(seed)
    whole, names, moved = model.logit(steps), [], []
    for field in FIELDS[model.inputs]:
        columns = getattr(steps, field)
        for index in range(columns.shape[1]):
            shuffled = columns.clone()
            shuffled[:, index] = columns[torch.randperm(len(columns), generator=generator), index]
            moved.append(float((model.logit(steps._replace(**{field: shuffled})) - whole).abs().mean()))
            names.append(input_name(env, field, index))
    return _ranked(names, np.array(moved))


def input_name(env: str, field: str, index: int) -> str:
    """What an input is called: of our bodies by MuJoCo's joints and actuators, else by number."""
    found = find_body(env)
    if found is None:
        return f"{field}[{index}]"
    if field == "action":
        return f"torque {found.actuator_names[index]}"
    return found.observation_names[index] + (" next" if field == "next_obs" else "")


def _mixed(demos: Demonstrations, played: Sequence[Trajectory], seed: int) -> Transitions:
    """Expert and agent steps in equal numbers."""
    expert = transitions(demos)
    agent = Transitions(
        *(
            torch.from_numpy(np.concatenate(parts).astype(np.float32))
            for parts in (
                [t.obs[:-1] for t in played],
                [t.actions for t in played],
                [t.obs[1:] for t in played],
            )
        )
    )
    generator = torch.Generator().manual_seed(seed)
    drawn = [[torch.randint(len(side.obs), (STEPS,), generator=generator)] * 3 for side in (expert, agent)]
    return Transitions(
        *(
            torch.cat([column[rows[0]] for column, rows in zip(columns, drawn, strict=True)])
            for columns in zip(expert, agent, strict=True)
        )
    )


def _ranked(names: list[str], moved: Float[np.ndarray, "X"]) -> tuple[tuple[str, float], ...]:
    total = float(moved.sum())
    # A critic that depends on nothing depends on all alike.
    part = moved / total if total > 0 else np.full(len(moved), 1 / len(moved))
    return tuple((names[i], float(part[i])) for i in np.argsort(-part, kind="stable"))
