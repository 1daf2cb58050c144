import json
import os
import subprocess
import sys

import numpy as np
import pytest

from gailforce.demos.dataset import Demonstrations
from gailforce.demos.formats import minari as minari_format
from gailforce.demos.formats.registry import export_minari, import_file, import_minari
from gailforce.envs.errors import DataError, EnvironmentFault, UsageError

pytestmark = pytest.mark.filterwarnings("ignore:.*expert:UserWarning")
ARRAYS = ("obs", "actions", "states", "rewards")


@pytest.fixture(autouse=True)
def minari_root(tmp_path, monkeypatch):
    root = tmp_path / "minari"
    monkeypatch.setenv("MINARI_DATASETS_PATH", str(root))
    return root


def assert_same_episodes(imported, expected):
    assert len(imported) == len(expected)
    for a, b in zip(imported, expected, strict=True):
        assert (a.terminated, a.truncated, a.seed) == (b.terminated, b.truncated, b.seed)
        for name in ARRAYS:
            left, right = getattr(a, name), getattr(b, name)
            assert (left is None) == (right is None)
            if left is not None:
                np.testing.assert_array_equal(left, right)


def edit_metadata(root, dataset_id, **changes):
    path = root / dataset_id / "data" / "metadata.json"
    metadata = {**json.loads(path.read_text()), **changes}
    path.write_text(json.dumps({key: value for key, value in metadata.items() if value is not None}))


def test_minari_gives_back_what_was_exported(recorded):
    export_minari(recorded, "mine/falls/random-v0")
    imported = import_minari("mine/falls/random-v0")
    assert_same_episodes(imported, recorded)
    assert (imported.env_id, imported.card.maker) == (recorded.env_id, "random")
    assert imported.card.mean_return == pytest.approx(recorded.returns.mean())


def test_a_set_loads_by_its_minari_id(recorded):
    export_minari(recorded, "mine/falls-v0")
    loaded = Demonstrations.load("minari:mine/falls-v0")
    assert_same_episodes(loaded, recorded)
    assert loaded.name == "mine/falls-v0"
    assert loaded.card == import_minari("mine/falls-v0").card


def test_a_minari_set_is_all_training(strangers):
    export_minari(strangers, "x-v0")
    with pytest.raises(UsageError, match="x-v0 has no test episodes"):
        Demonstrations.load("minari:x-v0", split="test")


def test_loading_by_a_minari_id_warns_of_an_unknown_quality(strangers):
    export_minari(strangers, "x-v0")
    with pytest.warns(UserWarning, match="x-v0: expert quality unknown"):
        Demonstrations.load("minari:x-v0")


def test_minari_reads_our_export_by_itself(recorded):
    import minari

    export_minari(recorded, "falls-v1")
    dataset = minari.load_dataset("falls-v1")
    assert dataset.env_spec.id == recorded.env_id
    np.testing.assert_array_equal(dataset[1].observations, recorded[1].obs)
    np.testing.assert_array_equal(dataset[1].rewards, recorded[1].rewards)


def test_episodes_without_rewards_and_states_survive_the_round_trip(strangers):
    export_minari(strangers, "strangers-v0")
    assert_same_episodes(import_minari("strangers-v0"), strangers)


def test_load_takes_minari_ids_and_knows_no_splits_of_theirs(strangers):
    export_minari(strangers, "strangers-v0")
    assert len(Demonstrations.load("minari:strangers-v0")) == len(strangers)
    with pytest.raises(UsageError, match="split\\(fraction, seed\\)"):
        Demonstrations.load("minari:strangers-v0", split="validation")


def test_an_existing_minari_set_is_not_touched(strangers, minari_root):
    export_minari(strangers, "strangers-v0")
    with pytest.raises(UsageError, match="already has"):
        export_minari(strangers, "strangers-v0")
    assert len(import_minari("strangers-v0")) == len(strangers)


def test_a_failed_export_leaves_nothing_behind(strangers, minari_root, monkeypatch):
    from minari.dataset._storages.hdf5_storage import HDF5Storage

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(HDF5Storage, "update_episodes", full)
    with pytest.raises(EnvironmentFault, match="No space left"):
        export_minari(strangers, "strangers-v0")
    assert not (minari_root / "strangers-v0").exists()


@pytest.mark.parametrize(
    "dataset_id",
    [
        "",
        ".",
        "../x-v0",
        "a/../../x-v0",
        "/etc/x-v0",
        "a//b-v0",
        "a\\b-v0",
        "x",
        "x-v",
        "x-v0\n",
        "-x-v0",
        "é-v0",
        "a/-v0",
    ],
)
def test_malformed_minari_ids_are_refused(dataset_id, strangers):
    for act in (lambda: import_minari(dataset_id), lambda: export_minari(strangers, dataset_id)):
        with pytest.raises(UsageError, match="not a Minari id"):
            act()


def test_a_link_out_of_minaris_folder_is_refused(minari_root, tmp_path, strangers):
    (tmp_path / "outside").mkdir()
    minari_root.mkdir()
    (minari_root / "link").symlink_to(tmp_path / "outside")
    with pytest.raises(UsageError, match="leads out"):
        import_minari("link/x-v0")
    with pytest.raises(UsageError, match="leads out"):
        export_minari(strangers, "link/x-v0")
    assert not os.listdir(tmp_path / "outside")


def test_an_absent_minari_set_tells_how_to_get_it():
    with pytest.raises(DataError, match="minari download mujoco/hopper/expert-v0"):
        import_minari("mujoco/hopper/expert-v0")


def test_functions_named_in_metadata_are_never_called(strangers, minari_root, tmp_path):
    export_minari(strangers, "trap-v0")
    metadata = json.loads((minari_root / "trap-v0" / "data" / "metadata.json").read_text())
    spec = {
        **json.loads(metadata["env_spec"]),
        "entry_point": "os:mkdir",
        "kwargs": {"path": str(tmp_path / "sprung")},
    }
    edit_metadata(minari_root, "trap-v0", env_spec=json.dumps(spec))
    assert import_minari("trap-v0").env_id == strangers.env_id
    # Without spaces Minari itself would build the environment to ask for them.
    edit_metadata(minari_root, "trap-v0", observation_space=None)
    with pytest.raises(DataError, match=r"metadata .* damaged"):
        import_minari("trap-v0")
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize("name", ["os:mkdir", "Nonsense-v3", "", "module:Hopper-v5"])
def test_an_environment_that_is_not_registered_is_refused(strangers, minari_root, name):
    export_minari(strangers, "x-v0")
    edit_metadata(minari_root, "x-v0", env_spec=json.dumps({"id": name}))
    with pytest.raises(UsageError, match="no environment"):
        import_minari("x-v0")


def test_a_set_that_names_no_environment_takes_the_users(strangers, minari_root):
    export_minari(strangers, "x-v0")
    edit_metadata(minari_root, "x-v0", env_spec=None)
    with pytest.raises(DataError, match="does not name its environment"):
        import_minari("x-v0")
    assert import_minari("x-v0", "HalfCheetah-v5").env_id == "HalfCheetah-v5"


@pytest.mark.parametrize(
    "changes",
    [
        {"observation_space": '{"type": "Text"}'},
        {"observation_space": '{"type": "Box", "shape": [2, 3]}'},
        {"action_space": "{"},
        {"action_space": 3},
        {"data_format": "arrow"},
        {"total_episodes": 99},
        {"total_episodes": "ten"},
    ],
)
def test_damaged_or_unfit_metadata_is_refused(strangers, minari_root, changes):
    export_minari(strangers, "x-v0")
    edit_metadata(minari_root, "x-v0", **changes)
    with pytest.raises(DataError, match="Minari's x-v0"):
        import_minari("x-v0")


def test_damaged_minari_arrays_are_refused(strangers, minari_root):
    export_minari(strangers, "x-v0")
    path = minari_root / "x-v0" / "data" / "main_data.hdf5"
    content = path.read_bytes()
    for length in (0, 100, len(content) // 2, len(content) - 1):
        path.write_bytes(content[:length])
        with pytest.raises(DataError, match="could not be read"):
            import_minari("x-v0")


def test_minari_arrays_that_unpack_to_gigabytes_are_refused(strangers, minari_root):
    import h5py

    export_minari(strangers, "x-v0")
    with h5py.File(minari_root / "x-v0" / "data" / "main_data.hdf5", "a") as file:
        file.create_dataset("bomb", (10**12,), dtype="f8", chunks=True)
    with pytest.raises(DataError, match="bytes of at most"):
        import_minari("x-v0")


def test_without_minari_the_extra_is_named(monkeypatch):
    monkeypatch.setattr(minari_format, "find_spec", lambda _: None)
    with pytest.raises(EnvironmentFault, match=r"pip install 'gailforce\[data\]'"):
        import_minari("x-v0")


def test_importing_the_formats_imports_no_minari():
    script = (
        "import sys, gailforce.demos.formats.registry; print('minari' in sys.modules, 'jax' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


def test_the_format_is_told_by_the_name(strangers):
    export_minari(strangers, "x-v0")
    assert len(import_file("minari:x-v0")) == 10
