"""The families' tables: best first, controls below, and a label only where an interval says so."""

import json

import pytest

from gailforce.agents.sb3.ppo import PPOConfig
from gailforce.experiments.bench.family_results import label
from gailforce.experiments.cli.models import Models
from gailforce.experiments.pipeline.config import ImitationConfig
from gailforce.experiments.scoring.score import Score, ScoreEntry
from gailforce.experiments.scoring.statistics import Estimate
from gailforce.experiments.studies.gait_phases import BorderScore
from gailforce.experiments.studies.tables.classical import phases_table, pretraining_table
from gailforce.experiments.studies.tables.families import (
    family_table,
    gate_table,
    spread_table,
    transfer_table,
)
from gailforce.experiments.studies.transfer import TransferResult


def _row(method, normalized_score, low, high, n=3, episodes=4):
    return {
        "environment": "Hopper-v5",
        "horizon": "native",
        "method": method,
        "episodes": episodes,
        "subsample": 1,
        "normalized_score": normalized_score,
        "value": sum(normalized_score) / len(normalized_score),
        "low": low,
        "high": high,
        "n": n,
        "exploring": {"value": None},
        "seconds": [10.0, 20.0],
    }


@pytest.mark.parametrize(
    ("low", "constant_high", "n", "expected"),
    [(0.4, 0.3, 3, "works"), (0.3, 0.3, 3, "for study"), (0.2, 0.3, 3, "for study"), (0.9, 0.3, 2, "-")],
)
def test_working_means_wholly_above_the_constant_reward(low, constant_high, n, expected):
    constant = Estimate(0.2, 0.1, constant_high, 3)
    assert label(Estimate(0.9, low, 0.9, n), constant) == expected


def test_without_the_control_nothing_is_said():
    assert label(Estimate(0.5, 0.4, 0.9, 3), None) == "-"


def test_the_best_family_comes_first_and_controls_last(tmp_path):
    rows = [
        _row("constant", [0.25, 0.25, 0.25], 0.25, 0.25, episodes=None),
        _row("vail", [0.5, 0.6, 0.7], 0.5, 0.7),
        _row("gail", [0.9, 1.0, 1.0], 0.9, 1.0),
        _row("red", [0.1, 0.1, 0.3], 0.1, 0.3),
    ]
    (tmp_path / "families.json").write_text(json.dumps({"rows": rows}))
    lines = family_table(tmp_path).splitlines()[2:]
    assert [line.split("|")[1].strip() for line in lines] == ["`gan`", "`vail`", "`red`", "constant reward"]
    assert [line.split("|")[-2].strip() for line in lines] == ["works", "works", "for study", "-"]


def test_a_family_short_of_its_gate_is_shown_so(tmp_path):
    half = {"value": 0.7, "low": 0.1, "high": 0.9, "n": 7}
    halves = {"mean": [half, half], "sum": [None, None], "policies": [half, None]}
    entry = {"rrc": 0.7, "rrc of policies": None, "halves": halves, "threshold": 0.9, "seconds": 3.0}
    entry |= {"command": "gailforce bench families --gate", "commit": None, "versions": {}}
    (tmp_path / "gate.json").write_text(json.dumps({"families": {"Hopper-v5": {"vail": entry}}}))
    line = gate_table(tmp_path).splitlines()[-1]
    assert "0.70 [0.10, 0.90] N=7" in line
    assert "short of it" in line
    vail = next(
        line
        for line in Models(results=tmp_path).describe(Models(results=tmp_path).run()).splitlines()
        if line.startswith("vail")
    )
    assert "0.70 (0.70, 0.70), short of 0.9" in vail


def test_the_spread_of_seeds_stands_beside_the_penalised_critic(tmp_path):
    (tmp_path / "spread.json").write_text(json.dumps({"rows": [_row("gail", [0.2, 0.6, 1.0], 0.2, 1.0)]}))
    rows = [_row(name, [0.9, 1.0, 1.1], 0.9, 1.1) for name in ("gail", "vail", "wgan-gp")]
    (tmp_path / "families.json").write_text(json.dumps({"rows": rows}))
    lines = spread_table(tmp_path).splitlines()[2:]
    assert "0.400 N=3" in lines[0]
    assert [line.split("|")[3].strip() for line in lines[1:]] == ["0.100 N=3"] * 3


def test_pre_training_is_told_from_a_random_start(tmp_path):
    rows = [
        _row("dbn", normalized_score, min(normalized_score), max(normalized_score))
        | {"config": {"dbn.steps": steps}, "steps": 600_000}
        for normalized_score, steps in (([0.8, 0.9, 1.0], 1000), ([0.3, 0.4, 0.5], 0))
    ]
    (tmp_path / "pretraining.json").write_text(json.dumps({"rows": rows}))
    lines = pretraining_table(tmp_path).splitlines()[2:]
    assert lines[0].startswith("| pre-trained")
    assert lines[1].startswith("| random | 0.30 0.40 0.50")


def test_phases_stand_beside_what_knows_no_time(tmp_path):
    score = BorderScore((0.9, 0.95), Estimate(0.92, 0.9, 0.95, 10)).to_json()
    result = {"f1": {name: score for name in ("chain", "mixture", "even")}, "tolerance": 2, "phases": 12}
    (tmp_path / "gait-phases.json").write_text(json.dumps(result))
    assert "0.92 [0.90, 0.95] N=10" in phases_table(tmp_path).splitlines()[2]


def test_transfers_are_grouped_by_body_and_reward(tmp_path):
    (tmp_path / "transfer").mkdir()
    for seed, value in ((1, 0.8), (2, 0.9), (3, 1.0)):
        score = ScoreEntry.of(Score((value,), (1000,), (0,)), 0.0, 1.0)
        config = ImitationConfig("hopper", reward="airl", seed=seed)
        result = TransferResult("airl", "hopper", seed, 1000, score, score, config, PPOConfig())
        (tmp_path / "transfer" / f"airl-{seed}.json").write_text(json.dumps(result.to_json()))
    lines = transfer_table(tmp_path).splitlines()
    assert len(lines) == 3
    assert "0.80 0.90 1.00 | 0.900 [0.800, 1.000] N=3" in lines[-1]
