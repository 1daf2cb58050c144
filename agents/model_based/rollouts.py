"""Imagination: what a policy does in a world model from real states on, as episodes like recorded ones.

Each step is the expected one: what a model of deterministic physics leaves open is ignorance, and drawing it
anew at every step would knock bodies off balance that physics keeps upright.
"""

import numpy as np
import torch
from jaxtyping import Float

from ...demos.recorder import Policy
from ...demos.trajectory import Trajectory
from ..models.world import WorldModel


def imagined(
    world: WorldModel, policy: Policy, starts: Float[np.ndarray, "B S"], steps: int, seed: int = 0
) -> list[Trajectory]:
    """An episode from every start: up to a fall, to where the model diverges, or to so many steps.

    Args:
        world: fitted.
        policy: acts deterministically, within the actuators' range.
        starts: real states, with their place on the ground.
        steps: at most.
        seed: of what is drawn to expect by.
    """
    body, count = world.body, len(starts)
    low, high = body.model.actuator_ctrlrange.T
    draws = torch.Generator().manual_seed(seed)
    carry = world.start(torch.tensor(starts[:, 1:], dtype=torch.float32))
    states, actions, going = [starts], list[np.ndarray](), np.ones(count, dtype=bool)
    lengths, fallen = np.zeros(count, dtype=np.int64), np.zeros(count, dtype=bool)
    while going.any() and len(actions) < steps:
        raw, _ = policy.predict(world.observe(carry.state), deterministic=True)
        action = np.clip(raw, low, high).astype(np.float32)
        found = world.step(carry, torch.from_numpy(action), draws, expected=True)
        going &= ~world.diverged(found.next_state)
        lengths += going
        fallen |= going & (found.p_terminated.numpy() > 0.5)
        going &= ~fallen
        change, after = found.change.double().numpy(), found.next_state.double().numpy()
        states.append(np.column_stack((states[-1][:, 0] + change[:, 0], after)))
        actions.append(action)
        # Of those that are over nothing is asked any more.
        carry = found.carry._replace(state=torch.where(torch.from_numpy(going)[:, None], found.next_state, 0))
    path, done = np.stack(states, axis=1), np.stack(actions, axis=1)
    return [
        _episode(world, path[i, : lengths[i] + 1], done[i, : lengths[i]], bool(fallen[i]))
        for i in np.flatnonzero(lengths)
    ]


def _episode(
    world: WorldModel, path: Float[np.ndarray, "T1 S"], actions: Float[np.ndarray, "T A"], fallen: bool
) -> Trajectory:
    return Trajectory(
        obs=world.body.observe(*world.body.split(path)),
        actions=actions,
        terminated=fallen,
        truncated=not fallen,
        states=path,
        source=f"imagined by {world.name}",
    )
