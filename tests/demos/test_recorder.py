"""Recording plays Gymnasium's own episodes: seeds, states, rewards and ends are as they were."""

import gymnasium
import numpy as np
import pytest

from gailforce.demos.recorder import NoisyPolicy, RandomPolicy, StillPolicy, record
from gailforce.envs import BODIES, spaces
from gailforce.envs.errors import UsageError

_, SPACE = spaces("hopper")


class _Recurrent:
    """Says how often it was asked since the beginning, as a policy with a memory would."""

    def predict(self, obs, state=None, episode_start=None, deterministic=False):
        count = np.zeros(len(obs)) if state is None else state[0] + 1
        return np.tile(np.minimum(count, 1000)[:, None] / 1000, (1, 3)).astype(np.float32), (count,)


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_a_recorded_episode_is_gymnasiums_own(body):
    (trajectory,) = record(StillPolicy(spaces(body.name)[1]), body.name, 1, seed=11)
    env = gymnasium.make(body.env_id)
    obs, _ = env.reset(seed=11)
    assert np.array_equal(trajectory.obs[0], obs)
    for step, action in enumerate(trajectory.actions):
        obs, reward, terminated, truncated, _ = env.step(action)
        assert np.array_equal(trajectory.obs[step + 1], obs)
        assert np.array_equal(trajectory.states[step + 1], env.unwrapped.state_vector())
        assert trajectory.rewards[step] == reward
    assert (trajectory.terminated, trajectory.truncated) == (terminated, truncated)
    assert trajectory.terminated


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_observations_and_rewards_follow_from_states_and_actions(body):
    (trajectory,) = record(RandomPolicy(spaces(body.name)[1]), body.name, 1)
    assert np.array_equal(body.observe_state(trajectory.states), trajectory.obs)
    rewards = body.step_reward(trajectory.states[:-1], trajectory.actions, trajectory.states[1:])
    assert np.array_equal(rewards, trajectory.rewards)


def test_an_episode_does_not_depend_on_those_played_beside_it():
    alone = record(StillPolicy(SPACE), "hopper", 1, seed=5)[0]
    beside = record(StillPolicy(SPACE), "hopper", 4, seed=3)[2]
    assert np.array_equal(alone.obs, beside.obs)
    assert beside.seed == 5


def test_a_policy_with_a_memory_keeps_it_through_the_episode():
    (trajectory,) = record(_Recurrent(), "hopper", 1)
    assert trajectory.actions[:3, 0] == pytest.approx([0, 0.001, 0.002])


def test_a_fixed_horizon_never_ends_early():
    (trajectory,) = record(StillPolicy(SPACE), "hopper", 1, horizon="fixed")
    assert len(trajectory) == 1000
    assert trajectory.truncated
    assert not trajectory.terminated


def test_noise_has_the_asked_width_and_stays_within_the_bounds():
    actions, _ = NoisyPolicy(StillPolicy(SPACE), 0.3, SPACE, seed=0).predict(np.zeros((20_000, 11)))
    assert actions.std() == pytest.approx(0.3, abs=0.01)
    loud, _ = NoisyPolicy(StillPolicy(SPACE), 5.0, SPACE, seed=0).predict(np.zeros((100, 11)))
    assert np.abs(loud).max() == 1.0


def test_other_environments_keep_no_states():
    (trajectory,) = record(RandomPolicy(spaces("Pendulum-v1")[1]), "Pendulum-v1", 1)
    assert trajectory.states is None
    assert trajectory.truncated


def test_no_episodes_are_refused():
    with pytest.raises(UsageError, match="at least one episode"):
        record(StillPolicy(SPACE), "hopper", 0)
