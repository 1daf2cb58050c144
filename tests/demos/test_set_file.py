import dataclasses
import os

import numpy as np
import pytest

from gailforce.demos import library
from gailforce.demos.dataset import Demonstrations
from gailforce.demos.storage import load_archive, save_archive
from gailforce.envs.errors import DataError, UsageError

pytestmark = pytest.mark.filterwarnings("ignore:.*expert:UserWarning")


def seeds(demos):
    return [trajectory.seed for trajectory in demos]


def test_saving_and_loading_gives_the_same_set(recorded, tmp_path):
    path = recorded.save(tmp_path / "falls")
    loaded = Demonstrations.load(path)
    assert path.name == "falls.gfd"
    assert (loaded.name, loaded.env_id, len(loaded)) == ("falls", recorded.env_id, 4)
    assert loaded.fingerprint() == recorded.fingerprint()
    np.testing.assert_array_equal(loaded.returns, recorded.returns)
    assert Demonstrations.load(tmp_path / "falls").fingerprint() == recorded.fingerprint()


def test_equal_sets_give_equal_files(recorded, tmp_path):
    assert recorded.save(tmp_path / "a").read_bytes() == recorded.save(tmp_path / "b").read_bytes()


def test_each_split_comes_back_by_its_name(strangers, tmp_path):
    training, rest = strangers.split(0.6, seed=0)
    validation, test = rest.split(0.5, seed=0)
    path = training.save(tmp_path / "x", validation=validation, test=test)
    for split, part in {"training": training, "validation": validation, "test": test}.items():
        assert Demonstrations.load(path, split=split).fingerprint() == part.fingerprint()
    assert seeds(Demonstrations.load(path)) == seeds(training)


def test_a_set_without_splits_is_all_training(strangers, tmp_path):
    path = strangers.save(tmp_path / "x")
    assert len(Demonstrations.load(path, split="training")) == 10
    with pytest.raises(
        UsageError, match=r"strangers has no validation episodes; make some with .split\(fraction, seed\)"
    ):
        Demonstrations.load(path, split="validation")


def test_an_unknown_or_absent_split_lists_the_others(strangers, tmp_path):
    a, b = strangers.split(0.5, seed=0)
    path = a.save(tmp_path / "x", validation=b)
    with pytest.raises(UsageError, match="there are: test, training, validation; did you mean training"):
        Demonstrations.load(path, split="trainin")
    with pytest.raises(UsageError, match="no test episodes; it has: training, validation"):
        Demonstrations.load(path, split="test")


def test_the_card_in_a_file_measures_the_episodes_in_it(recorded, tmp_path):
    boastful = Demonstrations(
        list(recorded), dataclasses.replace(recorded.card, mean_return=9999.0, episodes=99)
    )
    a, b = boastful.split(0.5, seed=0)
    card = Demonstrations.load(a.save(tmp_path / "x", validation=b), split="validation").card
    assert (card.episodes, card.mean_return) == (4, pytest.approx(recorded.returns.mean()))
    assert (
        Demonstrations.load(boastful.take(1).save(tmp_path / "y")).card.mean_return
        == boastful.take(1).returns[0]
    )


def test_a_card_measured_before_the_rewards_went_keeps_its_figures(recorded, tmp_path):
    card = recorded.card.measured(recorded.returns, 4)
    blind = Demonstrations(list(recorded), card).without_rewards()
    assert Demonstrations.load(blind.save(tmp_path / "x")).card == card
    assert Demonstrations.load(blind.take(2).save(tmp_path / "y")).card.mean_return is None


def test_sets_that_do_not_fit_together_share_no_file(strangers, recorded, tmp_path):
    with pytest.raises(DataError, match="differs from episode 0"):
        strangers.save(tmp_path / "x", validation=recorded)
    assert not os.listdir(tmp_path)


@pytest.mark.parametrize(
    "meta", [{}, {"kind": "gail"}, {"kind": "demonstrations"}, {"kind": "demonstrations", "card": []}]
)
def test_a_file_of_something_else_is_refused(tmp_path, meta):
    save_archive(tmp_path / "x.gfd", {"a": np.zeros(3)}, meta)
    with pytest.raises(DataError, match="not demonstrations"):
        Demonstrations.load(tmp_path / "x.gfd")


@pytest.mark.parametrize(
    "changes",
    [
        {"splits": 3},
        {"splits": {"training": 3}},
        {"splits": {"training": ["a"]}},
        {"splits": {"training": [-1]}},
        {"splits": {"training": [99]}},
        {"splits": {"training": [True]}},
        {"splits": ["training"]},
        {"card": {}},
        {"card": {"env_id": "HalfCheetah-v5", "evil": 1}},
        {"sources": []},
        {"recomputed": ["obs"]},
    ],
)
def test_a_file_whose_parts_contradict_each_other_is_refused(strangers, tmp_path, changes):
    path = strangers.save(tmp_path / "x")
    tensors, meta = load_archive(path)
    save_archive(path, tensors, {**meta, **changes})
    with pytest.raises(DataError):
        Demonstrations.load(path)


def test_nan_in_a_users_file_is_refused(strangers, tmp_path):
    path = strangers.save(tmp_path / "x")
    tensors, meta = load_archive(path)
    tensors["obs"][3, 3] = np.nan
    save_archive(path, tensors, {**meta, "unchecked": ["obs"]})
    with pytest.raises(DataError, match=r"x\.gfd: obs is NaN or infinite at step 3"):
        Demonstrations.load(path)


def test_a_damaged_file_is_refused(strangers, tmp_path):
    path = strangers.save(tmp_path / "x")
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 4
    path.write_bytes(content)
    with pytest.raises(DataError, match="damaged"):
        Demonstrations.load(path)


def test_an_unknown_name_lists_the_shipped_sets(tmp_path, monkeypatch):
    for name in ("hopper-expert", "walker2d-expert"):
        (tmp_path / f"{name}.gfd").touch()
    monkeypatch.setattr(library, "SHIPPED", tmp_path)
    with pytest.raises(
        UsageError, match=r"shipped are: hopper-expert, walker2d-expert; .*did you mean hopper-expert"
    ):
        Demonstrations.load("hoper-expert")
    with pytest.raises(DataError, match="did you mean walker2d-expert"):
        Demonstrations.load("folder/walker-expert.gfd")
