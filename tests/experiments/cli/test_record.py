"""What is recorded says what it earned, even where the rewards themselves are left out."""

from pathlib import Path

import numpy as np
import pytest

from gailforce.demos.dataset import Demonstrations
from gailforce.demos.recorder import StillPolicy
from gailforce.envs import spaces
from gailforce.experiments.cli import record as recording
from gailforce.experiments.cli.demos import Check
from gailforce.experiments.cli.record import Record
from gailforce.experiments.pipeline.recording import RecordingConfig
from gailforce.experiments.runs.target import Target
from gailforce.experiments.scoring import card


@pytest.fixture(autouse=True)
def _still(monkeypatch):
    def resolve(path, env, options):
        return Target(StillPolicy(spaces(env)[1]), env, path, None)

    monkeypatch.setattr(recording, "resolve", resolve)
    monkeypatch.setattr(card, "REFERENCE_EPISODES", 1)


def test_a_plain_set_keeps_its_return_on_its_card(tmp_path):
    config = RecordingConfig(episodes=3, validation=2, plain=True)
    record = Record("hopper", Path("still"), tmp_path / "plain", config)
    result = record.run()
    demos = Demonstrations.load(result.path)
    assert demos[0].states is None
    assert demos.returns is None
    assert demos.card.episodes == result.episodes == 5
    assert demos.card.mean_return == pytest.approx(result.mean_return)
    assert demos.card.std_return == pytest.approx(result.std_return)


def test_recording_twice_counts_each_time_anew(tmp_path):
    record = Record("hopper", Path("still"), tmp_path / "set", RecordingConfig(episodes=1))
    assert record.run() == record.run()


def test_actions_at_bounds_are_judged_by_the_environment_s_bounds(tmp_path):
    # InvertedPendulum's actions go to 3.
    record = Record(
        "InvertedPendulum-v5", Path("still"), tmp_path / "set", RecordingConfig(episodes=1, noise=1.5)
    )
    path = record.run().path
    actions = Demonstrations.load(path)[0].actions
    share = Check(str(path)).run().share_of_actions_at_bounds
    assert share == pytest.approx((np.abs(actions) >= 3).mean())
    assert share < (np.abs(actions) >= 1).mean()
