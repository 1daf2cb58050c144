"""Model rollouts: those of MuJoCo where the model is MuJoCo; they end at falls and divergence."""

import numpy as np
import pytest
import torch

from gailforce import Demonstrations
from gailforce.agents.model_based.rollouts import model_rollouts
from gailforce.agents.models.world import KIND, WorldModel
from gailforce.demos.execution import executed, spread_of, steps_kept
from gailforce.demos.recorder import StillPolicy
from gailforce.demos.storage import save_archive
from gailforce.envs.errors import DataError
from gailforce.envs.physics import replay
from gailforce.envs.registry import find_body, spaces
from gailforce.generative.worlds.world_model import Carry, Prediction

BODY = find_body("hopper")
DEMOS = Demonstrations.load("hopper-expert").take(1)
STARTS = DEMOS[0].states[[0, 200, 400]]
STILL = StillPolicy(spaces("Hopper-v5")[1])


class Physics(WorldModel):
    """A world model that is MuJoCo itself; a test can make it predict a fall or diverge."""

    def __init__(self, falls_at=None, diverges_at=None):
        super().__init__("linear", "hopper")
        self.fit(list(DEMOS))
        self.steps, self.falls_at, self.diverges_at = 0, falls_at, diverges_at

    def step(self, carry, action, generator, expected=False):
        assert expected
        self.steps += 1
        before = np.pad(carry.state.double().numpy(), ((0, 0), (1, 0)))
        change = replay(BODY, before, action.numpy()) - before
        state = carry.state + torch.from_numpy(change[:, 1:]).float()
        if self.steps == self.diverges_at:
            state[0] = torch.nan
        fallen = torch.full((len(state),), float(self.steps == self.falls_at))
        after = Carry(state, carry.past)
        return Prediction(after, state, torch.from_numpy(change).float(), fallen, torch.zeros(len(state)))


def test_with_physics_as_its_model_a_rollout_is_what_physics_plays():
    for episode in model_rollouts(Physics(), STILL, STARTS, 20):
        real = executed(BODY, episode)
        assert len(episode) == 20
        assert episode.truncated
        assert np.abs(episode.states - real.states).max() < 1e-3
        assert steps_kept(episode, real, spread_of(list(DEMOS))) == 20


def test_a_fall_that_the_model_sees_ends_the_episode():
    for episode in model_rollouts(Physics(falls_at=5), STILL, STARTS, 20):
        assert len(episode) == 5
        assert episode.terminated


def test_a_row_that_diverges_ends_before_and_the_others_continue():
    lengths = [len(episode) for episode in model_rollouts(Physics(diverges_at=5), STILL, STARTS, 20)]
    assert lengths == [4, 20, 20]
    # Nothing is left of an episode that diverges at once.
    assert len(model_rollouts(Physics(diverges_at=1), STILL, STARTS, 20)) == 2


def test_a_world_from_before_its_settings_were_kept_is_refused(tmp_path):
    save_archive(tmp_path / "old.gfa", {}, {"kind": KIND, "name": "linear"})
    with pytest.raises(DataError, match="make the run anew"):
        WorldModel.load(tmp_path / "old.gfa")


def test_a_world_of_another_version_is_refused(tmp_path):
    save_archive(tmp_path / "old.gfa", {}, {"kind": KIND, "name": "linear", "config": {}})
    with pytest.raises(DataError, match="another version of gailforce"):
        WorldModel.load(tmp_path / "old.gfa")
