"""The regret of choosing without reward, by hand."""

import json
from pathlib import Path

import pytest

from gailforce.experiments.studies.checkpoint_choice import Choice, ChoiceResult, Regrets

ROOT = Path(__file__).resolve().parents[3]


def _cell(returns, distances):
    pairs = zip(returns, distances, strict=True)
    checkpoints = [{"step": i, "distance": d, "return": r} for i, (r, d) in enumerate(pairs)]
    return {"controls": {"random": {"mean": 0.0}, "expert": {"mean": 100.0}}, "checkpoints": checkpoints}


def test_the_nearest_checkpoint_is_taken_whatever_it_earns():
    choice = Choice.from_json("a", _cell([10.0, 90.0, 100.0, 40.0], [0.9, 0.1, 0.2, 0.5]))
    assert (choice.best, choice.nearest, choice.last) == (1.0, 0.9, 0.4)
    assert choice.fall == pytest.approx(0.6)


def test_regret_is_the_best_less_the_one_taken():
    runs = [
        Choice.from_json("a", _cell([100.0, 40.0], [0.1, 0.5])),
        Choice.from_json("b", _cell([80.0, 100.0], [0.1, 0.2])),
    ]
    regrets = Regrets.of(runs)
    assert regrets.last.value == pytest.approx(0.3)
    assert regrets.nearest.value == pytest.approx(0.1)
    assert regrets.nearest_of_last == pytest.approx(1 / 3)
    assert regrets.last.n == 2


def test_no_regret_at_the_last_has_no_ratio():
    run = Choice.from_json("a", _cell([1.0, 2.0], [0.2, 0.1]))
    assert Regrets.of([run]).nearest_of_last is None


def test_the_committed_figures_follow_from_the_committed_runs():
    committed = ChoiceResult.from_json(json.loads((ROOT / "results/checkpoint-choice.json").read_text()))
    assert ChoiceResult.of(committed.runs) == committed
