import jaxtyping
import numpy as np
import pytest

from gailforce.demos.card import Card
from gailforce.demos.dataset import Demonstrations
from gailforce.demos.recorder import RandomPolicy, record
from gailforce.demos.trajectory import Trajectory
from gailforce.envs.registry import make_single


def make_trajectory(steps=5, obs_size=3, action_size=2, draw=0, **fields):
    rng = np.random.default_rng(draw)
    values = {
        "obs": rng.normal(size=(steps + 1, obs_size)),
        "actions": rng.normal(size=(steps, action_size)).astype(np.float32),
        "terminated": False,
        "truncated": True,
        "seed": draw,
    }
    return Trajectory(**{**values, **fields})


@pytest.fixture(name="make_trajectory")
def _make_trajectory():
    return make_trajectory


@pytest.fixture
def unchecked_types():
    """As users run it: without the type checker of the tests."""
    jaxtyping.config.update("jaxtyping_disable", True)
    yield
    jaxtyping.config.update("jaxtyping_disable", False)


@pytest.fixture
def strangers():
    """Ten episodes of an environment that is not a body of ours: observations and actions only."""
    episodes = [make_trajectory(steps=4 + i, obs_size=17, action_size=6, draw=i) for i in range(10)]
    return Demonstrations(episodes, Card("HalfCheetah-v5", maker="a test"), "strangers")


@pytest.fixture(scope="session", params=["Hopper-v5", "Walker2d-v5"])
def recorded(request):
    """Real episodes of random actions, with states and rewards."""
    policy = RandomPolicy(make_single(request.param).action_space, seed=1)
    return Demonstrations(
        record(policy, request.param, 4, seed=7), Card(request.param, maker="random"), "falls"
    )
