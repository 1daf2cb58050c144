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


def test_a_stored_definition_holds_only_settings_that_its_method_uses(stored):
    for path, cell in stored.items():
        method = cell["definition"]["method"]
        if method in FAMILIES:
            config = Cell(method, ImitationConfig("hopper")).definition["config"]
            assert set(cell["definition"]["config"]) <= set(config), path.name


def test_shipped_grids_find_their_finished_cells():
    store = CellStore(CELLS)
    counts = {
        path.stem: sum(store.find(cell) is not None for cell in read_grid(path).cells)
        for path in SHIPPED.glob("*.toml")
    }
    assert counts == FINISHED


@pytest.mark.slow
def test_a_stored_cell_run_again_has_the_same_scores_to_the_last_digit(stored, tmp_path):
    cells = (cell for cell in read_grid("paper").cells if cell.method == "bc")
    cell = next(
        cell for cell in cells.values() if cell.config.env == "hopper" and cell.config.subsample == 20
    )
    before = stored[CELLS / f"{cell.name}.json"]["agent"]["deterministic"]
    after = perform(Job(cell, tmp_path / "run", "gailforce bench paper"))["agent"]["deterministic"]
    assert after["returns"] == before["returns"]
    assert after["normalized_score"] == before["normalized_score"]
