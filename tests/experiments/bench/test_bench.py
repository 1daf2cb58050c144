"""The verb bench: a grid becomes one table, whatever happens on the way."""

import json
from dataclasses import replace

import pytest
from grids import write_grid
from test_schedule import StubPool

from gailforce.envs.errors import UsageError
from gailforce.experiments.bench.grid_result import read_rows
from gailforce.experiments.bench.local_pool import Outcome
from gailforce.experiments.bench.table import text_table
from gailforce.experiments.cli.bench import Bench
from gailforce.experiments.pipeline.config import ImitationConfig
from gailforce.experiments.scoring.run_result import RunResult
from gailforce.experiments.scoring.score import Score, ScoreEntry, ScoreTable
from gailforce.experiments.scoring.statistics import Estimate

SHARES = {1: 0.2, 2: 0.9, 3: 1.0}


def _score(share):
    return ScoreEntry(Score((100 * share,), (1,), (0,)), Estimate(share, share - 0.1, share + 0.1, 50))


def _result(job):
    share = SHARES[job.cell.config.seed]
    scores = ScoreTable({"deterministic": _score(share), "exploring": _score(share / 2)})
    return RunResult("imitation", seconds={"training": 10.0, "evaluation": 1.0}, scores=scores)


def _act(job):
    if job.cell.method == "constant" and job.cell.config.seed == 2:
        return Outcome(job, error="it broke", exit_code=5)
    return Outcome(job, _result(job))


@pytest.fixture
def bench(tmp_path, monkeypatch):
    block = {"method": '["gail", "constant"]', "episodes": "[1, 4]", "seed": "[1, 2, 3]"}
    grid = write_grid(tmp_path, {"method": '"random"', "seed": "1"}, block)

    def make(act=_act):
        command = Bench(str(grid), results=tmp_path / "results", runs=tmp_path / "runs")
        monkeypatch.setattr(command, "_pool", lambda: StubPool(act))
        return command

    return make


def test_a_row_tells_every_seed_the_mean_the_worst_and_an_interval(bench):
    rows = bench().run().table.rows
    assert [(row.method, row.episodes) for row in rows] == [
        *(("random", None), ("gail", 1), ("gail", 4), ("constant", None))
    ]
    row = rows[1]
    assert (row.seeds, row.scores.returns) == ((1, 2, 3), (20.0, 90.0, 100.0))
    assert (row.scores.normalized_score, row.scores.iqm.n) == ((0.2, 0.9, 1.0), 3)
    assert (row.scores.worst, row.scores.mean) == (0.2, pytest.approx(0.7))
    assert row.exploring.normalized_score == (0.1, 0.45, 0.5)
    assert row.seconds == (11.0, 11.0, 11.0)
    assert row.steps == ImitationConfig.steps


def test_a_method_without_seeds_has_its_interval_over_episodes(bench):
    row = bench().run().table.rows[0]
    assert (row.seeds, row.scores.iqm.n, row.scores.iqm.low) == ((), 50, pytest.approx(0.1))


def test_the_table_is_kept_with_its_origin(bench, tmp_path):
    result = bench().run()
    kept = json.loads((tmp_path / "results" / "tiny.json").read_text())
    assert kept == json.loads(json.dumps(result.table.to_json()))
    assert {"command", "commit", "versions", "rows"} <= kept.keys()
    assert tuple(read_rows(tmp_path / "results" / "tiny.json")) == result.table.rows


def test_failed_cells_are_named_with_their_error_and_the_exit_code_tells(bench):
    result = bench().run()
    assert (result.exit_code, result.to_json()["exit_code"]) == (5, 5)
    (name,) = result.table.rows[3].failed
    assert name.startswith("constant-hopper-2-")
    assert f"failed: {name}: it broke" in text_table(result.table.rows)
    again = bench(lambda job: Outcome(job, _result(job))).run()
    assert again.exit_code == 0
    assert again.table.rows[3].scores.normalized_score == (0.2, 0.9, 1.0)


def test_a_table_alone_runs_nothing_and_names_what_is_missing(bench):
    def work(job):
        raise AssertionError("nothing may run")

    result = replace(bench(work), only_table=True).run()
    assert result.exit_code == 0
    assert all(row.missing == row.cells for row in result.table.rows)
    bench().run()
    rows = replace(bench(work), only_table=True).run().table.rows
    assert not rows[0].missing


def test_a_stop_says_how_to_go_on(bench):
    def interrupt(job):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt, match="go on with: "):
        bench(interrupt).run()


def test_the_text_has_a_line_for_every_row(bench):
    command = bench()
    text = command.describe(command.run())
    assert "0.20 0.90 1.00" in text
    assert "4 demonstrations" in text
    assert "Normalized score: 0 is random, 1 the expert" in text


@pytest.mark.parametrize("text", ["{}", "[", '{"kind": "imitation"}'])
def test_no_other_result_is_written_over(bench, tmp_path, text):
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "tiny.json").write_text(text)
    with pytest.raises(UsageError, match="give the grid another name"):
        bench().run()
    assert (tmp_path / "results" / "tiny.json").read_text() == text


@pytest.mark.parametrize(
    ("flags", "words"), [({"jobs": 0}, "--jobs"), ({"ray_address": "10.0.0.1:6379"}, "--engine ray")]
)
def test_flags_that_cannot_be_meant_are_refused_before_anything_runs(flags, words, tmp_path):
    with pytest.raises(UsageError, match=words):
        Bench("smoke", results=tmp_path / "results", **flags).run()
    assert not (tmp_path / "results").exists()
