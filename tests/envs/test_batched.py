"""The batched engine is Gymnasium to the bit: observations, rewards, flags, resets and set_state."""

import gymnasium
import numpy as np
import pytest
from stable_baselines3.common.vec_env import DummyVecEnv

from gailforce.envs import BODIES, make_env, make_single
from gailforce.envs.errors import DataError, UsageError
from gailforce.envs.registry import VARIANTS

COPIES = 4
ALL = {**BODIES, **VARIANTS}


def _actions(body, steps, seed):
    """Random, then gentle, then still: short and long episodes."""
    rng = np.random.default_rng(seed)
    scales = np.repeat((1.0, 0.3, 0.0), -(-steps // 3))[:steps]
    noise = rng.uniform(-1, 1, (steps, COPIES, body.action_size))
    return (scales[:, None, None] * noise).astype(np.float32)


@pytest.mark.parametrize("body", ALL.values(), ids=ALL)
def test_whole_episodes_equal_gymnasium_to_the_bit(body):
    env = make_env(body.name, COPIES, seed=3)
    singles = [gymnasium.make(body.env_id) for _ in range(COPIES)]
    obs = env.reset()
    assert np.array_equal(obs, [single.reset(seed=3 + i)[0] for i, single in enumerate(singles)])
    ends = 0
    for actions in _actions(body, 1500, seed=0):
        obs, rewards, ended, infos = env.step(actions)
        assert np.array_equal(rewards, env.rewards.astype(np.float32))
        for i, single in enumerate(singles):
            expected, reward, terminated, truncated, _ = single.step(actions[i])
            assert reward == env.rewards[i]
            assert ended[i] == (terminated or truncated)
            if ended[i]:
                ends += 1
                assert np.array_equal(infos[i]["terminal_observation"], expected)
                assert infos[i]["TimeLimit.truncated"] == (truncated and not terminated)
                expected, _ = single.reset()
            assert np.array_equal(obs[i], expected)
    assert ends > 20


@pytest.mark.parametrize("body", ALL.values(), ids=ALL)
def test_set_state_equals_gymnasium_to_the_bit(body):
    env, single = make_env(body.name, 1, seed=0), gymnasium.make(body.env_id)
    env.reset()
    single.reset(seed=0)
    rng = np.random.default_rng(1)
    for action in rng.uniform(-1, 1, (10, 1, body.action_size)).astype(np.float32):
        env.step(action)
    state = env.state + 0.01
    obs = env.set_state(state)
    single.reset(seed=1)
    single.unwrapped.set_state(state[0, : body.nq], state[0, body.nq :])
    assert np.array_equal(obs[0], single.unwrapped._get_obs())
    for action in rng.uniform(-0.5, 0.5, (5, 1, body.action_size)).astype(np.float32):
        obs, *_ = env.step(action)
        assert np.array_equal(obs[0], single.step(action[0])[0])


@pytest.mark.parametrize("body", ALL.values(), ids=ALL)
def test_the_time_limit_truncates_and_never_terminates(body):
    env, single = make_env(body.name, 2, horizon="fixed"), make_single(body.name, "fixed")
    env.reset()
    single.reset(seed=0)
    still = np.zeros((2, body.action_size), dtype=np.float32)
    for _ in range(body.max_episode_steps - 1):
        _, _, ended, _ = env.step(still)
        expected, reward, terminated, truncated, _ = single.step(still[0])
        assert not ended.any()
        assert not terminated
        assert not truncated
        assert reward == env.rewards[0]
    _, _, ended, infos = env.step(still)
    expected, *_, truncated, _ = single.step(still[0])
    assert ended.all()
    assert truncated
    assert all(info["TimeLimit.truncated"] for info in infos)
    assert np.array_equal(infos[0]["terminal_observation"], expected)
    assert infos[0]["episode"]["l"] == body.max_episode_steps


def test_the_number_of_threads_changes_nothing():
    runs = []
    for threads in (1, 2):
        env = make_env("hopper", 6, seed=5, threads=threads)
        env.reset()
        rng = np.random.default_rng(0)
        runs.append([env.step(rng.uniform(-1, 1, (6, 3)).astype(np.float32))[0] for _ in range(60)])
    assert np.array_equal(*runs)


def test_observations_are_copies():
    env = make_env("hopper", 2)
    first = env.reset()
    before = first.copy()
    env.step(np.ones((2, 3), dtype=np.float32))
    assert np.array_equal(first, before)


def test_seeds_repeat_and_differ():
    same = [make_env("walker2d", 3, seed=7).reset() for _ in range(2)]
    other = make_env("walker2d", 3, seed=8).reset()
    assert np.array_equal(*same)
    assert not np.array_equal(same[0], other)
    assert len(np.unique(same[0], axis=0)) == 3


def test_other_gymnasium_ids_step_through_gymnasium():
    env = make_env("Pendulum-v1", 2, seed=4)
    assert isinstance(env, DummyVecEnv)
    expected, _ = gymnasium.make("Pendulum-v1").reset(seed=5)
    assert np.array_equal(env.reset()[1], expected)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: make_env("hoper"), "did you mean hopper"),
        (lambda: make_env("os:system"), "no environment"),
        (lambda: make_env("CartPole-v1"), "Box"),
        (lambda: make_env("hopper", n_envs=0), "n_envs must be at least 1"),
        (lambda: make_env("hopper", horizon="infinite"), "fixed, native"),
        (lambda: make_env("Pendulum-v1", horizon="fixed"), "no terminate_when_unhealthy"),
    ],
)
def test_invalid_arguments_are_refused_with_the_choices(call, words):
    with pytest.raises(UsageError, match=words):
        call()


def test_states_of_a_wrong_shape_or_not_finite_are_refused():
    env = make_env("hopper", 2)
    env.reset()
    for state in (np.zeros((2, 5)), np.full((2, 12), np.nan)):
        with pytest.raises(DataError, match="set_state needs finite states"):
            env.set_state(state)


def test_the_heavy_hopper_weighs_more_by_half_a_torso():
    heavy, usual = VARIANTS["hopper-heavy"].model, BODIES["hopper"].model
    more = heavy.body_mass.sum() - usual.body_mass.sum()
    assert more == pytest.approx(0.5 * usual.body_mass[usual.body("torso").id])
    assert heavy.body_subtreemass[0] == pytest.approx(heavy.body_mass.sum())


def test_a_share_of_episodes_begins_at_given_states_and_the_others_at_their_own():
    usual, given_starts, half = (make_env("hopper", 200, seed=3) for _ in range(3))
    state = usual.state[:1] + 0.125
    given_starts.start_from(state, 1.0)
    half.start_from(state, 0.5)
    own = usual.reset()
    given_starts.reset()
    assert np.array_equal(given_starts.state, np.repeat(state, 200, axis=0))
    obs = half.reset()
    given = (half.state == state).all(axis=1)
    assert 60 < given.sum() < 140
    # The other copies draw the same starts as without the share.
    assert np.array_equal(obs[~given], own[~given])
