"""Does a policy that earns more in reality earn more in the dream? Imagined returns beside real ones."""

import numpy as np

from ....agents.model_based.rollouts import imagined
from ....agents.models.world import WorldModel
from ....demos.physics_residual import states_of
from ....demos.recorder import Policy, record
from ....demos.trajectory import Trajectory
from ....envs.body import Body
from ....envs.registry import make_env

# Episodes of each policy, and steps of each at most.
EPISODES, STEPS = 10, 400


def paid(body: Body, episode: Trajectory) -> float:
    """The true rewards of an episode's states and actions, added up."""
    speed = np.diff(states_of(episode)[:, 0]) / body.dt
    healthy = np.ones(len(episode), dtype=bool)
    healthy[-1] = not episode.terminated
    return float(body.reward(speed, healthy, episode.actions).sum())


def imagined_return(world: WorldModel, policy: Policy, seed: int = 0) -> float:
    """Mean return of imagined episodes from real beginnings."""
    env = make_env(world.body.env_id, EPISODES, seed, threads=1)
    env.reset()
    starts = env.get_attr("state")[0]
    return sum(paid(world.body, one) for one in imagined(world, policy, starts, STEPS, seed)) / EPISODES


def real_return(env: str, policy: Policy) -> float:
    """Mean return of the first steps in the real environment."""
    played = record(policy, env, EPISODES)
    rewards = [episode.rewards[:STEPS].sum() for episode in played if episode.rewards is not None]
    return float(np.mean(rewards))
