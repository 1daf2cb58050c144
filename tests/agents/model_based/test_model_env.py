"""Model rollouts end as they should, and real environments step beside them."""

import numpy as np
import pytest
import torch
from quick_world import QUICK

from gailforce import Demonstrations
from gailforce.agents.model_based.experience import RealExperience, reference_state_env
from gailforce.agents.model_based.mixed_env import MixedVecEnv
from gailforce.agents.model_based.model_env import ModelEnv
from gailforce.agents.models.world import WorldModel
from gailforce.envs import make_env
from gailforce.envs.errors import UsageError
from gailforce.envs.registry import find_body

BODY = find_body("hopper")
DEMOS = Demonstrations.load("hopper-expert").take(1)
ACTION = np.zeros((4, 3), dtype=np.float32)


@pytest.fixture(scope="module")
def world():
    model = WorldModel("ensemble", "hopper", 0, QUICK)
    model.fit(list(DEMOS))
    return model


class Scripted(WorldModel):
    """A world whose state never changes, with parts of its predictions replaced."""

    def __init__(self, other, **parts):
        super().__init__("ensemble", "hopper", 0, QUICK)
        self.model, self._parts = other.model, parts

    def step(self, carry, action, generator, expected=False):
        prediction = super().step(carry, action, generator, expected)
        still = prediction._replace(
            next_state=carry.state,
            p_terminated=torch.zeros(len(carry.state)),
            uncertainty=torch.zeros(len(carry.state)),
        )
        return still._replace(carry=carry._replace(state=carry.state), **self._parts)


def started(world, horizon=3, **kwargs):
    env = ModelEnv(world, 4, horizon, **kwargs)
    env.start_from(DEMOS[0].states)
    return env, env.reset()


def test_a_rollout_starts_at_a_real_state_and_its_horizon_truncates_it(world):
    model_env, obs = started(Scripted(world))
    real = {tuple(np.round(row, 4)) for row in DEMOS[0].obs}
    assert all(tuple(np.round(row, 4)) in real for row in obs)
    for _ in range(2):
        following, rewards, ended, infos = model_env.step(ACTION)
        assert not ended.any()
        assert not rewards.any()
    assert np.allclose(following, obs, atol=1e-5)
    following, _, ended, infos = model_env.step(ACTION)
    assert ended.all()
    assert all(info["TimeLimit.truncated"] for info in infos)
    assert np.allclose(infos[0]["terminal_observation"], obs[0], atol=1e-5)
    assert model_env.ends["horizon"] == 4


def test_a_fall_terminates_and_keeps_no_bootstrap(world):
    model_env, _ = started(Scripted(world, p_terminated=torch.ones(4)))
    _, _, ended, infos = model_env.step(ACTION)
    assert ended.all()
    assert not any(info["TimeLimit.truncated"] for info in infos)
    assert model_env.ends["fall"] == 4


def test_too_uncertain_rollouts_are_truncated(world):
    model_env, _ = started(
        Scripted(world, uncertainty=torch.tensor([0.0, 2.0, 0.0, 2.0])), max_uncertainty=1.0
    )
    _, _, ended, infos = model_env.step(ACTION)
    assert ended.tolist() == [False, True, False, True]
    assert infos[1]["TimeLimit.truncated"]
    assert model_env.ends["uncertainty"] == 2


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 1e6])
def test_a_model_that_diverges_is_caught_and_its_observation_is_finite(world, value):
    model_env, _ = started(Scripted(world, next_state=torch.full((4, 11), value)))
    obs, _, ended, infos = model_env.step(ACTION)
    assert ended.all()
    assert np.isfinite(obs).all()
    assert all(np.isfinite(info["terminal_observation"]).all() for info in infos)
    assert all(info["TimeLimit.truncated"] for info in infos)
    assert model_env.ends["divergence"] == 4


def test_a_rollout_of_no_steps_is_refused(world):
    with pytest.raises(UsageError, match="at least one step; got 0"):
        ModelEnv(world, 4, 0)


def test_a_reset_without_starts_is_refused(world):
    with pytest.raises(UsageError, match="start_from"):
        ModelEnv(world, 4).reset()


def test_real_environments_step_as_the_simulator_does(world):
    model_env, real = ModelEnv(world, 3, 4), RealExperience(reference_state_env("hopper", 2, 0))
    model_env.start_from(DEMOS[0].states[:100])
    env, twin = MixedVecEnv(real, model_env), make_env("hopper", 2, 0, threads=1)
    obs, action = env.reset(), np.full((5, 3), 0.3, dtype=np.float32)
    twin.reset()
    assert np.array_equal(obs[:2], np.asarray(twin.reset()))
    action += np.linspace(-0.2, 0.2, 5, dtype=np.float32)[:, None]
    ends = 0
    for _ in range(40):
        obs, paid, ended, infos = env.step(action)
        same, _, twin_ended, twin_infos = twin.step(action[:2])
        assert np.array_equal(obs[:2], same)
        assert np.array_equal(ended[:2], twin_ended)
        assert not paid.any()
        for mine, other in zip(infos[:2], twin_infos, strict=True):
            assert mine.keys() <= {"terminal_observation", "TimeLimit.truncated"}
            assert mine.get("TimeLimit.truncated") == other.get("TimeLimit.truncated")
            assert ("terminal_observation" in mine) == ("terminal_observation" in other)
        ends += int(ended[:2].sum())
    assert ends
    assert real.steps == 80
    real.close_collection()
    # Episodes that the reset ended count too.
    assert sum(map(len, real.episodes)) == 80


def test_rollouts_are_the_same_from_the_same_seed(world):
    model_env, still = ModelEnv(world, 4), np.zeros((4, 3), dtype=np.float32)
    model_env.start_from(DEMOS[0].states[:-1])
    found = [(model_env.seed(3), model_env.reset(), model_env.step(still)[0]) for _ in range(2)]
    assert np.array_equal(found[0][2], found[1][2])
