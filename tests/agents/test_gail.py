"""GAIL on the smallest task with a known answer, and the promises around it."""

import functools

import gymnasium
import numpy as np
import pytest
import torch
from probes import Track
from stable_baselines3 import PPO
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.evaluation import evaluate_policy
from stable_baselines3.common.vec_env import DummyVecEnv

from gailforce.agents.bc import BC, BCConfig
from gailforce.agents.gail import GAIL, GAILConfig
from gailforce.agents.models.reward import RewardModel, played, require_safe_form
from gailforce.agents.sb3.normalizer import RunningNorm
from gailforce.agents.sb3.ppo import PPOConfig
from gailforce.demos.card import Card
from gailforce.demos.dataset import Demonstrations
from gailforce.demos.trajectory import Trajectory
from gailforce.envs import make_env
from gailforce.envs.errors import DataError, NumericalError, UsageError
from gailforce.generative.families.gan import GANConfig, gan
from gailforce.generative.families.vail import VAILConfig
from gailforce.generative.rewards.reward_config import RewardConfig

CONFIG = GAILConfig(n_envs=8, ppo=PPOConfig(steps_per_update=256, batch_size=64, learning_rate=3e-3))
HOPPER = GAILConfig(n_envs=8, ppo=PPOConfig(steps_per_update=256, batch_size=128))


def _going_right(episodes=3):
    x = np.linspace(0, 2, 21)[:, None]
    trajectory = Trajectory(obs=x, actions=np.ones((20, 1)), terminated=False, truncated=True)
    return Demonstrations([trajectory] * episodes, Card(env_id="Track"))


def _track():
    return DummyVecEnv([lambda: gymnasium.wrappers.TimeLimit(Track(), 20)] * 8)


def _hopper_demos(rewards=True):
    rng = np.random.default_rng(0)
    steps = 40
    trajectory = Trajectory(
        obs=rng.normal(size=(steps + 1, 11)),
        actions=rng.uniform(-1, 1, (steps, 3)),
        terminated=False,
        truncated=True,
        rewards=np.full(steps, np.nan) if rewards else None,
    )
    return Demonstrations([trajectory] * 2, Card(env_id="Hopper-v5"))


def test_an_expert_that_always_goes_right_is_imitated():
    agent = GAIL(_track(), _going_right(), config=CONFIG, seed=0).learn(12_000)
    actions, _ = agent.predict(np.linspace(0, 1.5, 7)[:, None], deterministic=True)
    assert (actions > 0.7).all()


def test_rewards_of_the_demonstrations_are_never_read():
    weights = []
    for demos in (_hopper_demos(), _hopper_demos().without_rewards()):
        agent = GAIL("hopper", demos, config=HOPPER, seed=3).learn(512)
        weights.append(torch.cat([p.flatten() for p in agent.policy.parameters()]))
    assert torch.equal(*weights)


def test_a_saved_agent_acts_and_judges_the_same(tmp_path):
    agent = GAIL("hopper", _hopper_demos(), config=HOPPER, seed=1).learn(512)
    agent.save(tmp_path / "agent.gfa")
    loaded = GAIL.load(tmp_path / "agent.gfa")
    obs = np.random.default_rng(0).normal(size=(30, 11))
    assert np.array_equal(
        agent.predict(obs, deterministic=True)[0], loaded.predict(obs, deterministic=True)[0]
    )
    states = (agent.reward_model.state_dict(), loaded.reward_model.state_dict())
    assert all(torch.equal(states[0][key], states[1][key]) for key in states[0])
    assert loaded.learner.num_timesteps == 512


def test_a_loaded_agent_learns_on_with_demonstrations_and_refuses_without(tmp_path):
    GAIL("hopper", _hopper_demos(), config=HOPPER).learn(256).save(tmp_path / "agent.gfa")
    with pytest.raises(UsageError, match="demos="):
        GAIL.load(tmp_path / "agent.gfa").learn(256)
    agent = GAIL.load(tmp_path / "agent.gfa", demos=_hopper_demos(), config=HOPPER)
    assert agent.learn(256, reset_num_timesteps=False).learner.num_timesteps == 512


def test_the_number_of_copies_does_not_change_the_steps_between_updates():
    for copies in (4, 8):
        agent = GAIL("hopper", _hopper_demos(), config=GAILConfig(n_envs=copies, ppo=HOPPER.ppo))
        assert agent.learner.n_steps * copies == 256


def test_your_own_keyword_arguments_and_your_own_learner_are_used():
    agent = GAIL("hopper", _hopper_demos(), config=HOPPER, ent_coef=0.25)
    assert agent.learner.ent_coef == 0.25
    own = functools.partial(PPO, "MlpPolicy", n_steps=32, batch_size=64, gamma=0.5)
    agent = GAIL("hopper", _hopper_demos(), learner=own, config=HOPPER).learn(256)
    # The usual learner has a gamma of 0.99, and as many steps as this one.
    assert (agent.learner.batch_size, agent.learner.gamma) == (64, 0.5)
    with pytest.raises(UsageError, match=r"agent\.policy\.save"):
        agent.save("unused.gfa")


def test_stable_baselines3_evaluates_our_agents_unchanged():
    agent = GAIL("hopper", _hopper_demos(), config=HOPPER)
    mean, std = evaluate_policy(agent, make_env("hopper", 2), n_eval_episodes=2)
    assert np.isfinite([mean, std]).all()


def test_the_discriminator_is_trained_before_it_scores():
    agent = GAIL("hopper", _hopper_demos(), config=HOPPER)
    order = []
    for verb in ("update", "reward"):
        method = getattr(agent.reward_model, verb)
        setattr(
            agent.reward_model, verb, lambda *a, method=method, verb=verb: (order.append(verb), method(*a))[1]
        )
    agent.learn(512)
    assert order == ["update", "reward"] * 2


def test_the_two_steps_of_a_round_train_and_relabel_the_same_rollout():
    agent = GAIL("hopper", _hopper_demos(), config=HOPPER)
    agent.learn(256)
    rollout = played(list(_hopper_demos()))
    before = agent.relabel(rollout)
    assert np.array_equal(before, agent.relabel(rollout))
    agent.train_discriminator(rollout)
    assert not np.array_equal(before, agent.relabel(rollout))


def test_the_reward_model_decides_how_much_is_learned_from_and_replayed(monkeypatch):
    model, drawn = RewardModel("gan", training=RewardConfig(updates=3, batch_size=32, replay=2)), []
    agent = GAIL("hopper", _hopper_demos(), model, config=HOPPER)
    monkeypatch.setattr(
        model.critic, "update", lambda expert, agent: drawn.append((expert, agent)) or {"loss": 0.0}
    )
    rollouts = []
    train = agent.reward_model.update
    monkeypatch.setattr(model, "update", lambda e, a: (rollouts.append(model.net._seen(a)), train(e, a))[1])
    agent.learn(256 * 3)
    assert len(drawn) == 3 * 3
    assert all(len(expert) == len(sampled) == 32 for expert, sampled in drawn)
    third = torch.cat([sampled for _, sampled in drawn[6:]])
    from_rollout = [(third[:, None] == rollout).all(dim=-1).any(dim=1) for rollout in rollouts]
    assert not from_rollout[0].any()
    assert from_rollout[1].any()
    assert (from_rollout[1] | from_rollout[2]).all()


@pytest.mark.parametrize("form", ["logit", "negative", "fairl"])
def test_forms_that_can_pay_for_dying_are_refused_on_a_native_horizon(form):
    with pytest.raises(UsageError, match="falling early"):
        require_safe_form(form, "native")
    require_safe_form(form, "fixed")
    require_safe_form(form, "native", force=True)
    require_safe_form("positive", "native")


@pytest.mark.parametrize(
    ("build", "error", "words"),
    [
        (lambda: GAIL("hopper", _going_right()), DataError, "come from Track, not Hopper-v5"),
        (lambda: GAIL("hopper", _hopper_demos(), "gann"), UsageError, "did you mean gan"),
        (lambda: RewardModel(inputs="as"), UsageError, "there are: s, sa, ss'"),
        (lambda: RewardModel(form="positiv"), UsageError, "did you mean positive"),
        (lambda: RewardModel("gan", config=VAILConfig()), UsageError, "VAILConfig, which are those of vail"),
        (lambda: GAIL("hopper", _hopper_demos(), learner="pppo"), UsageError, "there are: ppo"),
    ],
)
def test_what_does_not_fit_is_refused_with_the_choices(build, error, words):
    with pytest.raises(error, match=words):
        build()


@pytest.mark.parametrize("inputs", ["s", "sa", "ss'"])
def test_the_critic_sees_what_its_inputs_say(inputs):
    model = RewardModel(inputs=inputs)
    model.fit(_hopper_demos())
    width = {"s": 11, "sa": 14, "ss'": 22}[inputs]
    assert torch.equal(model.critic.logit(torch.zeros(1, width)), gan(width, 0).logit(torch.zeros(1, width)))


class _Stop(BaseCallback):
    def _on_step(self):
        if self.n_calls == 5:
            raise KeyboardInterrupt
        return True


def test_an_interrupt_in_the_middle_of_a_rollout_leaves_nothing_behind():
    agent = GAIL("hopper", _hopper_demos(), config=HOPPER)
    with pytest.raises(KeyboardInterrupt):
        agent.learn(256, _Stop())
    steps = agent.learner.num_timesteps
    agent.learn(512)
    assert steps < agent.learner.num_timesteps == 512


def test_a_loaded_agent_keeps_its_settings_and_its_horizon(tmp_path):
    training, own = RewardConfig(updates=2, input_clip=2.0), GANConfig(layers=(16,))
    model = RewardModel("gan", inputs="s", form="logit", config=own, training=training)
    agent = GAIL("hopper", _hopper_demos(), model, config=HOPPER, horizon="fixed").learn(256)
    agent.save(tmp_path / "agent.gfa")
    loaded = GAIL.load(tmp_path / "agent.gfa")
    assert loaded.reward_model.net.config == own
    assert loaded.reward_model.net.training == training
    assert loaded.config == HOPPER
    assert loaded.horizon == "fixed"
    with pytest.raises(UsageError, match="falling early"):
        GAIL.load(tmp_path / "agent.gfa", horizon="native")


def test_a_reward_model_used_again_begins_anew():
    model = RewardModel("gan")
    GAIL("hopper", _hopper_demos(), model, config=HOPPER).learn(256)
    GAIL("hopper", _hopper_demos(), model, config=HOPPER)
    assert not model.net._replay


def test_weights_that_are_not_finite_are_said():
    with pytest.raises(NumericalError, match="lower the learning rate"):
        GAIL("hopper", _hopper_demos(), config=HOPPER, learning_rate=1e30).learn(1024)


def test_your_own_policy_arguments_keep_the_normalizer():
    agent = GAIL("hopper", _hopper_demos(), config=HOPPER, policy_kwargs={"net_arch": {"pi": [8], "vf": [8]}})
    assert isinstance(agent.policy.features_extractor, RunningNorm)
    assert agent.policy.mlp_extractor.policy_net[0].out_features == 8


def test_cloning_never_reads_rewards():
    weights = []
    for demos in (_hopper_demos(), _hopper_demos().without_rewards()):
        agent = BC("hopper", demos, config=BCConfig(layers=(8,), updates=100)).learn()
        weights.append(torch.cat([p.flatten() for p in agent.policy.parameters()]))
    assert torch.equal(*weights)


def test_the_learning_rate_falls_through_the_whole_of_one_learn():
    rates = []
    agent = GAIL("hopper", _hopper_demos(), config=HOPPER)
    train = agent.learner.train

    def watched():
        agent.learner._update_learning_rate(agent.policy.optimizer)
        rates.append(agent.policy.optimizer.param_groups[0]["lr"])
        train()

    agent.learner.train = watched
    agent.learn(1024)
    start = HOPPER.ppo.learning_rate
    assert rates == pytest.approx([start * 3 / 4, start / 2, start / 4, 0.0])
