"""Real steps are recorded as the simulator makes them, and counted."""

import numpy as np
import pytest

from gailforce import Demonstrations
from gailforce.agents.model_based.experience import RealExperience, reference_state_env
from gailforce.demos.physics_residual import change_std, physics_residual
from gailforce.demos.recorder import RandomPolicy
from gailforce.envs.errors import UsageError
from gailforce.envs.registry import find_body

BODY = find_body("hopper")
DEMOS = Demonstrations.load("hopper-expert").take(1)


def test_an_environment_without_states_is_refused():
    with pytest.raises(UsageError, match="no states for a world model"):
        reference_state_env("Pendulum-v1", 2, 0)


def test_collected_steps_are_real_and_counted():
    real = RealExperience(reference_state_env("hopper", 4, 0))
    real.collect(RandomPolicy(real.action_space), 201)
    assert real.steps == 204 == sum(map(len, real.episodes))
    unit = change_std(list(DEMOS))
    for episode in real.episodes:
        assert physics_residual(BODY, episode.states, episode.actions, unit).max() < 1e-6
        assert np.allclose(episode.obs, BODY.observe(*BODY.split(episode.states)))
        fallen = bool(BODY.terminated(*BODY.split(episode.states[-1:]))[0])
        assert episode.terminated == fallen
    # The next collection starts where the last one was closed.
    before = [e for e in real.episodes if not e.terminated]
    count = len(real.episodes)
    real.collect(RandomPolicy(real.action_space), 4)
    starts = [e.states[0].tolist() for e in real.episodes[count:]]
    assert all(e.states[-1].tolist() in starts for e in before)


def test_episodes_start_at_given_states_and_are_short():
    starts = DEMOS[0].states[::100]
    real = RealExperience(reference_state_env("hopper", 2, 0, starts, share=1.0, max_episode_steps=5))
    real.collect(RandomPolicy(real.action_space), 20)
    assert real.steps == 20 == sum(map(len, real.episodes))
    given = {tuple(row) for row in starts}
    assert all(tuple(e.states[0]) in given for e in real.episodes)
    assert max(map(len, real.episodes)) == 5
    assert all(e.truncated for e in real.episodes if len(e) == 5)


def test_half_of_the_environments_collect_without_exploring():
    class Constant(RandomPolicy):
        def predict(self, obs, state=None, episode_start=None, deterministic=False):
            return np.full((len(obs), 3), 0.0 if deterministic else 0.5, dtype=np.float32), state

    real = RealExperience(reference_state_env("hopper", 4, 0))
    real.collect(Constant(real.action_space), 8)
    assert sorted(float(e.actions.mean()) for e in real.episodes) == [0.0, 0.0, 0.5, 0.5]
    for _ in range(6):
        real.collect(Constant(real.action_space), 4)
    # Five collections of four steps each are recent.
    assert sum(map(len, real.recent)) == 20
