"""Progress counts cells and reckons the time left from the speed of those that ran."""

from gailforce.experiments.bench.cell import Cell
from gailforce.experiments.bench.cell_work import Job
from gailforce.experiments.bench.local_pool import Outcome
from gailforce.experiments.bench.progress import CLONING_STEPS, SCORING_STEPS, BenchProgress, cost
from gailforce.experiments.pipeline.config import ImitationConfig
from gailforce.experiments.scoring.run_result import RunResult
from gailforce.experiments.scoring.score import Score, ScoreEntry, ScoreTable
from gailforce.experiments.scoring.statistics import Estimate

SCORE = ScoreEntry(Score((9.0,), (3,), (0,)), Estimate(0.5, 0.4, 0.6, 5))
RESULT = RunResult("imitation", scores=ScoreTable({"deterministic": SCORE}))


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


def _cell(steps, method="gan"):
    return Cell(method, ImitationConfig("hopper", steps=steps, draw=0), 1)


def _ended(tmp_path, cell, **outcome):
    return Outcome(Job(cell, tmp_path, "x"), **outcome)


def test_a_cell_costs_its_steps_and_its_scores():
    assert cost(_cell(1000)) == 1000 + SCORING_STEPS
    assert cost(_cell(1000, "constant")) == 1000 + SCORING_STEPS
    assert cost(_cell(1000, "bc")) == CLONING_STEPS + SCORING_STEPS
    assert cost(_cell(1000, "random")) == SCORING_STEPS


def test_time_left_is_reckoned_from_what_ran_here(tmp_path, capsys):
    first, kept, last = _cell(940_000), _cell(440_000), _cell(1_940_000)
    clock = Clock()
    progress = BenchProgress([first, kept, last], clock)
    progress(kept, None)
    assert progress.seconds_left() is None
    assert capsys.readouterr().err == ""
    clock.now = 100.0
    progress(first, _ended(tmp_path, first, result=RESULT))
    assert progress.seconds_left() == 200.0
    line = capsys.readouterr().err
    assert line == f"2 of 3 cells, 0:01:40 elapsed, about 0:03:20 left: {first.name} normalized score 0.500\n"


def test_failures_are_counted_and_said(tmp_path, capsys):
    progress = BenchProgress([_cell(1000)], Clock())
    progress(_cell(1000), _ended(tmp_path, _cell(1000), error="it broke"))
    progress.close()
    line = capsys.readouterr().err
    assert line.startswith("1 of 1 cell, 1 failed, ")
    assert line.endswith("FAILED: it broke\n")


def test_a_cell_without_references_tells_its_return(tmp_path, capsys):
    score = ScoreEntry(Score((1000.0, 2000.0), (3, 3), (0, 1)))
    bare = RunResult("imitation", scores=ScoreTable({"deterministic": score}))
    progress = BenchProgress([_cell(1000)], Clock())
    progress(_cell(1000), _ended(tmp_path, _cell(1000), result=bare))
    assert capsys.readouterr().err.endswith("return 1,500\n")
