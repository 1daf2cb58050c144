"""World models on episodes: what they refuse, falls by the body's rule, and files."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from quick_world import QUICK

from gailforce import Demonstrations
from gailforce.agents.models.generator import motion_of
from gailforce.agents.models.world import WorldModel
from gailforce.envs.errors import DataError, UsageError
from gailforce.envs.registry import find_body
from gailforce.generative.worlds.dynamics import futures
from gailforce.generative.worlds.world_families import FUTURE, WORLDS

BODY = find_body("hopper")
DEMOS = Demonstrations.load("hopper-expert").take(1)


@pytest.fixture(scope="module")
def world():
    model = WorldModel("ensemble", "hopper", 0, QUICK)
    model.fit(list(DEMOS))
    return model


def _steps(name):
    """The steps of an episode that stand in each of the windows a family learns from."""
    family, count = WORLDS[name], len(DEMOS[0])
    numbered = replace(DEMOS[0], actions=np.tile(np.arange(count)[:, None], (1, 3)))
    return motion_of([numbered], family.window, family.stride).action[..., 0]


@pytest.mark.parametrize("name", WORLDS)
def test_the_windows_of_an_episode_hold_every_step(name):
    assert _steps(name).unique().tolist() == list(range(len(DEMOS[0])))


@pytest.mark.parametrize("name", ["lstm", "gpt"])
def test_windows_whose_rows_are_held_out_overlap_at_the_end_of_the_episode_alone(name):
    steps = _steps(name)
    assert steps[:-1].unique().numel() == steps[:-1].numel()


@pytest.mark.parametrize("name", ["diffusion", "gan"])
def test_every_step_that_has_a_whole_future_begins_one(name):
    rows = _steps(name)[..., None]
    begins = futures(torch.cat((rows, -torch.ones_like(rows)), dim=-1), FUTURE)[:, 0, 0]
    assert set(begins.tolist()) == set(range(len(DEMOS[0]) - FUTURE + 1))


def test_an_unknown_world_model_lists_the_others():
    with pytest.raises(UsageError, match="ensemble"):
        WorldModel("ensembel")


def test_demonstrations_without_states_are_refused(world):
    with pytest.raises(DataError, match="hold no states"):
        world.fit([replace(DEMOS[0], states=None)])


def test_demonstrations_of_another_body_are_refused():
    with pytest.raises(DataError, match="Walker2d-v5 has 17"):
        WorldModel("linear", "walker2d").fit(list(DEMOS))


def test_a_fall_by_the_bodys_own_rule_is_certain(world):
    lying = DEMOS[0].states[:4, 1:].copy()
    lying[:2, 0] = 0.2
    carry = world.start(torch.from_numpy(lying).float())
    found = world.step(carry, torch.zeros(4, 3), torch.Generator().manual_seed(0))
    fallen = BODY.terminated(*BODY.split(np.pad(found.next_state.double().numpy(), ((0, 0), (1, 0)))))
    assert fallen.tolist() == [True, True, False, False]
    assert (found.p_terminated[:2] == 1).all()


def test_a_world_model_comes_back_to_the_bit(world, tmp_path):
    world.max_uncertainty = 0.5
    world.save(tmp_path / "world.gfa")
    again = WorldModel.load(tmp_path / "world.gfa")
    assert (again.config, again.max_uncertainty) == (world.config, 0.5)
    state, action = torch.from_numpy(DEMOS[0].states[:4, 1:]).float(), torch.zeros(4, 3)
    one, other = (
        model.step(model.start(state), action, torch.Generator().manual_seed(0)) for model in (world, again)
    )
    assert torch.equal(one.next_state, other.next_state)
    agent = tmp_path / "other.gfd"
    DEMOS.save(agent)
    with pytest.raises(DataError, match="not a world model"):
        WorldModel.load(agent)
