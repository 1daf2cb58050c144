"""Cells are run once, in order; what was stopped or failed is run by the next start."""

import json
import os
import signal
import time
from collections import Counter

import pytest

from gailforce.experiments.bench.cell import Cell
from gailforce.experiments.bench.cell_store import CellStore
from gailforce.experiments.bench.local_pool import Outcome
from gailforce.experiments.bench.schedule import Schedule
from gailforce.experiments.pipeline.config import ImitationConfig
from gailforce.experiments.scoring.run_result import RunResult
from gailforce.experiments.scoring.score import Score, ScoreEntry, ScoreTable
from gailforce.experiments.scoring.statistics import Estimate

SCORE = ScoreEntry(Score((1.0,), (1,), (0,)), Estimate(0.5, 0.4, 0.6, 5))
EMPTY = RunResult("imitation")


def cell(seed):
    return Cell("gan", ImitationConfig("hopper", seed=seed, draw=seed, episodes=1), 5)


def result(job):
    scores = ScoreTable({"deterministic": SCORE})
    return RunResult("imitation", seed=job.cell.config.seed, seconds={"training": 1.0}, scores=scores)


class StubPool:
    """Runs a function at once where a pool would start a process."""

    def __init__(self, act=lambda job: Outcome(job, result(job)), room=2):
        self.act, self.room, self.running, self.ran, self.stopped = act, room, [], [], False

    def has_room(self):
        return len(self.running) < self.room

    def start(self, job):
        assert list(job.folder.iterdir()) == []
        (job.folder / "half-made").touch()
        self.running.append(job)
        self.ran.append(job.cell.config.seed)

    def ended(self):
        return [self.act(self.running.pop(0))] if self.running else []

    def stop(self):
        self.stopped = True


@pytest.fixture
def run(tmp_path):
    store = CellStore(tmp_path / "results" / "cells")

    def go(pool, seeds=(3, 1, 2), report=lambda cell, outcome: None):
        schedule = Schedule(store, pool, tmp_path / "runs", "bench x", report)
        return schedule.run([cell(seed) for seed in seeds])

    return go


def files(tmp_path):
    return sorted(path.name for path in (tmp_path / "results" / "cells").iterdir())


def test_cells_run_in_order_and_are_kept_by_name_and_key(run, tmp_path):
    pool = StubPool()
    assert run(pool) == []
    assert pool.ran == [3, 1, 2]
    assert pool.stopped
    assert files(tmp_path) == sorted(f"{cell(seed).name}.json" for seed in (1, 2, 3))


def test_finished_cells_are_never_run_again(run):
    run(StubPool(), seeds=(1, 2))
    pool, told = StubPool(), []
    run(pool, seeds=(1, 2, 3), report=lambda cell, outcome: told.append((cell.config.seed, outcome is None)))
    assert pool.ran == [3]
    assert told == [(1, True), (2, True), (3, False)]


def test_a_cell_is_found_under_any_name_with_its_key(run, tmp_path):
    run(StubPool(), seeds=(1,))
    folder = tmp_path / "results" / "cells"
    (folder / f"{cell(1).name}.json").rename(folder / f"other-name-{cell(1).key}.json")
    pool = StubPool()
    run(pool, seeds=(1,))
    assert pool.ran == []


def test_a_failed_cell_is_recorded_and_the_rest_goes_on(run, tmp_path):
    def act(job):
        return Outcome(job, error="it broke") if job.cell.config.seed == 1 else Outcome(job, result(job))

    (failed,) = run(StubPool(act))
    assert (failed.error, failed.job.cell) == ("it broke", cell(1))
    assert (failed.job.folder / "error.txt").read_text() == "it broke"
    assert files(tmp_path) == sorted(f"{cell(seed).name}.json" for seed in (2, 3))
    pool = StubPool()
    assert run(pool) == []
    assert pool.ran == [1]


def test_a_stop_ends_what_runs_and_leaves_nothing_half_made(run, tmp_path):
    def interrupt(job):
        if job.cell.config.seed == 1:
            raise KeyboardInterrupt
        return Outcome(job, result(job))

    pool = StubPool(interrupt)
    with pytest.raises(KeyboardInterrupt):
        run(pool)
    assert pool.stopped
    assert files(tmp_path) == [f"{cell(3).name}.json"]
    assert [path.name for path in (tmp_path / "runs").iterdir()] == [cell(3).name]
    pool = StubPool()
    run(pool)
    assert pool.ran == [1, 2]


def test_what_a_kill_left_behind_is_cleared_before_a_cell_starts_over(run, tmp_path):
    folder = tmp_path / "runs" / cell(1).name
    (folder / "checkpoints").mkdir(parents=True)
    (folder / "checkpoints" / "step-1.gfa").touch()
    run(StubPool(), seeds=(1,))
    assert [path.name for path in folder.iterdir()] == ["half-made"]


def test_a_damaged_cell_is_said_and_run_anew(run, tmp_path, capsys):
    run(StubPool(), seeds=(1,))
    path = tmp_path / "results" / "cells" / f"{cell(1).name}.json"
    for damage in ("{", "{}", "3"):
        path.write_text(damage)
        pool = StubPool()
        run(pool, seeds=(1,))
        assert pool.ran == [1]
        assert f"{path} is damaged" in capsys.readouterr().err
        assert json.loads(path.read_text())["seed"] == 1


def test_a_cell_that_another_bench_is_at_is_left_until_last(run, tmp_path, capsys):
    other = CellStore(tmp_path / "results" / "cells")
    assert other.claim(cell(3)) == "mine"
    pool = StubPool(room=1)

    def report(ended, outcome):
        if ended == cell(2):
            other.publish(cell(3), EMPTY)
            other.release(cell(3))

    run(pool, report=report)
    assert pool.ran == [1, 2]


def test_two_stores_never_claim_the_same_cell(tmp_path):
    first, second = CellStore(tmp_path), CellStore(tmp_path)
    assert first.claim(cell(1)) == "mine"
    assert second.claim(cell(1)) == "busy"
    first.release(cell(1))
    assert second.claim(cell(1)) == "mine"
    second.publish(cell(1), EMPTY)
    second.release(cell(1))
    assert first.claim(cell(1)) == "finished"
    assert list(tmp_path.glob(".*")) == []


def test_a_claim_ends_with_its_process(tmp_path):
    store, (reading, writing) = CellStore(tmp_path), os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writing, store.claim(cell(1)).encode())
        time.sleep(60)
        os._exit(0)
    assert os.read(reading, 10) == b"mine"
    assert store.claim(cell(1)) == "busy"
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    assert store.claim(cell(1)) == "mine"
    store.release(cell(1))


def test_two_benches_side_by_side_share_the_cells(tmp_path):
    """Taken in turn by two loops over one folder, each cell is run exactly once."""
    stores = [CellStore(tmp_path / "cells") for _ in range(2)]
    ran = Counter()
    wanted = [cell(seed) for seed in range(6)]
    for turn in range(12):
        store = stores[turn % 2]
        mine = next((c for c in wanted if store.find(c) is None and store.claim(c) == "mine"), None)
        if mine is not None:
            ran[mine.key] += 1
            store.publish(mine, EMPTY)
            store.release(mine)
    assert set(ran.values()) == {1}
    assert len(ran) == 6
