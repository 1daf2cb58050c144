"""Model rollouts of a policy from real states, as episodes.

Each step is the expected one. The physics is deterministic, so the spread of a model is epistemic
uncertainty; drawing from it at every step would make bodies fall that physics keeps upright.
"""

import numpy as np
import torch
from jaxtyping import Float

from ...demos.recorder import Policy
from ...demos.trajectory import Trajectory
from ..models.world import WorldModel


def model_rollouts(
    world: WorldModel, policy: Policy, starts: Float[np.ndarray, "B S"], steps: int, seed: int = 0
) -> list[Trajectory]:
    """An episode from every start, up to a fall, a divergence of the model, or a number of steps.

    Args:
        world: fitted.
        policy: acts deterministically, within the actuators' range.
        starts: real states, with their place on the ground.
        steps: most steps of an episode.
        seed: seeds the draws behind the expectation.
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
        prediction = world.step(carry, torch.from_numpy(action), draws, expected=True)
        going &= ~world.diverged(prediction.next_state)
        lengths += going
        fallen |= going & (prediction.p_terminated.numpy() > 0.5)
        going &= ~fallen
        change, next_state = prediction.change.double().numpy(), prediction.next_state.double().numpy()
        states.append(np.column_stack((states[-1][:, 0] + change[:, 0], next_state)))
        actions.append(action)
        # Rows that ended continue from zeros, which are not read.
        state = torch.where(torch.from_numpy(going)[:, None], prediction.next_state, 0)
        carry = prediction.carry._replace(state=state)
    path, executed = np.stack(states, axis=1), np.stack(actions, axis=1)
    return [
        _episode(world, path[i, : lengths[i] + 1], executed[i, : lengths[i]], bool(fallen[i]))
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
        source=f"predicted by {world.name}",
    )
