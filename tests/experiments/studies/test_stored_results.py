"""Every stored result of a study is written byte for byte as it was read, so a new run keeps the layout."""

import json
from pathlib import Path

import pytest

from gailforce.experiments.studies.checkpoint_choice import ChoiceResult
from gailforce.experiments.studies.exactness import BodyProof
from gailforce.experiments.studies.frames_trial import FramesScore
from gailforce.experiments.studies.gait_phases import BorderScore
from gailforce.experiments.studies.generators.repair_trial import RepairResult
from gailforce.experiments.studies.generators.trial import GeneratorResult
from gailforce.experiments.studies.generators.tstr import TSTRResult
from gailforce.experiments.studies.reward_speed import FamilyCost
from gailforce.experiments.studies.sample_efficiency import EfficiencyResult
from gailforce.experiments.studies.throughput import Throughput
from gailforce.experiments.studies.transfer import TransferResult
from gailforce.experiments.studies.verdict_result import VerdictResult
from gailforce.experiments.studies.worlds.trial import WorldResult

RESULTS = Path(__file__).resolve().parents[3] / "results"
# What is written beside a result.
ORIGIN = ("command", "commit", "versions", "settings")
# Files that hold one result, and files that hold several under these keys.
WHOLE = {"checkpoint-choice": ChoiceResult, "verdict": VerdictResult}
NAMED = {"exactness": BodyProof, "throughput": Throughput}
NESTED = {"frames": ("found", FramesScore), "gait-phases": ("f1", BorderScore)}
NESTED |= {"reward-speed": ("families", FamilyCost)}
FOLDERS = {
    "generators": GeneratorResult,
    "repair": RepairResult,
    "sample-efficiency": EfficiencyResult,
    "worlds": WorldResult,
}


def _stored(name):
    return json.loads((RESULTS / f"{name}.json").read_text())


def _bare(plain):
    return {key: value for key, value in plain.items() if key not in ORIGIN}


def _same(result, plain):
    """Equal as text: keys in the same order, numbers to the last digit."""
    return json.dumps(result.from_json(plain).to_json()) == json.dumps(plain)


@pytest.mark.parametrize("name", WHOLE)
def test_a_result_is_written_as_it_was_read(name):
    assert _same(WHOLE[name], _bare(_stored(name)))


@pytest.mark.parametrize("name", NAMED)
def test_the_result_of_a_body_is_written_as_it_was_read(name):
    stored = _stored(name)
    assert all(_same(NAMED[name], stored[body]) for body in ("hopper", "walker2d"))


@pytest.mark.parametrize("name", NESTED)
def test_nested_results_are_written_as_they_were_read(name):
    key, result = NESTED[name]
    entries = _stored(name)[key].values()
    assert entries
    assert all(_same(result, plain) for plain in entries)


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_result_of_a_folder_is_written_as_it_was_read(folder):
    paths = sorted((RESULTS / folder).glob("*.json"))
    assert paths
    assert [
        path.name for path in paths if not _same(FOLDERS[folder], _bare(json.loads(path.read_text())))
    ] == []


def test_clones_are_written_as_they_were_read_with_their_settings():
    stored = _stored("tstr/diffusion-hopper")
    plain = {key: value for key, value in stored.items() if key not in ORIGIN[:3]}
    assert json.dumps(TSTRResult.from_json(stored).to_json(stored["settings"])) == json.dumps(plain)


def test_transfers_are_written_as_they_were_read():
    for path in sorted((RESULTS / "transfer").glob("*.json")):
        plain = _bare(json.loads(path.read_text()))
        # The first transfers began at the body's own starts and did not say so.
        plain.setdefault("demonstrated starts", 0.0)
        assert json.dumps(TransferResult.from_json(plain).to_json()) == json.dumps(plain), path.name
