"""A video shows what it says: the right environment, an episode that exists, the run's own horizon."""

from dataclasses import replace

import pytest

from gailforce.agents.expert import Expert, ExpertConfig
from gailforce.agents.learner import PPOConfig
from gailforce.demos.dataset import Demonstrations
from gailforce.demos.recorder import StillPolicy
from gailforce.envs import spaces
from gailforce.envs.errors import DataError, UsageError
from gailforce.experiments import filming
from gailforce.experiments.filming import Video, film_beside_expert
from gailforce.experiments.run import RunFolder


@pytest.fixture
def run(tmp_path):
    run = RunFolder.create("imitate-hopper", tmp_path, {"kind": "imitation", "horizon": "fixed"})
    Expert("hopper", config=ExpertConfig(8, PPOConfig(256, 128))).save(run.agent)
    return run


@pytest.fixture
def unseen(tmp_path):
    """Demonstrations with neither states nor seeds, as most people's."""
    demos = Demonstrations.load("hopper-expert").take(1)
    plain = [replace(t, states=None, rewards=None, residual=None, seed=None) for t in demos]
    return str(Demonstrations(plain, demos.card, "unseen").save(tmp_path / "unseen"))


@pytest.mark.parametrize(
    ("flags", "fault", "words"),
    [
        ({"demos": "hopper-expert", "episode": 99}, UsageError, "episodes 0 to 24"),
        ({"demos": "walker2d-expert"}, DataError, "come from Walker2d-v5, not Hopper-v5"),
        ({}, UsageError, "--demos"),
    ],
)
def test_an_expert_that_cannot_stand_beside_is_refused(run, flags, fault, words):
    with pytest.raises(fault, match=words):
        Video(run.path, **flags).run()


def test_an_expert_that_cannot_be_shown_is_refused_with_the_way_out(run, unseen):
    with pytest.raises(DataError, match="--beside none"):
        Video(run.path, demos=unseen).run()
    still = StillPolicy(spaces("hopper")[1])
    with pytest.raises(DataError, match="neither states nor a seed"):
        film_beside_expert(still, "hopper", Demonstrations.load(unseen)[0], None, run.videos / "a.mp4")


def test_a_run_is_filmed_with_its_own_horizon(run, monkeypatch):
    horizons = []

    def film(path, env, episodes, model, horizon="native"):
        horizons.append(horizon)
        return path

    monkeypatch.setattr(filming, "film", film)
    result = Video(run.path, beside="none").run()
    assert horizons == ["fixed"]
    # An untrained hopper falls within some dozens of steps.
    assert result["steps"] == 1000
