"""Does a policy that earns more in reality earn more in the dream? Imagined returns beside real ones."""

import numpy as np
import torch

from ...agents.world import WorldModel
from ...demos.recorder import Policy, record
from ...envs.registry import make_env

# Episodes of each policy, and imagined steps at most.
EPISODES, STEPS = 10, 400


def imagined_return(world: WorldModel, policy: Policy, seed: int = 0) -> float:
    """Mean true reward of imagined states from real beginnings, until the model sees a fall."""
    body = world.body
    env = make_env(body.env_id, EPISODES, seed, threads=1)
    env.reset()
    states = env.get_attr("state")[0]
    carry, draws = world.start(torch.from_numpy(states[:, 1:]).float()), torch.Generator().manual_seed(seed)
    alive, total = np.ones(EPISODES, dtype=bool), np.zeros(EPISODES)
    low, high = body.model.actuator_ctrlrange.T
    for _ in range(STEPS):
        action, _ = policy.predict(world.observe(carry.state), deterministic=True)
        action = np.clip(action, low, high).astype(np.float32)
        found = world.step(carry, torch.from_numpy(action), draws)
        fallen = (found.p_terminated.numpy() > 0.5) | ~torch.isfinite(found.next_state).all(dim=1).numpy()
        speed = found.change[:, 0].double().numpy() / body.dt
        total += np.where(alive, body.reward(speed, ~fallen, action), 0.0)
        alive &= ~fallen
        carry = found.carry._replace(state=torch.nan_to_num(found.next_state))
    return float(total.mean())


def real_return(env: str, policy: Policy) -> float:
    """Mean return of the first steps in the real environment."""
    played = record(policy, env, EPISODES)
    paid = [episode.rewards[:STEPS].sum() for episode in played if episode.rewards is not None]
    return float(np.mean(paid))
