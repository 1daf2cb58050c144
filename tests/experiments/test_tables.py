"""The README's tables are what the results say."""

import json
from pathlib import Path

import pytest

from gailforce.experiments.tables import Group, filled, names_in, read_groups

ROOT = Path(__file__).resolve().parent.parent.parent


def _cell(seed, share, episodes=50, **changes):
    nr = {"value": share, "low": share, "high": share, "n": episodes}
    score = {"nr": nr, "returns": [share] * episodes}
    config = {"reward": "gan", "horizon": "native", "subsample": 1, "steps": 1000, "seed": seed, "draw": seed}
    return {
        "kind": "imitation",
        "environment": "Hopper-v5",
        "seed": seed,
        "config": config | changes,
        "demonstrations": {"episodes": 4, "transitions": 4000},
        "agent": {"deterministic": score, "exploring": score},
        "controls": {"bc": {"missing": "not trained"}},
    }


def test_the_readme_holds_the_tables_of_the_results():
    text = (ROOT / "README.md").read_text()
    assert names_in(text)
    assert filled(text, ROOT / "results") == text


def test_every_result_says_the_command_that_made_it():
    paths = list((ROOT / "results").rglob("*.json"))
    assert paths
    for path in paths:
        assert json.loads(path.read_text())["command"]


def test_runs_are_grouped_by_everything_but_their_seed(tmp_path):
    cells = [_cell(2, 0.9), _cell(1, 0.8)]
    cells += [_cell(1, 0.3, reward="constant"), _cell(1, 0.7, horizon="fixed")]
    for i, cell in enumerate(cells):
        (tmp_path / f"{i}.json").write_text(json.dumps(cell))
    groups = {(group.method, group.task): group for group in read_groups(tmp_path)}
    assert groups["GAIL", "4 demonstrations"].shares("agent", "deterministic") == [0.8, 0.9]
    assert groups["constant reward", "4 demonstrations"].shares("agent", "deterministic") == [0.3]
    assert groups["GAIL", "4 demonstrations, fixed horizon"].shares("agent", "exploring") == [0.7]


def test_agents_that_were_only_looked_at_are_no_rows(tmp_path):
    (tmp_path / "a.json").write_text(json.dumps(_cell(1, 0.9, episodes=10)))
    assert read_groups(tmp_path) == []


def test_the_interquartile_mean_of_known_seeds():
    cells = tuple(_cell(i, share) for i, share in enumerate((0.0, 0.8, 1.0, 5.0)))
    group = Group("Hopper-v5", "GAIL", "4", 1, cells)
    estimate = group.estimate("agent", "deterministic")
    assert estimate.value == pytest.approx(0.9)
    assert estimate.n == 4
    assert group.estimate("controls", "bc") is None
