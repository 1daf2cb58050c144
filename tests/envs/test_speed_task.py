"""The speed task: its reward by hand, its observation, and speeds that change only at a new start."""

import numpy as np
import pytest

from gailforce.envs import make_env
from gailforce.envs.speed_task import SpeedTask, speed_reward


def test_the_reward_by_hand():
    rewards = speed_reward(
        np.array([1.0, 3.0, 0.0, -9.0]),
        np.array([1.0, 2.0, 1.0, 1.0]),
        np.array([True, False, True, True]),
        np.array([[0.0, 0.0], [1.0, 1.0], [0.0, 0.0], [0.0, 0.0]]),
    )
    assert rewards == pytest.approx([3.0, 1.0 - 0.002, 1.0, -1.0])


def test_the_target_speed_is_the_last_observation_and_stays_for_an_episode():
    task = SpeedTask(make_env("hopper", 8, seed=0), (0.5, 1.0, 1.5), seed=1)
    obs = task.reset()
    assert obs.shape == (8, 12)
    assert set(obs[:, -1]) <= {0.5, 1.0, 1.5}
    ends = 0
    for _ in range(120):
        before = task.target_speeds.copy()
        obs, _, ended, infos = task.step(np.ones((8, 3), dtype=np.float32))
        assert np.array_equal(obs[:, -1], task.target_speeds)
        assert np.array_equal(task.target_speeds[~ended], before[~ended])
        for i in np.flatnonzero(ended):
            assert infos[i]["terminal_observation"][-1] == before[i]
        ends += ended.sum()
    assert ends > 8


def test_the_reward_is_that_of_the_speed_over_the_step():
    env = make_env("hopper", 4, seed=0)
    task = SpeedTask(env, (1.0,))
    task.reset()
    x = env.state[:, 0]
    action = np.full((4, 3), 0.1, dtype=np.float32)
    _, rewards, _, _ = task.step(action)
    speed = (env.state[:, 0] - x) / env.body.dt
    expected = speed_reward(speed, np.ones(4), np.ones(4, dtype=bool), action)
    assert rewards == pytest.approx(expected, rel=1e-5)
