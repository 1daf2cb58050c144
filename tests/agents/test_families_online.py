"""Every family trains a policy through the same loop, blind to the true reward; frozen rewards stay so."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
import torch
from probes import Poisoned

from gailforce import Demonstrations
from gailforce.agents.gail import GAIL, GAILConfig
from gailforce.agents.models.reward import RewardModel, demonstrated, played
from gailforce.agents.sb3.ppo import PPOConfig
from gailforce.agents.sb3.rollout import ZeroRewardVecEnv
from gailforce.envs import make_env
from gailforce.envs.errors import DataError, NumericalError, UsageError
from gailforce.generative.families.boltzmann import RBMConfig
from gailforce.generative.families.deep_belief import DBNConfig
from gailforce.generative.interfaces.model import Critic
from gailforce.generative.rewards.reward_config import NoConfig, RewardConfig
from gailforce.generative.rewards.reward_families import FAMILIES, Family

DEMOS = Demonstrations.load("hopper-expert").take(2)
CONFIG = GAILConfig(
    n_envs=8,
    ppo=PPOConfig(steps_per_update=256, batch_size=128, epochs=2),
    reward=RewardConfig(updates=2, batch_size=32),
)


def _quick(name):
    """The family's own settings with a short fit."""
    config = FAMILIES[name].config_class()
    if isinstance(config, RBMConfig | DBNConfig):
        return replace(config, steps=20)
    density = getattr(config, "density", None)
    return replace(config, density=replace(density, fit_steps=20)) if density else config


def _weights(env, name, **kwargs):
    model = RewardModel(name, seed=3, config=_quick(name), training=CONFIG.reward)
    agent = GAIL(env, DEMOS, model, config=CONFIG, seed=3, **kwargs).learn(512)
    return torch.cat([p.detach().flatten() for p in agent.policy.parameters()])


@pytest.mark.parametrize("name", FAMILIES)
def test_a_family_learns_through_the_same_loop_and_reads_no_true_reward(name):
    clean, nan = _weights("hopper", name), None
    assert torch.isfinite(clean).all()
    if FAMILIES[name].reads_true:
        return
    nan = _weights(Poisoned(make_env("hopper", 8, seed=3)), name)
    assert torch.equal(clean, nan)


def test_the_control_true_learns_from_the_environments_own_reward():
    env = make_env("hopper", 4, seed=1)
    zero_reward_env = ZeroRewardVecEnv(env)
    zero_reward_env.reset()
    for _ in range(5):
        _, paid, _, _ = zero_reward_env.step(np.zeros((4, 3), dtype=np.float32))
        assert not paid.any()
    zero_reward_env.take_rollout()
    rewards = zero_reward_env.true_rewards
    assert rewards.shape == (5, 4)
    assert (rewards > 0.5).all()
    assert not torch.equal(_weights("hopper", "true"), _weights("hopper", "constant"))


def test_a_rollout_brings_the_steps_before_it_and_a_cut_one_leaves_none():
    zero_reward_env = ZeroRewardVecEnv(make_env("hopper", 2, seed=0), looks_back=3)
    zero_reward_env.reset()

    def rollout():
        for _ in range(4):
            zero_reward_env.step(np.zeros((2, 3), dtype=np.float32))
        return zero_reward_env.take_rollout()

    first, second = rollout(), rollout()
    assert first.history is None
    assert torch.equal(second.history.obs, first.obs[-3:])
    assert torch.equal(second.history.next_obs[-1], second.obs[0])
    zero_reward_env.step(np.zeros((2, 3), dtype=np.float32))
    zero_reward_env.forget()
    assert rollout().history is None


def test_in_training_too_a_rollout_has_its_history(monkeypatch):
    agent, seen = GAIL("hopper", DEMOS, "lstm", config=CONFIG, seed=1), []
    reward = agent.reward_model.reward
    monkeypatch.setattr(agent.reward_model, "reward", lambda rollout: seen.append(rollout) or reward(rollout))
    agent.learn(256 * 3)
    assert seen[0].history is None
    for before, now in itertools.pairwise(seen):
        assert torch.equal(now.history.obs[-1], before.obs[-1])
        assert len(now.history.obs) == FAMILIES["lstm"].looks_back


def test_a_history_reaches_over_rollouts_shorter_than_it():
    zero_reward_env = ZeroRewardVecEnv(make_env("hopper", 2, seed=0), looks_back=5)
    zero_reward_env.reset()
    rollouts = []
    for _ in range(4):
        for _ in range(2):
            zero_reward_env.step(np.zeros((2, 3), dtype=np.float32))
        rollouts.append(zero_reward_env.take_rollout())
    expected = torch.cat([r.obs for r in rollouts[:3]])[-5:]
    assert torch.equal(rollouts[3].history.obs, expected)


def test_a_frozen_agent_stays_so_when_saved_and_an_untrained_reward_is_refused(tmp_path):
    model = RewardModel("gan", training=CONFIG.reward)
    with pytest.raises(UsageError, match="trained before"):
        GAIL("hopper", None, model, config=CONFIG, frozen=True)
    model.fit(DEMOS)
    GAIL("hopper", None, model, config=CONFIG, frozen=True).save(tmp_path / "frozen.gfa")
    assert GAIL.load(tmp_path / "frozen.gfa").learn(256).frozen


def test_a_frozen_reward_learns_nothing_more_and_needs_no_demonstrations():
    model = RewardModel("airl", training=CONFIG.reward)
    model.fit(DEMOS)
    before = {key: value.clone() for key, value in model.state_dict().items()}
    GAIL("hopper", None, model, config=CONFIG, frozen=True).learn(512)
    assert all(torch.equal(before[key], value) for key, value in model.state_dict().items())


class _Faulty(Critic):
    """Gives what it is told to, for a batch of rows."""

    answer = staticmethod(lambda x: x)

    def __init__(self, widths, seed, config):
        super().__init__()

    def update(self, expert, agent):
        return {"loss": 0.0}

    def logit(self, x):
        return self.answer(x)


@pytest.mark.parametrize(
    ("answer", "error", "words"),
    [
        (lambda x: x[:, :1], UsageError, "one number a step"),
        (lambda x: torch.full((len(x),), torch.nan), NumericalError, "no longer finite"),
    ],
)
def test_a_reward_of_ones_own_that_answers_wrongly_is_told_so(monkeypatch, answer, error, words):
    monkeypatch.setitem(FAMILIES, "faulty", Family(_Faulty, NoConfig, "adversarial", "in this test"))
    monkeypatch.setattr(_Faulty, "answer", staticmethod(answer))
    with pytest.raises(error, match=words):
        GAIL("hopper", DEMOS, "faulty", config=CONFIG).learn(256)


def test_a_reward_model_of_another_version_is_said_to_be_so():
    model = RewardModel("gan", training=CONFIG.reward)
    model.fit(DEMOS)
    facts, state = model.facts(), model.state_dict()
    with pytest.raises(DataError, match="'inputs' is missing"):
        RewardModel.from_facts({key: value for key, value in facts.items() if key != "inputs"})
    with pytest.raises(DataError, match="train it anew"):
        RewardModel.from_facts(facts).load_state_dict({k: v for k, v in state.items() if k != "obs_std"})
    with pytest.raises(DataError, match="train it anew"):
        RewardModel("vail").load_state_dict(state)


def test_what_a_family_cannot_do_is_said():
    with pytest.raises(UsageError, match="cannot look at"):
        RewardModel("airl", inputs="ss'")
    with pytest.raises(UsageError, match="needs 2 steps"):
        RewardModel("gan").fit(Demonstrations.load("hopper-expert").take(1).subsample(1000))


@pytest.mark.parametrize("name", [name for name, family in FAMILIES.items() if family.looks_back])
def test_families_of_windows_refuse_single_steps(name):
    with pytest.raises(UsageError, match="consecutive"):
        RewardModel(name).fit(DEMOS.subsample(20))


def test_demonstrations_become_a_rollout_in_their_order():
    whole, loose = demonstrated(DEMOS), demonstrated(DEMOS.subsample(20))
    assert whole.count == DEMOS.steps
    assert int(whole.episode_start.sum()) == len(DEMOS)
    assert loose.episode_start.all()
    assert torch.equal(played(list(DEMOS)).obs, whole.obs)
    # Steps follow each other inside an episode.
    inside = ~whole.episode_start[1:, 0]
    assert torch.equal(whole.next_obs[:-1, 0][inside], whole.obs[1:, 0][inside])
