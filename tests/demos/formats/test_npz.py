import zipfile

import numpy as np
import pytest

from gailforce.demos.formats import npz as npz_format
from gailforce.demos.formats.registry import import_file, import_npz
from gailforce.envs.errors import DataError, UsageError

pytestmark = pytest.mark.filterwarnings("ignore:.*expert quality unknown:UserWarning")


@pytest.fixture
def columns():
    """Two episodes, of 3 and 2 steps."""
    rng = np.random.default_rng(0)
    return {
        "obs": rng.normal(size=(7, 17)),
        "actions": rng.normal(size=(5, 6)).astype("f4"),
        "lengths": np.array([3, 2]),
    }


def saved(tmp_path, columns):
    np.savez(tmp_path / "mine.npz", **columns)
    return tmp_path / "mine.npz"


def test_an_npz_is_cut_into_its_episodes(tmp_path, columns):
    extra = {
        "rewards": np.arange(5.0),
        "terminated": [True, False],
        "truncated": [False, True],
        "seeds": [4, 5],
    }
    a, b = import_npz(saved(tmp_path, {**columns, **extra}), "HalfCheetah-v5")
    np.testing.assert_array_equal(np.concatenate([a.obs, b.obs]), columns["obs"])
    np.testing.assert_array_equal(np.concatenate([a.actions, b.actions]), columns["actions"])
    assert (len(a), len(b), a.total_reward, b.total_reward) == (3, 2, 3.0, 7.0)
    assert (a.terminated, a.truncated, a.seed) == (True, False, 4)
    assert (b.terminated, b.truncated, b.seed) == (False, True, 5)


def test_episode_ends_say_the_same_as_lengths(tmp_path, columns):
    del columns["lengths"]
    a, b = import_npz(saved(tmp_path, {**columns, "episode_ends": [3, 5]}), "HalfCheetah-v5")
    assert (len(a), len(b)) == (3, 2)


def test_an_npz_without_lengths_is_one_episode_that_was_cut_short(tmp_path, columns):
    del columns["lengths"]
    (episode,) = import_npz(saved(tmp_path, {**columns, "obs": columns["obs"][:6]}), "HalfCheetah-v5")
    assert (len(episode), episode.terminated, episode.truncated) == (5, False, True)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"obs": np.zeros((5, 17))}, "obs has 5 rows, but 5 actions in 2 episode"),
        ({"lengths": [3, 3]}, "do not add up"),
        ({"lengths": [5, 0]}, "do not add up"),
        ({"lengths": [6, -1]}, "do not add up"),
        ({"lengths": np.zeros((0,), int)}, "one for each episode"),
        ({"lengths": [2.5, 2.5]}, "whole numbers"),
        ({"episode_ends": [3, 5]}, "not both"),
        ({"rewards": np.zeros(7)}, "rewards has 7 rows"),
        ({"terminated": [True]}, "terminated has 1 rows"),
        ({"obs": np.full((7, 17), np.nan)}, "obs is NaN"),
        ({"action": np.zeros(3)}, "unknown arrays"),
        ({"actions": np.array([{}] * 5)}, "not an .npz of plain arrays"),
        ({"actions": np.float32(3)}, "import_npz"),
        ({"terminated": np.zeros((2, 2), bool)}, "import_npz"),
    ],
)
def test_an_npz_that_does_not_fit_together_is_refused(tmp_path, columns, changes, message):
    with pytest.raises(DataError, match=message):
        import_npz(saved(tmp_path, {**columns, **changes}), "HalfCheetah-v5")


def test_an_npz_without_actions_is_refused(tmp_path, columns):
    del columns["actions"]
    with pytest.raises(DataError, match="lacks actions; the names are: obs, actions"):
        import_npz(saved(tmp_path, columns), "HalfCheetah-v5")


def test_an_npz_that_unpacks_to_gigabytes_is_refused(tmp_path, columns, monkeypatch):
    monkeypatch.setattr(npz_format, "MAX_BYTES", 1000)
    with pytest.raises(DataError, match="over the limit"):
        import_npz(saved(tmp_path, columns), "HalfCheetah-v5")


def test_damaged_and_missing_npz_files_are_refused(tmp_path, columns):
    path = saved(tmp_path, columns)
    content = path.read_bytes()
    for length in range(0, len(content), 97):
        path.write_bytes(content[:length])
        with pytest.raises(DataError, match=r"not an \.npz"):
            import_npz(path, "HalfCheetah-v5")
    with zipfile.ZipFile(path, "w") as archive:
        header = (
            b"\x93NUMPY\x01\x00\x76\x00"
            + b"{'descr': '<f8', 'fortran_order': False, 'shape': (999999999999,), }"
        )
        archive.writestr("obs.npy", header.ljust(127) + b"\n")
    with pytest.raises(DataError, match=r"not an \.npz"):
        import_npz(path, "HalfCheetah-v5")
    with pytest.raises(DataError, match="no file"):
        import_npz(tmp_path / "nowhere.npz", "HalfCheetah-v5")


def test_the_format_is_told_by_the_name(tmp_path, columns):
    assert len(import_file(str(saved(tmp_path, columns)), "HalfCheetah-v5")) == 2
    with pytest.raises(UsageError, match="does not store its environment"):
        import_file(str(tmp_path / "mine.npz"))
    with pytest.raises(UsageError, match="cannot tell the format"):
        import_file("mine.csv", "HalfCheetah-v5")
