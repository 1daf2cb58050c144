"""Files beside the code are where their readers look, and the wheel carries each of them.

Some readers say "not measured" where a file is missing, so that a lost file would not be seen.
"""

import tomllib
from pathlib import Path

import pytest

from gailforce.demos.library import SHIPPED as DEMONSTRATIONS
from gailforce.experiments.bench.family_results import GRIDS, SHIPPED
from gailforce.experiments.bench.gate_result import GATE
from gailforce.experiments.bench.grid import SHIPPED as GRID_FILES
from gailforce.experiments.cli.models import Models
from gailforce.experiments.scoring.controls import SHIPPED as CONTROLS
from gailforce.experiments.verdict.confidence import TRIED, confidence
from gailforce.experiments.verdict.evidence import Evidence
from gailforce.generative.rewards.reward_families import FAMILIES

ROOT = Path(__file__).resolve().parent.parent
READ = [
    *(*DEMONSTRATIONS.iterdir(), *CONTROLS.iterdir(), *GRID_FILES.iterdir(), TRIED, ROOT / "py.typed"),
    *(SHIPPED / name for name in (GATE, *(f"{grid}.json" for grid in GRIDS))),
]


def _carried():
    """Every file that the wheel takes along beside the code."""
    tables = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["package-data"]
    return {
        path
        for package, patterns in tables.items()
        for pattern in patterns
        for path in (ROOT / Path(*package.split(".")[1:])).glob(pattern)
    }


def test_the_wheel_carries_what_the_code_reads_and_nothing_else():
    assert _carried() == set(READ)


@pytest.mark.parametrize("word", ["imitates", "partly", "survives only", "failed"])
def test_the_shipped_counts_tell_how_often_a_word_was_right(word):
    measured = confidence(word, Evidence(4, 4000, 1000.0))
    assert measured.share.n >= 20
    assert "called so in the trial" in measured.sentence


def test_models_shows_the_gate_and_the_score_of_every_family():
    entries = Models().run().families
    assert entries.keys() == FAMILIES.keys()
    assert [name for name, entry in entries.items() if entry.normalized_score is None] == []
    ungated = {name for name, entry in entries.items() if not entry.gate}
    assert ungated <= {"constant", "true"}
