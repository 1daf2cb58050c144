"""Scores are added to the bootstrap, ends are recorded as they were, and advantages are as by hand."""

import gymnasium
import numpy as np
import pytest
import torch
from probes import Track
from stable_baselines3.common.vec_env import DummyVecEnv

from gailforce.agents.sb3.ppo import PPOConfig, ppo
from gailforce.agents.sb3.rollout import ScoredRolloutBuffer, ZeroRewardVecEnv
from gailforce.envs import make_env

CONFIG = PPOConfig(steps_per_update=64, batch_size=64, gamma=0.9)


def _collect(make, scores, train_discriminator=None):
    """One rollout of two environments, 32 steps each; returns learner and zero_reward_env."""
    zero_reward_env = ZeroRewardVecEnv(DummyVecEnv([make] * 2))
    learner = ppo(
        zero_reward_env,
        CONFIG,
        0,
        rollout_buffer_class=ScoredRolloutBuffer,
        rollout_buffer_kwargs={
            "zero_reward_env": zero_reward_env,
            "train_discriminator": train_discriminator,
            "relabel": lambda rollout: scores,
        },
    )
    _, callback = learner._setup_learn(64)
    learner.collect_rollouts(zero_reward_env, callback, learner.rollout_buffer, learner.n_steps)
    return learner, zero_reward_env


def _limited():
    return gymnasium.wrappers.TimeLimit(Track(), 8)


def test_a_truncated_last_step_keeps_its_bootstrap_after_scoring():
    rollouts = []
    learner, _ = _collect(_limited, np.full((32, 2), 0.5, dtype=np.float32), rollouts.append)
    (rollout,) = rollouts
    with torch.no_grad():
        values = learner.policy.predict_values(rollout.next_obs.flatten(0, 1)).reshape(32, 2)
    expected = 0.5 + 0.9 * values * rollout.truncated
    assert rollout.truncated.sum() == 8
    assert learner.rollout_buffer.rewards == pytest.approx(expected.numpy(), abs=1e-5)


def test_advantages_of_a_constant_score_are_as_worked_by_hand():
    learner, _ = _collect(_limited, np.ones((32, 2), dtype=np.float32))
    buffer = learner.rollout_buffer
    # The last step before a truncation: A = r + gamma V(last obs) - V(obs), nothing traced beyond.
    assert buffer.episode_starts[8].all()
    assert buffer.advantages[7] == pytest.approx(buffer.rewards[7] - buffer.values[7], abs=1e-6)


def test_the_environment_pays_nothing_and_still_reports_the_true_return():
    env = ZeroRewardVecEnv(make_env("hopper", 4))
    env.reset()
    episodes = []
    for _ in range(60):
        _, rewards, _, infos = env.step(np.ones((4, 3), dtype=np.float32))
        assert (rewards == 0).all()
        episodes += [info["episode"]["r"] for info in infos if "episode" in info]
    assert episodes
    assert np.isfinite(episodes).all()


def test_a_rollout_holds_the_true_last_observation_and_how_the_episode_ended():
    body_env = make_env("hopper", 4)
    env = ZeroRewardVecEnv(body_env)
    env.reset()
    lasts = []
    for step in range(60):
        _, _, ended, infos = env.step(np.ones((4, 3), dtype=np.float32))
        lasts += [(step, i, infos[i]["terminal_observation"]) for i in np.flatnonzero(ended)]
    rollout = env.take_rollout()
    assert len(lasts) == rollout.terminated.sum()
    assert not rollout.truncated.any()
    for step, i, obs in lasts:
        assert rollout.next_obs[step, i].numpy() == pytest.approx(obs, abs=1e-6)
        assert rollout.terminated[step, i]
    running = ~rollout.terminated[:-1]
    assert torch.equal(rollout.next_obs[:-1][running], rollout.obs[1:][running])
    assert torch.equal(rollout.episode_start[1:], rollout.terminated[:-1])


def test_taking_a_rollout_forgets_it():
    rollouts = []
    _, zero_reward_env = _collect(_limited, np.zeros((32, 2), dtype=np.float32), rollouts.append)
    assert rollouts[0].obs.shape == (32, 2, 1)
    zero_reward_env.step(np.zeros((2, 1), dtype=np.float32))
    assert zero_reward_env.take_rollout().obs.shape == (1, 2, 1)
