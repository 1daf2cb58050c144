"""The regret of choosing without reward, by hand."""

import pytest

from gailforce.experiments.studies.checkpoint_choice import choice, summary


def _cell(returns, distances):
    pairs = zip(returns, distances, strict=True)
    looked = [{"step": i, "distance": d, "return": r} for i, (r, d) in enumerate(pairs)]
    return {"controls": {"random": {"mean": 0.0}, "expert": {"mean": 100.0}}, "checkpoints": looked}


def test_the_nearest_checkpoint_is_taken_whatever_it_earns():
    found = choice("a", _cell([10.0, 90.0, 100.0, 40.0], [0.9, 0.1, 0.2, 0.5]))
    assert (found.best, found.nearest, found.last) == (1.0, 0.9, 0.4)
    assert found.fall == pytest.approx(0.6)


def test_regret_is_the_best_less_the_one_taken():
    runs = [
        choice("a", _cell([100.0, 40.0], [0.1, 0.5])),
        choice("b", _cell([80.0, 100.0], [0.1, 0.2])),
    ]
    found = summary(runs)
    assert found["last"]["value"] == pytest.approx(0.3)
    assert found["nearest"]["value"] == pytest.approx(0.1)
    assert found["nearest of last"] == pytest.approx(1 / 3)
    assert found["last"]["n"] == 2


def test_no_regret_at_the_last_has_no_ratio():
    assert summary([choice("a", _cell([1.0, 2.0], [0.2, 0.1]))])["nearest of last"] is None
