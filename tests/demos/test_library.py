import dataclasses
import warnings

import numpy as np
import pytest

from gailforce.demos import library
from gailforce.demos.card import Card
from gailforce.demos.dataset import Demonstrations
from gailforce.envs.errors import DataError, UsageError
from gailforce.envs.physics import replay
from gailforce.envs.registry import find_body

SETS = library.shipped_names()


@pytest.fixture
def shipped(tmp_path, monkeypatch):
    """A library of our own."""
    monkeypatch.setattr(library, "SHIPPED", tmp_path / "shipped")
    return tmp_path / "shipped"


def paid(make_trajectory, reward, reference=None, env_id="Hopper-v5"):
    episodes = [make_trajectory(rewards=np.full(5, reward / 5), draw=i) for i in range(2)]
    return Demonstrations(episodes, Card(env_id, reference_return=reference), "paid")


def test_names_are_the_files_that_are_there(shipped, make_trajectory):
    assert library.shipped_names() == ()
    for name in ("b", "a"):
        paid(make_trajectory, 1.0).save(shipped / name)
    (shipped / "notes.txt").touch()
    assert library.shipped_names() == ("a", "b")


def test_a_shipped_set_loads_by_its_name_from_anywhere(shipped, make_trajectory, tmp_path, monkeypatch):
    paid(make_trajectory, 3400.0, 3300.0).save(shipped / "good")
    monkeypatch.chdir(tmp_path)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert Demonstrations.load("good").returns == pytest.approx([3400.0, 3400.0])


def test_a_shipped_set_below_its_reference_is_refused_with_the_reason(shipped, make_trajectory):
    paid(make_trajectory, 3200.0, 3300.0).save(shipped / "bad")
    with pytest.raises(DataError, match=r"bad.*refused: its mean return 3,200.0 is below 3,300"):
        Demonstrations.load("bad")


def test_the_gate_cannot_be_passed_by_path_or_link(shipped, make_trajectory, tmp_path):
    path = paid(make_trajectory, 3200.0, 3300.0).save(shipped / "bad")
    (tmp_path / "link.gfd").symlink_to(path)
    for way in (path, tmp_path / "link.gfd"):
        with pytest.raises(DataError, match="refused"):
            Demonstrations.load(way)


def test_a_shipped_expert_of_unknown_return_is_refused(shipped, make_trajectory):
    paid(make_trajectory, 3400.0, 3300.0).without_rewards().save(shipped / "silent")
    with pytest.raises(DataError, match="the file has no rewards"):
        Demonstrations.load("silent")


def test_a_shipped_ladder_has_no_reference_and_passes_silently(shipped, make_trajectory):
    paid(make_trajectory, 10.0).save(shipped / "ladder")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert Demonstrations.load("ladder").card.reference_return is None


@pytest.mark.parametrize(
    ("reward", "reference", "env_id", "message"),
    [
        (
            3200.0,
            None,
            "Hopper-v5",
            "mean return 3,200.0 is below 3,300, the least of an expert of Hopper-v5",
        ),
        (5000.0, None, "Walker2d-v5", "below 5,500"),
        (3400.0, 3500.0, "Hopper-v5", "below 3,500"),
        (3400.0, None, "HalfCheetah-v5", "HalfCheetah-v5 has no reference return"),
    ],
)
def test_a_users_doubtful_set_loads_with_a_warning(
    make_trajectory, tmp_path, reward, reference, env_id, message
):
    path = paid(make_trajectory, reward, reference, env_id).save(tmp_path / "mine")
    with pytest.warns(UserWarning, match=message):
        Demonstrations.load(path)


def test_a_users_set_of_unknown_return_loads_with_a_warning(make_trajectory, tmp_path):
    path = paid(make_trajectory, 1.0).without_rewards().save(tmp_path / "mine")
    with pytest.warns(UserWarning, match="the file has no rewards"):
        Demonstrations.load(path)


def test_a_users_expert_loads_silently(make_trajectory, tmp_path):
    path = paid(make_trajectory, 3300.0).save(tmp_path / "mine")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert Demonstrations.load(path).returns.mean() == pytest.approx(3300.0)


def test_a_missing_path_and_an_unknown_name_are_told_apart(shipped, tmp_path):
    with pytest.raises(UsageError, match="shipped are: none; or give the path of a file"):
        library.locate("nothing")
    with pytest.raises(DataError, match="no demonstrations"):
        library.locate(tmp_path / "nothing.gfd")
    with pytest.raises(DataError, match="no demonstrations"):
        library.locate(tmp_path)


def test_the_shipped_sets_fit_into_15_megabytes():
    assert sum(path.stat().st_size for path in library.SHIPPED.glob("*.gfd")) <= 15 * 2**20


@pytest.mark.parametrize("name", SETS)
def test_the_card_of_a_shipped_set_tells_the_truth(name):
    parts = [Demonstrations.load(name)]
    for split in ("validation", "test"):
        try:
            parts.append(Demonstrations.load(name, split=split))
        except UsageError:
            continue
    card, returns = parts[0].card, np.concatenate([part.returns for part in parts])
    assert (card.episodes, card.env_id) == (len(returns), parts[0].env_id)
    assert card.mean_return == pytest.approx(returns.mean(), abs=1e-2)
    assert card.std_return == pytest.approx(returns.std(), abs=1e-2)
    assert card.command
    assert card.maker
    assert card.versions


@pytest.mark.parametrize("name", [name for name in SETS if name.endswith("-expert")])
def test_shipped_experts_hold_25_10_and_10_episodes_above_the_reference(name):
    sizes = [len(Demonstrations.load(name, split=split)) for split in ("training", "validation", "test")]
    card = Demonstrations.load(name).card
    assert sizes == [25, 10, 10]
    assert card.mean_return >= card.reference_return == library.REFERENCES[card.env_id]
    assert None not in (card.random_return, card.still_return)


@pytest.mark.parametrize("name", SETS)
def test_shipped_states_replay_in_mujoco(name):
    trajectory = Demonstrations.load(name)[0]
    body = find_body(Demonstrations.load(name).env_id)
    following = replay(body, trajectory.states[:-1], trajectory.actions.astype(np.float64))
    exact = trajectory.states.astype(np.float32).tolist() != trajectory.states.tolist()
    np.testing.assert_allclose(following, trajectory.states[1:], atol=1e-9 if exact else 1e-2)


def test_a_card_is_not_fooled_by_a_tampered_mean(shipped, make_trajectory):
    poor = paid(make_trajectory, 100.0, 3300.0)
    boast = Demonstrations(list(poor), dataclasses.replace(poor.card, mean_return=4000.0, episodes=2))
    boast.save(shipped / "boast")
    with pytest.raises(DataError, match=r"100.0 is below"):
        Demonstrations.load("boast")
