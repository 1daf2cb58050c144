"""Replay is MuJoCo itself: a recorded step comes out as it was."""

import numpy as np
import pytest

from gailforce.envs import BODIES, make_env
from gailforce.envs.errors import DataError
from gailforce.envs.physics import replay


def _steps(body, count):
    env = make_env(body.name, 8, seed=1)
    env.reset()
    rng = np.random.default_rng(2)
    states, actions, next_states = [], [], []
    for action in rng.uniform(-0.3, 0.3, (count, 8, body.action_size)).astype(np.float32):
        state = env.state
        _, _, ended, _ = env.step(action)
        states.append(state[~ended])
        actions.append(action[~ended])
        next_states.append(env.state[~ended])
    return tuple(np.concatenate(column) for column in (states, actions, next_states))


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_recorded_steps_replay_exactly(body):
    states, actions, next_states = _steps(body, 100)
    # The solver's warm start is not recorded; it moves the result by less than this.
    assert np.abs(replay(body, states, actions) - next_states).max() < 1e-9


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_another_action_gives_another_state(body):
    states, actions, next_states = _steps(body, 20)
    assert np.abs(replay(body, states, -actions) - next_states).max() > 1e-3


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_rewards_of_recorded_steps_equal_the_engines(body):
    env = make_env(body.name, 4, seed=0)
    env.reset()
    rng = np.random.default_rng(0)
    for action in rng.uniform(-1, 1, (40, 4, body.action_size)).astype(np.float32):
        state = env.state
        _, _, ended, _ = env.step(action)
        expected = body.step_reward(state, action, env.state)
        assert np.array_equal(expected[~ended], env.rewards[~ended])


def test_states_of_another_body_are_refused():
    with pytest.raises(DataError, match="Hopper-v5 replays"):
        replay(BODIES["hopper"], np.zeros((1, 18)), np.zeros((1, 6)))
