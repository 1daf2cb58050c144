"""Model-based GAIL: its settings, its rollouts and its real steps."""

import re

import numpy as np
import pytest
import torch
from quick_world import QUICK

from gailforce import Demonstrations
from gailforce.agents.gail import GAILConfig
from gailforce.agents.model_based.experience import RealExperience, reference_state_env
from gailforce.agents.model_based.gail import ModelBasedGAIL
from gailforce.agents.model_based.model_env import ModelEnv
from gailforce.agents.model_based.training import ModelBasedConfig, prepare
from gailforce.agents.models.world import WorldModel
from gailforce.demos.recorder import RandomPolicy
from gailforce.envs.errors import UsageError
from gailforce.envs.registry import find_body
from gailforce.experiments.cli.main import answer
from gailforce.experiments.pipeline.config import ImitationConfig
from gailforce.experiments.runs.folder import RunFolder

BODY = find_body("hopper")
DEMOS = Demonstrations.load("hopper-expert").take(1)


@pytest.fixture(scope="module")
def world():
    model = WorldModel("ensemble", "hopper", 0, QUICK)
    model.fit(list(DEMOS))
    return model


@pytest.mark.parametrize(
    ("settings", "flag"),
    [
        ({"random_steps": 0}, "--model-based.random-steps must be at least 1, got 0"),
        ({"model_update_interval": 0}, "--model-based.model-update-interval must be at least 1, got 0"),
        ({"max_episode_steps": 0}, "--model-based.max-episode-steps must be at least 1, got 0"),
        ({"n_real_envs": 0}, "--model-based.n-real-envs must be at least 1, got 0"),
        (
            {"reference_state_init": 3.0},
            "--model-based.reference-state-init must be between 0 and 1, got 3.0",
        ),
        (
            {"uncertainty_quantile": -1.0},
            "--model-based.uncertainty-quantile must be between 0 and 1, got -1.0",
        ),
        ({"demo_start_share": 2.0}, "--model-based.demo-start-share must be between 0 and 1, got 2.0"),
        ({"rollout_length_min": 0}, "--model-based.rollout-length-min"),
        ({"rollout_length_min": 9, "rollout_length_max": 8}, "--model-based.rollout-length-max"),
    ],
)
def test_invalid_settings_name_their_flag(settings, flag):
    with pytest.raises(UsageError, match=re.escape(flag)):
        ModelBasedConfig(**settings)


def test_the_true_reward_is_refused():
    with pytest.raises(UsageError, match="gives no true reward"):
        ModelBasedGAIL("hopper", DEMOS, "true")


def test_a_fixed_horizon_is_refused():
    with pytest.raises(UsageError, match="leave the horizon native"):
        ModelBasedGAIL("hopper", DEMOS, horizon="fixed")


def test_a_fixed_horizon_on_the_command_line_names_its_flag():
    with pytest.raises(UsageError, match="leave --horizon native"):
        ImitationConfig("hopper", world_model="ensemble", horizon="fixed").agent(DEMOS)


def test_loading_a_model_based_agent_names_what_loads():
    with pytest.raises(UsageError, match=r"GAIL\.load"):
        ModelBasedGAIL.load("agent.gfa")


def test_real_environments_alone_are_refused():
    config = ModelBasedConfig(n_real_envs=8)
    with pytest.raises(UsageError, match=r"lower --model-based\.n-real-envs"):
        ModelBasedGAIL("hopper", DEMOS, config=GAILConfig(n_envs=8), model_based=config)


def test_rollouts_start_where_the_config_says(world):
    real = RealExperience(reference_state_env("hopper", 2, 0))
    real.collect(RandomPolicy(real.action_space), 40)
    demonstrated = {tuple(row) for row in DEMOS[0].states[:-1, 1:]}
    for share in (0.0, 0.25, 1.0):
        model_env = ModelEnv(world, 4)
        prepare(model_env, list(DEMOS), real, ModelBasedConfig(demo_start_share=share, world=QUICK), 0)
        found = np.mean([tuple(row) in demonstrated for row in model_env._starts])
        assert found == pytest.approx(share, abs=1e-3)


def test_rollouts_grow_with_the_updates_of_the_model(world):
    real = RealExperience(reference_state_env("hopper", 2, 0))
    real.collect(RandomPolicy(real.action_space), 20)
    model_env, config = (
        ModelEnv(world, 4),
        ModelBasedConfig(rollout_length_min=5, rollout_length_max=20, rollout_length_ramp=10, world=QUICK),
    )
    horizons = []
    for updates in (0, 5, 10, 50):
        prepare(model_env, list(DEMOS), real, config, updates)
        horizons.append(model_env.horizon)
    assert horizons == [5, 12, 20, 20]
    assert 0 < model_env.max_uncertainty < np.inf
    assert world.max_uncertainty == model_env.max_uncertainty


def test_gail_learns_in_a_model_and_collects_real_steps_in_between():
    model_based = ModelBasedConfig(
        random_steps=200,
        n_real_envs=4,
        model_update_interval=2048,
        rollout_length_ramp=4,
        updates=10,
        world=QUICK,
    )
    config = GAILConfig(n_envs=16)
    agent = ModelBasedGAIL("hopper", DEMOS, seed=0, config=config, model_based=model_based)
    before = agent.policy.state_dict()["action_net.weight"].clone()
    assert agent.real_steps == 200
    agent.learn(3 * 2048)
    # A quarter of the environments is real.
    assert agent.real_steps == 200 + 3 * 2048 // 4
    # Two of the four updates until rollouts of 10 steps have 40; further updates continue from there.
    assert agent.model_env.horizon == 25
    agent.learn(3 * 2048, reset_num_timesteps=False)
    assert agent.model_env.horizon == 40
    assert not torch.equal(before, agent.policy.state_dict()["action_net.weight"])


def test_the_verb_dream_wants_a_run_with_a_world(tmp_path, capsys):
    assert answer(["dream", str(tmp_path / "nothing")]) != 0
    assert "nothing" in capsys.readouterr().err


def test_model_based_training_is_not_resumed(tmp_path, capsys):
    config = ImitationConfig("hopper", world_model="ensemble", steps=10)
    run = RunFolder.create("imitate-hopper", tmp_path, "imitation", config)
    assert answer(["resume", str(run.path)]) != 0
    assert "start anew" in capsys.readouterr().err
