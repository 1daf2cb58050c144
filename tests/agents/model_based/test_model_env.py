"""Dreams: branches end as they should, real steps are counted, and imagination is held against MuJoCo."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from gailforce import Demonstrations
from gailforce.agents.gail import GAILConfig
from gailforce.agents.model_based.experience import RealExperience, placed_env
from gailforce.agents.model_based.gail import ModelBasedGAIL
from gailforce.agents.model_based.mixed_env import MixedVecEnv
from gailforce.agents.model_based.model_env import ModelEnv
from gailforce.agents.model_based.training import DreamConfig, prepare
from gailforce.agents.models.world import WorldModel
from gailforce.demos.physics_residual import change_std, physics_residual
from gailforce.demos.recorder import RandomPolicy
from gailforce.envs import make_env
from gailforce.envs.errors import DataError, UsageError
from gailforce.envs.registry import find_body
from gailforce.experiments.cli.main import answer
from gailforce.experiments.pipeline.config import ImitationConfig
from gailforce.experiments.runs.folder import RunFolder
from gailforce.generative.families.ensemble import EnsembleConfig
from gailforce.generative.interfaces.window_model import FitConfig
from gailforce.generative.worlds.world_families import WorldConfig

BODY = find_body("hopper")
DEMOS = Demonstrations.load("hopper-expert").take(1)
QUICK = WorldConfig(
    fit=FitConfig(updates=30, batch_size=64),
    draws=2,
    ensemble=EnsembleConfig(members=2, elites=2, layers=(16,)),
)


@pytest.fixture(scope="module")
def world():
    model = WorldModel("ensemble", "hopper", 0, QUICK)
    model.fit(list(DEMOS))
    return model


class Scripted(WorldModel):
    """A world in which everything stays where it is, but for what a test says."""

    def __init__(self, other, **said):
        super().__init__("ensemble", "hopper", 0, QUICK)
        self.units, self.dynamics, self._said = other.units, other.dynamics, said

    def step(self, carry, action, generator, expected=False):
        found = super().step(carry, action, generator, expected)
        still = found._replace(
            next_state=carry.state,
            p_terminated=torch.zeros(len(carry.state)),
            uncertainty=torch.zeros(len(carry.state)),
        )
        return still._replace(carry=carry._replace(state=carry.state), **self._said)


def dreaming(world, horizon=3, **kwargs):
    dream = ModelEnv(world, 4, horizon, **kwargs)
    dream.branch_from(DEMOS[0].states)
    return dream, dream.reset()


ACTION = np.zeros((4, 3), dtype=np.float32)


def test_a_branch_begins_at_a_real_state_and_its_horizon_truncates_it(world):
    dream, obs = dreaming(Scripted(world))
    known = {tuple(np.round(row, 4)) for row in DEMOS[0].obs}
    assert all(tuple(np.round(row, 4)) in known for row in obs)
    for _ in range(2):
        following, rewards, ended, infos = dream.step(ACTION)
        assert not ended.any()
        assert not rewards.any()
    assert np.allclose(following, obs, atol=1e-5)
    following, _, ended, infos = dream.step(ACTION)
    assert ended.all()
    assert all(info["TimeLimit.truncated"] for info in infos)
    assert np.allclose(infos[0]["terminal_observation"], obs[0], atol=1e-5)
    assert dream.ends["horizon"] == 4


def test_a_fall_terminates_and_keeps_no_bootstrap(world):
    dream, _ = dreaming(Scripted(world, p_terminated=torch.ones(4)))
    _, _, ended, infos = dream.step(ACTION)
    assert ended.all()
    assert not any(info["TimeLimit.truncated"] for info in infos)
    assert dream.ends["fall"] == 4


def test_what_is_too_uncertain_is_cut_and_truncated(world):
    dream, _ = dreaming(Scripted(world, uncertainty=torch.tensor([0.0, 2.0, 0.0, 2.0])), cut=1.0)
    _, _, ended, infos = dream.step(ACTION)
    assert ended.tolist() == [False, True, False, True]
    assert infos[1]["TimeLimit.truncated"]
    assert dream.ends["uncertainty"] == 2


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 1e6])
def test_a_model_that_diverges_is_caught_and_its_observation_is_finite(world, value):
    dream, _ = dreaming(Scripted(world, next_state=torch.full((4, 11), value)))
    obs, _, ended, infos = dream.step(ACTION)
    assert ended.all()
    assert np.isfinite(obs).all()
    assert all(np.isfinite(info["terminal_observation"]).all() for info in infos)
    assert all(info["TimeLimit.truncated"] for info in infos)
    assert dream.ends["divergence"] == 4


def test_what_cannot_be_dreamt_is_said(world):
    with pytest.raises(UsageError, match="at least one step"):
        ModelEnv(world, 4, 0)
    with pytest.raises(UsageError, match="branch_from"):
        ModelEnv(world, 4).reset()
    with pytest.raises(UsageError, match="ensemble"):
        WorldModel("ensembel")
    with pytest.raises(UsageError, match=r"--dream\.shortest"):
        DreamConfig(shortest=0)
    with pytest.raises(UsageError, match=r"--dream\.life"):
        DreamConfig(life=0)
    with pytest.raises(UsageError, match=r"--dream\.placed"):
        DreamConfig(placed=3.0)
    with pytest.raises(UsageError, match=r"--dream\.awake"):
        DreamConfig(awake=0)
    with pytest.raises(UsageError, match="pays no true reward"):
        ModelBasedGAIL("hopper", DEMOS, "true")
    with pytest.raises(UsageError, match="leave the horizon native"):
        ModelBasedGAIL("hopper", DEMOS, horizon="fixed")
    with pytest.raises(UsageError, match=r"GAIL\.load"):
        ModelBasedGAIL.load("agent.gfa")
    with pytest.raises(UsageError, match="none dreams"):
        ModelBasedGAIL("hopper", DEMOS, config=GAILConfig(n_envs=8), dream=DreamConfig(awake=8))
    with pytest.raises(DataError, match="hold no states"):
        world.fit([replace(DEMOS[0], states=None)])
    with pytest.raises(DataError, match="Walker2d-v5 has 17"):
        WorldModel("linear", "walker2d").fit(list(DEMOS))
    with pytest.raises(UsageError, match="leave --horizon native"):
        ImitationConfig("hopper", world_model="ensemble", horizon="fixed").agent(DEMOS)
    with pytest.raises(UsageError, match="no states to dream in"):
        RealExperience(placed_env("Pendulum-v1", 2, 0))


def test_what_was_lived_is_real_and_counted():
    real = RealExperience(placed_env("hopper", 4, 0))
    real.live(RandomPolicy(real.action_space), 201)
    assert real.steps == 204 == sum(map(len, real.episodes))
    unit = change_std(list(DEMOS))
    for episode in real.episodes:
        assert physics_residual(BODY, episode.states, episode.actions, unit).max() < 1e-6
        assert np.allclose(episode.obs, BODY.observe(*BODY.split(episode.states)))
        fallen = bool(BODY.terminated(*BODY.split(episode.states[-1:]))[0])
        assert episode.terminated == fallen
    # The next life begins where the last one was cut.
    before = [e for e in real.episodes if not e.terminated]
    count = len(real.episodes)
    real.live(RandomPolicy(real.action_space), 4)
    starts = [e.states[0].tolist() for e in real.episodes[count:]]
    assert all(e.states[-1].tolist() in starts for e in before)


def test_placed_episodes_begin_at_given_states_and_are_short():
    starts = DEMOS[0].states[::100]
    real = RealExperience(placed_env("hopper", 2, 0, starts, placed=1.0, longest=5))
    real.live(RandomPolicy(real.action_space), 20)
    assert real.steps == 20 == sum(map(len, real.episodes))
    known = {tuple(row) for row in starts}
    assert all(tuple(e.states[0]) in known for e in real.episodes)
    assert max(map(len, real.episodes)) == 5
    assert all(e.truncated for e in real.episodes if len(e) == 5)


def test_awake_copies_live_as_the_simulator_says(world):
    dream, real = ModelEnv(world, 3, 4), RealExperience(placed_env("hopper", 2, 0))
    dream.branch_from(DEMOS[0].states[:100])
    env, twin = MixedVecEnv(real, dream), make_env("hopper", 2, 0, threads=1)
    obs, action = env.reset(), np.full((5, 3), 0.3, dtype=np.float32)
    twin.reset()
    assert np.array_equal(obs[:2], np.asarray(twin.reset()))
    action += np.linspace(-0.2, 0.2, 5, dtype=np.float32)[:, None]
    ends = 0
    for _ in range(40):
        obs, paid, ended, infos = env.step(action)
        same, _, over, told = twin.step(action[:2])
        assert np.array_equal(obs[:2], same)
        assert np.array_equal(ended[:2], over)
        assert not paid.any()
        for mine, other in zip(infos[:2], told, strict=True):
            assert mine.keys() <= {"terminal_observation", "TimeLimit.truncated"}
            assert mine.get("TimeLimit.truncated") == other.get("TimeLimit.truncated")
            assert ("terminal_observation" in mine) == ("terminal_observation" in other)
        ends += int(ended[:2].sum())
    assert ends
    assert real.steps == 80
    real.cut()
    # What went on when all began anew counts too.
    assert sum(map(len, real.episodes)) == 80


def test_a_fall_by_the_bodys_own_rule_is_certain(world):
    lying = DEMOS[0].states[:4, 1:].copy()
    lying[:2, 0] = 0.2
    carry = world.start(torch.from_numpy(lying).float())
    found = world.step(carry, torch.zeros(4, 3), torch.Generator().manual_seed(0))
    fallen = BODY.terminated(*BODY.split(np.pad(found.next_state.double().numpy(), ((0, 0), (1, 0)))))
    assert fallen.tolist() == [True, True, False, False]
    assert (found.p_terminated[:2] == 1).all()


def test_branches_begin_where_the_config_says(world):
    real = RealExperience(placed_env("hopper", 2, 0))
    real.live(RandomPolicy(real.action_space), 40)
    demonstrated = {tuple(row) for row in DEMOS[0].states[:-1, 1:]}
    for share in (0.0, 0.25, 1.0):
        dream = ModelEnv(world, 4)
        prepare(dream, list(DEMOS), real, DreamConfig(demonstrated=share, world=QUICK), 0)
        found = np.mean([tuple(row) in demonstrated for row in dream._starts])
        assert found == pytest.approx(share, abs=1e-3)


def test_half_of_the_copies_live_without_exploring():
    class Told(RandomPolicy):
        def predict(self, obs, state=None, episode_start=None, deterministic=False):
            return np.full((len(obs), 3), 0.0 if deterministic else 0.5, dtype=np.float32), state

    real = RealExperience(placed_env("hopper", 4, 0))
    real.live(Told(real.action_space), 8)
    assert sorted(float(e.actions.mean()) for e in real.episodes) == [0.0, 0.0, 0.5, 0.5]
    for _ in range(6):
        real.live(Told(real.action_space), 4)
    # Five lives are recent, of four steps each.
    assert sum(map(len, real.recent)) == 20


def test_branches_grow_with_the_dreams(world):
    real = RealExperience(placed_env("hopper", 2, 0))
    real.live(RandomPolicy(real.action_space), 20)
    dream, config = ModelEnv(world, 4), DreamConfig(shortest=5, longest=20, grown=10, world=QUICK)
    horizons = []
    for dreams in (0, 5, 10, 50):
        prepare(dream, list(DEMOS), real, config, dreams)
        horizons.append(dream.horizon)
    assert horizons == [5, 12, 20, 20]
    assert 0 < dream.cut < np.inf
    assert world.cut == dream.cut


def test_a_dream_draws_the_same_from_the_same_seed(world):
    dream, still = ModelEnv(world, 4), np.zeros((4, 3), dtype=np.float32)
    dream.branch_from(DEMOS[0].states[:-1])
    found = [(dream.seed(3), dream.reset(), dream.step(still)[0]) for _ in range(2)]
    assert np.array_equal(found[0][2], found[1][2])


def test_a_world_model_comes_back_to_the_bit(world, tmp_path):
    world.cut = 0.5
    world.save(tmp_path / "world.gfa")
    again = WorldModel.load(tmp_path / "world.gfa")
    assert (again.config, again.cut) == (world.config, 0.5)
    state, action = torch.from_numpy(DEMOS[0].states[:4, 1:]).float(), torch.zeros(4, 3)
    one, other = (
        model.step(model.start(state), action, torch.Generator().manual_seed(0)) for model in (world, again)
    )
    assert torch.equal(one.next_state, other.next_state)
    agent = tmp_path / "other.gfd"
    DEMOS.save(agent)
    with pytest.raises(DataError, match="not a world model"):
        WorldModel.load(agent)


def test_gail_learns_in_a_dream_and_lives_in_between():
    dream = DreamConfig(first=200, awake=4, every=2048, grown=4, updates=10, world=QUICK)
    config = GAILConfig(n_envs=16)
    agent = ModelBasedGAIL("hopper", DEMOS, seed=0, config=config, dream=dream)
    before = agent.policy.state_dict()["action_net.weight"].clone()
    assert agent.real_steps == 200
    agent.learn(3 * 2048)
    # A quarter of the copies is awake.
    assert agent.real_steps == 200 + 3 * 2048 // 4
    # Two lessons of the four until branches of 10 have 40 steps; further ones go on from there.
    assert agent.dream.horizon == 25
    agent.learn(3 * 2048, reset_num_timesteps=False)
    assert agent.dream.horizon == 40
    assert not torch.equal(before, agent.policy.state_dict()["action_net.weight"])


def test_the_verb_dream_wants_a_run_with_a_world(tmp_path, capsys):
    assert answer(["dream", str(tmp_path / "nothing")]) != 0
    assert "nothing" in capsys.readouterr().err


def test_a_dream_is_not_resumed_in_half(tmp_path, capsys):
    config = ImitationConfig("hopper", world_model="ensemble", steps=10)
    run = RunFolder.create("imitate-hopper", tmp_path, {"kind": "imitation", **config.to_plain()})
    assert answer(["resume", str(run.path)]) != 0
    assert "start anew" in capsys.readouterr().err
