"""Returns of policies in a world model beside their real returns."""

import numpy as np

from ....agents.model_based.rollouts import model_rollouts
from ....agents.models.world import WorldModel
from ....demos.physics_residual import states_of
from ....demos.recorder import Policy, record
from ....demos.trajectory import Trajectory
from ....envs.body import Body
from ....envs.registry import make_env

# Episodes of each policy, and steps of each at most.
EPISODES, STEPS = 10, 400


def true_return(body: Body, episode: Trajectory) -> float:
    """The sum of the true rewards of an episode's states and actions."""
    speed = np.diff(states_of(episode)[:, 0]) / body.dt
    healthy = np.ones(len(episode), dtype=bool)
    healthy[-1] = not episode.terminated
    return float(body.reward(speed, healthy, episode.actions).sum())


def model_return(world: WorldModel, policy: Policy, seed: int = 0) -> float:
    """Mean return of model rollouts from real starts."""
    env = make_env(world.body.env_id, EPISODES, seed, threads=1)
    env.reset()
    starts = env.get_attr("state")[0]
    rollouts = model_rollouts(world, policy, starts, STEPS, seed)
    return sum(true_return(world.body, one) for one in rollouts) / EPISODES


def real_return(env: str, policy: Policy) -> float:
    """Mean return of the first steps in the real environment."""
    played = record(policy, env, EPISODES)
    rewards = [episode.rewards[:STEPS].sum() for episode in played if episode.rewards is not None]
    return float(np.mean(rewards))
