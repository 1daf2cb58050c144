"""Processes of cells end with a result, with an error that is said, or with their parent."""

import json
import signal
import sys
import textwrap
import time

import pytest

from gailforce.experiments.bench.cell import Cell
from gailforce.experiments.bench.cell_launch import ERROR, RESULT
from gailforce.experiments.bench.cell_work import CellResult, Job
from gailforce.experiments.bench.local_pool import LocalPool
from gailforce.experiments.pipeline.config import ImitationConfig

CELL = Cell("random", ImitationConfig("hopper"), 1)


def _pool(code, jobs=2):
    """A pool whose processes run a few lines with the job's folder in `folder`."""
    lines = "import sys, json, os, time\nfolder = os.path.dirname(sys.argv[1])\n" + textwrap.dedent(code)
    return LocalPool(jobs, lambda spec: (sys.executable, "-c", lines, str(spec)))


def _job(tmp_path, name="a"):
    (tmp_path / name).mkdir()
    return Job(CELL, tmp_path / name, "gailforce bench x")


def _outcomes(pool, *jobs):
    for job in jobs:
        pool.start(job)
    return _wait(pool, len(jobs))


def _wait(pool, count):
    ended, deadline = [], time.time() + 120
    while len(ended) < count:
        assert time.time() < deadline
        ended += pool.ended()
    return ended


def test_a_result_comes_back_and_the_log_is_kept(tmp_path):
    pool = _pool(f"print('hello'); json.dump({{'seed': 1}}, open(folder + '/{RESULT}', 'w'))")
    (outcome,) = _outcomes(pool, _job(tmp_path))
    assert outcome.result.seed == 1
    assert (tmp_path / "a" / "log.txt").read_text() == "hello\n"


def test_no_more_run_at_once_than_asked_for_and_each_has_one_thread(tmp_path):
    pool = _pool(
        f"json.dump({{'seed': int(os.environ['OMP_NUM_THREADS'])}}, open(folder + '/{RESULT}', 'w'))", jobs=1
    )
    assert pool.has_room()
    pool.start(_job(tmp_path))
    assert not pool.has_room()
    (outcome,) = _wait(pool, 1)
    assert outcome.result.seed == 1
    assert pool.has_room()


@pytest.mark.parametrize(
    ("code", "error", "exit_code"),
    [
        (f"open(folder + '/{ERROR}', 'w').write('no such walker'); sys.exit(3)", "no such walker", 3),
        ("sys.exit(7)", "ended with code 7 and no result; see", 7),
        ("sys.exit(0)", "ended with code 0 and no result; see", 1),
        ("os.kill(os.getpid(), 9)", "killed by SIGKILL, perhaps for want of memory; see", 1),
    ],
)
def test_every_other_end_is_an_error_that_says_where_to_look(tmp_path, code, error, exit_code):
    (outcome,) = _outcomes(_pool(code), _job(tmp_path))
    assert outcome.result is None
    assert error in outcome.error
    assert outcome.exit_code == exit_code


def test_stopping_ends_processes_even_deaf_ones(tmp_path, monkeypatch):
    monkeypatch.setattr("gailforce.experiments.bench.local_pool.PATIENCE", 0.2)
    code = (
        "import signal; signal.signal(15, signal.SIG_IGN); open(folder + '/up', 'w').close(); time.sleep(60)"
    )
    pool, job = _pool(code), _job(tmp_path)
    pool.start(job)
    while not (job.folder / "up").exists():
        time.sleep(0.02)
    (process,) = pool._running.values()
    pool.stop()
    assert process.returncode == -signal.SIGKILL
    assert pool.has_room()


def test_a_real_cell_runs_in_its_process(tmp_path):
    job = _job(tmp_path)
    (outcome,) = _outcomes(LocalPool(1), job)
    assert outcome.error == ""
    assert (outcome.result.method, outcome.result.command) == ("random", "gailforce bench x")
    score = outcome.result.scores.agent["deterministic"]
    assert len(score.returns) == 1
    assert abs(score.normalized_score.value) < 0.1
    kept = json.loads((job.folder / RESULT).read_text())
    assert kept["key"] == CELL.key
    # What comes back from the process is kept without a change.
    assert CellResult(outcome.result, CELL).to_json() == kept
