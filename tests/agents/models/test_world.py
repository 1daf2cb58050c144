"""World models on episodes: what they refuse, falls by the body's rule, and files."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from quick_world import QUICK

from gailforce import Demonstrations
from gailforce.agents.models.world import WorldModel
from gailforce.envs.errors import DataError, UsageError
from gailforce.envs.registry import find_body

BODY = find_body("hopper")
DEMOS = Demonstrations.load("hopper-expert").take(1)


@pytest.fixture(scope="module")
def world():
    model = WorldModel("ensemble", "hopper", 0, QUICK)
    model.fit(list(DEMOS))
    return model


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
