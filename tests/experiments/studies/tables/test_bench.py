"""A benchmark's rows stand in the README beside what others published."""

import json

import pytest

from gailforce.experiments.studies.tables.bench import bench_markdown, published_markdown
from gailforce.experiments.studies.tables.published import PUBLISHED, Published


def _row(method, episodes=None, shares=(1.0,), subsample=1, environment="Hopper-v5"):
    interval = {"value": 0.5, "low": 0.4, "high": 0.6, "n": len(shares)} if shares else {"value": None}
    return {
        "environment": environment,
        "horizon": "native",
        "method": method,
        "episodes": episodes,
        "subsample": None if episodes is None else subsample,
        "steps": 1_000_000 if method == "gail" else None,
        "returns": [1000 * share for share in shares],
        "normalized_score": list(shares),
        **interval,
        "exploring": {"value": None},
    }


@pytest.fixture
def results(tmp_path):
    rows = [_row("expert"), _row("random", shares=[0.0]), _row("bc", 1), _row("gail", 1, (0.2, 0.9))]
    rows += [_row("vae", 1), _row("gail", 25, ()), _row("gail", 4, subsample=20)]
    rows += [_row("gail", 4), _row("constant", shares=[0.3])]
    (tmp_path / "paper.json").write_text(json.dumps({"rows": rows}))
    return tmp_path


def test_tasks_come_first_and_references_last(results):
    lines = [line.split(" | ")[:2] for line in bench_markdown(results, "paper").splitlines()[2:]]
    assert lines == [
        ["| Hopper-v5, 1 demonstration", "GAIL"],
        ["| Hopper-v5, 1 demonstration", "cloning"],
        ["| Hopper-v5, 1 demonstration", "vae"],
        ["| Hopper-v5, 4 demonstrations", "GAIL"],
        ["| Hopper-v5, 25 demonstrations", "GAIL"],
        ["| Hopper-v5, 4 demonstrations at 1/20", "GAIL"],
        ["| Hopper-v5", "constant reward"],
        ["| Hopper-v5", "random actions"],
        ["| Hopper-v5", "expert"],
    ]


def test_every_seed_stands_in_its_row(results):
    line = bench_markdown(results, "paper").splitlines()[2]
    assert "| 1M | 550 | 0.20 0.90 | 0.550 | 0.200 | 0.500 [0.400, 0.600] N=2 | - |" in line


def test_a_row_without_cells_shows_dashes(results):
    line = next(line for line in bench_markdown(results, "paper").splitlines() if "25 demonstrations" in line)
    assert line.endswith("| 1M | - | - | - | - | - | - |")


def test_published_returns_are_shares_of_their_own_experts(results, monkeypatch):
    figure = Published("Hopper-v5", "gail", 1, 1, 1500.0, 7.0, 2000.0, 25_000_000, "A 2000, v1")
    monkeypatch.setattr("gailforce.experiments.studies.tables.bench.PUBLISHED", (figure,))
    line = published_markdown(results, "paper").splitlines()[2]
    assert line == (
        "| Hopper, 1 demonstration | GAIL | 1,500 ± 7 | 0.750 | 25M | 0.550 ± 0.350 (N=2) | 1M | A 2000, v1 |"
    )


def test_every_published_figure_has_its_row_in_the_paper_grid():
    from gailforce.experiments.bench.grid import read_grid

    tasks = {
        (cell.definition.environment, cell.method, cell.config.episodes, cell.config.subsample)
        for cell in read_grid("paper").cells
    }
    for figure in PUBLISHED:
        method = {"gail": "gan"}.get(figure.method, figure.method)
        assert (figure.environment, method, figure.episodes, figure.subsample) in tasks
        assert 0 < figure.share < 1.1
