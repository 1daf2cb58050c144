"""Run folders are made apart, opened as what they are, and go on counting where they stopped."""

import errno
import json
from pathlib import Path

import pytest

from gailforce.envs.errors import DataError, EnvironmentFault, UsageError
from gailforce.experiments.runs.folder import RunFolder
from gailforce.experiments.runs.metrics import MetricsWriter


def test_runs_of_one_second_get_folders_of_their_own(tmp_path):
    runs = [RunFolder.create("imitate-hopper", tmp_path, {"kind": "imitation"}) for _ in range(3)]
    assert len({run.path for run in runs}) == 3
    assert all(run.checkpoints.is_dir() and run.videos.is_dir() for run in runs)


def test_a_slash_in_the_environment_s_name_makes_no_deeper_folder(tmp_path):
    assert RunFolder.create("expert-some/Body-v0", tmp_path, {}).path.parent == tmp_path


@pytest.mark.parametrize("place", ["file", "file/below", "dangling"])
def test_where_no_folder_can_be_made_the_place_is_named(tmp_path, place):
    (tmp_path / "file").write_text("in the way")
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere" / "at" / "all")
    with pytest.raises(EnvironmentFault, match=rf"{place}.*--runs"):
        RunFolder.create("imitate-hopper", tmp_path / place, {})


def test_a_full_disk_stays_what_it_is(tmp_path, monkeypatch):
    def full(*_, **__):
        raise OSError(errno.EDQUOT, "Disk quota exceeded")

    monkeypatch.setattr(Path, "mkdir", full)
    with pytest.raises(OSError, match="quota"):
        RunFolder.create("imitate-hopper", tmp_path, {})


def test_a_run_without_any_agent_is_not_sent_back_to_resume(tmp_path):
    run = RunFolder.create("imitate-hopper", tmp_path, {"kind": "imitation"})
    with pytest.raises(DataError, match="start anew") as fault:
        run.newest_agent()
    assert "resume" not in str(fault.value)


def test_a_run_of_another_kind_is_refused(tmp_path):
    run = RunFolder.create("expert-hopper", tmp_path, {"kind": "expert"})
    assert run.require_kind("expert") is run
    with pytest.raises(UsageError, match="experts cannot be resumed"):
        run.require_kind("imitation")


@pytest.mark.parametrize("content", [b"", b'{"agent": {"determ', b"[1]", b'{"a": "\xff"}', b"[" * 100_000])
def test_a_damaged_result_takes_no_scores_and_stays_as_it_is(tmp_path, content):
    run = RunFolder.create("x", tmp_path, {"kind": "imitation"})
    (run.path / "result.json").write_bytes(content)
    with pytest.raises(DataError, match=r"result\.json is damaged \(.+move it away.+gailforce resume"):
        run.update_result({"agent": {"deterministic": {"returns": [1.0]}}})
    assert (run.path / "result.json").read_bytes() == content
    assert not list(run.path.glob("*.part"))


def test_newer_scores_replace_their_own_and_no_other(tmp_path):
    run = RunFolder.create("x", tmp_path, {"kind": "imitation"})
    run.update_result({"agent": {}})
    assert run.read_result() is None
    old, new, gone = {"returns": [1.0]}, {"returns": [2.0]}, {"missing": "not at hand"}
    run.write_result({"seed": 3, "agent": {"deterministic": old, "kept": old}, "controls": {"bc": old}})
    run.update_result({"agent": {"deterministic": new, "exploring": gone}, "controls": {"bc": gone}})
    assert run.read_result() == {
        "seed": 3,
        "agent": {"deterministic": new, "kept": old, "exploring": gone},
        "controls": {"bc": old},
    }


def test_seconds_go_on_after_a_stop(tmp_path):
    path = tmp_path / "metrics.jsonl"
    path.write_text('{"step": 10, "seconds": 500.0}\n{"step": 20, "sec\n')
    writer = MetricsWriter(path)
    writer.write({"train/loss": 1.0}, {}, 30)
    writer.close()
    last = json.loads(path.read_text().splitlines()[-1])
    assert last["step"] == 30
    assert 500.0 <= last["seconds"] < 560.0


def test_figures_go_to_the_metrics_file_and_to_tensorboard(tmp_path):
    run = RunFolder.create("x", tmp_path, {"kind": "imitation"})
    logger = run.logger()
    logger.record("rollout/ep_rew_mean", 3.0)
    logger.record("discriminator/loss", 0.7)
    logger.dump(step=5)
    logger.close()
    line = json.loads(run.metrics.read_text())
    assert (line["step"], line["rollout/ep_rew_mean"], line["discriminator/loss"]) == (5, 3.0, 0.7)
    assert list((run.path / "tensorboard").glob("events*"))
