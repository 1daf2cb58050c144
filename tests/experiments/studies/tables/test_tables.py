"""The README's tables are what the results say."""

import json
from pathlib import Path

from gailforce.experiments.studies.tables.readme import filled, names_in

ROOT = Path(__file__).resolve().parents[4]


def test_the_readme_holds_the_tables_of_the_results():
    text = (ROOT / "README.md").read_text()
    assert names_in(text)
    assert filled(text, ROOT / "results") == text


def test_every_result_says_the_command_that_made_it():
    paths = list((ROOT / "results").rglob("*.json"))
    assert paths
    for path in paths:
        assert json.loads(path.read_text())["command"]
