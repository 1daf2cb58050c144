"""Run folders are made apart, opened as what they are, and go on counting where they stopped."""

import errno
import json
from pathlib import Path

import pytest

from gailforce.envs.errors import DataError, EnvironmentFault, UsageError
from gailforce.experiments.pipeline.config import ImitationConfig
from gailforce.experiments.runs.folder import RunFacts, RunFolder
from gailforce.experiments.runs.metrics import MetricsWriter
from gailforce.experiments.scoring.score import Score, ScoreEntry, ScoreTable

CONFIG = ImitationConfig("hopper")


def _entry(value):
    return ScoreEntry(Score((value,), (1,), (0,)))


def test_runs_of_one_second_get_folders_of_their_own(tmp_path):
    runs = [RunFolder.create("imitate-hopper", tmp_path, "imitation", CONFIG) for _ in range(3)]
    assert len({run.path for run in runs}) == 3
    assert all(run.checkpoints.is_dir() and run.videos.is_dir() for run in runs)


def test_a_slash_in_the_environment_s_name_makes_no_deeper_folder(tmp_path):
    assert RunFolder.create("expert-some/Body-v0", tmp_path, "imitation", CONFIG).path.parent == tmp_path


@pytest.mark.parametrize("place", ["file", "file/below", "dangling"])
def test_where_no_folder_can_be_made_the_place_is_named(tmp_path, place):
    (tmp_path / "file").write_text("in the way")
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere" / "at" / "all")
    with pytest.raises(EnvironmentFault, match=rf"{place}.*--runs"):
        RunFolder.create("imitate-hopper", tmp_path / place, "imitation", CONFIG)


def test_a_full_disk_stays_what_it_is(tmp_path, monkeypatch):
    def full(*_, **__):
        raise OSError(errno.EDQUOT, "Disk quota exceeded")

    monkeypatch.setattr(Path, "mkdir", full)
    with pytest.raises(OSError, match="quota"):
        RunFolder.create("imitate-hopper", tmp_path, "imitation", CONFIG)


def test_a_run_without_any_agent_is_not_sent_back_to_resume(tmp_path):
    run = RunFolder.create("imitate-hopper", tmp_path, "imitation", CONFIG)
    with pytest.raises(DataError, match="start anew") as fault:
        run.newest_agent()
    assert "resume" not in str(fault.value)


def test_a_run_of_another_kind_is_refused(tmp_path):
    run = RunFolder.create("expert-hopper", tmp_path, "expert", CONFIG)
    assert run.require_kind("expert") is run
    with pytest.raises(UsageError, match="experts cannot be resumed"):
        run.require_kind("imitation")


@pytest.mark.parametrize("content", [b"", b'{"agent": {"determ', b"[1]", b'{"a": "\xff"}', b"[" * 100_000])
def test_a_damaged_result_takes_no_scores_and_stays_as_it_is(tmp_path, content):
    run = RunFolder.create("x", tmp_path, "imitation", CONFIG)
    (run.path / "result.json").write_bytes(content)
    with pytest.raises(DataError, match=r"result\.json is damaged \(.+move it away.+gailforce resume"):
        run.update_result(ScoreTable({"deterministic": _entry(1.0)}))
    assert (run.path / "result.json").read_bytes() == content
    assert not list(run.path.glob("*.part"))


def test_newer_scores_replace_their_own_and_no_other(tmp_path):
    run = RunFolder.create("x", tmp_path, "imitation", CONFIG)
    run.update_result(ScoreTable())
    assert run.read_result() is None
    old, new, gone = _entry(1.0), _entry(2.0), ScoreEntry(missing="not at hand")
    stored = ScoreTable({"deterministic": old, "kept": old}, {"bc": old})
    run.write_result({"seed": 3, **stored.to_json()})
    run.update_result(ScoreTable({"deterministic": new, "exploring": gone}, {"bc": gone}))
    merged = ScoreTable({"deterministic": new, "kept": old, "exploring": gone}, {"bc": old})
    assert run.read_result() == {"seed": 3, **merged.to_json()}


def test_a_run_tells_its_facts_and_what_it_does_not_say_is_not_known(tmp_path):
    run = RunFolder.create("x", tmp_path, "imitation", ImitationConfig("hopper", steps=7, horizon="fixed"))
    assert run.facts == RunFacts("imitation", "hopper-expert", 7, "fixed")
    (run.path / "config.toml").write_text("")
    assert run.facts == RunFacts()


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
    run = RunFolder.create("x", tmp_path, "imitation", CONFIG)
    logger = run.logger()
    logger.record("rollout/ep_rew_mean", 3.0)
    logger.record("discriminator/loss", 0.7)
    logger.dump(step=5)
    logger.close()
    line = json.loads(run.metrics.read_text())
    assert (line["step"], line["rollout/ep_rew_mean"], line["discriminator/loss"]) == (5, 3.0, 0.7)
    assert list((run.path / "tensorboard").glob("events*"))
