"""The committed cells: hours of computing, found again by the settings they used."""

import hashlib
import json
from pathlib import Path

import pytest

from gailforce.experiments.bench.cell import KEY_LENGTH, Cell
from gailforce.experiments.bench.cell_store import CellStore
from gailforce.experiments.bench.cell_work import Job, perform
from gailforce.experiments.bench.grid import SHIPPED, read_grid
from gailforce.experiments.pipeline.config import ImitationConfig
from gailforce.generative.rewards.reward_families import FAMILIES

CELLS = Path(__file__).resolve().parents[3] / "results" / "cells"
STORED = 251
# Digest of what no change of names or settings may touch: scores, and by which command and commit they came.
MEASURED = "a0583ae0994f2b623f16c516a4c8b6e8ad940ed9187c5a9ee2cb6b9be9a3bca2"
# Finished cells of every shipped grid.
FINISHED = {
    "augment": 16,
    "families": 83,
    "few": 24,
    "fixed": 14,
    "paper": 80,
    "pretraining": 6,
    "remember": 12,
    "smoke": 2,
    "spread": 3,
    "trial": 0,
    "walker": 17,
}


@pytest.fixture(scope="module")
def stored():
    return {path: json.loads(path.read_text()) for path in sorted(CELLS.glob("*.json"))}


def test_every_key_is_the_digest_of_its_definition_and_ends_the_file_name(stored):
    for path, cell in stored.items():
        plain = json.dumps(cell["definition"], sort_keys=True)
        assert cell["key"] == hashlib.sha256(plain.encode()).hexdigest()[:KEY_LENGTH]
        assert path.stem.endswith(f"-{cell['key']}")


def test_no_two_cells_share_a_key(stored):
    assert len({cell["key"] for cell in stored.values()}) == len(stored) == STORED


def test_stored_scores_commands_and_commits_are_those_that_were_measured(stored):
    facts = [
        json.dumps([cell.get(part) for part in ("agent", "controls", "command", "commit")])
        for cell in stored.values()
    ]
    assert hashlib.sha256("\n".join(sorted(facts)).encode()).hexdigest() == MEASURED


def test_a_stored_definition_holds_only_settings_that_its_method_uses(stored):
    for path, cell in stored.items():
        method = cell["definition"]["method"]
        if method in FAMILIES:
            config = Cell(method, ImitationConfig("hopper")).definition.config
            assert set(cell["definition"]["config"]) <= set(config), path.name


def test_shipped_grids_find_their_finished_cells():
    store = CellStore(CELLS)
    cells = {path.stem: read_grid(path).cells for path in SHIPPED.glob("*.toml")}
    found = {grid: [cell for cell in row if store.find(cell) is not None] for grid, row in cells.items()}
    assert {grid: len(row) for grid, row in found.items()} == FINISHED
    # A stored file bears the name and holds the definition that its cell has today.
    for cell in {cell.key: cell for row in found.values() for cell in row}.values():
        definition = json.loads((CELLS / f"{cell.name}.json").read_text())["definition"]
        assert definition == cell.definition.to_json()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("grid", "name"),
    [("paper", "bc-walker2d-4x20-103-b0c7f48e4d7c"), ("few", "hinge-hopper-1x20-102-54e03f7e1d60")],
)
def test_a_stored_cell_run_again_has_the_same_scores_to_the_last_digit(stored, tmp_path, grid, name):
    cell = next(cell for cell in read_grid(grid).cells if cell.name == name)
    again = perform(Job(cell, tmp_path / "run", "gailforce bench")).to_json()
    before = stored[CELLS / f"{name}.json"]
    for part in ("agent", "controls", "definition", "demonstrations"):
        assert json.loads(json.dumps(again[part])) == before[part], part
