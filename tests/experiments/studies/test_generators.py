"""Trials of generators: the yardstick gives real pieces what they deserve, and shuffled ones too."""

import json
from dataclasses import fields, replace

import numpy as np
import pytest

from gailforce import Demonstrations
from gailforce.agents.models.generator import STEPS, TrajectoryGenerator, forward_speed
from gailforce.demos.lossy import Recording, linear
from gailforce.demos.recorder import RandomPolicy, record
from gailforce.envs.errors import DataError
from gailforce.envs.registry import find_body, spaces
from gailforce.experiments.runs.provenance import write_result
from gailforce.experiments.scoring.statistics import Estimate
from gailforce.experiments.studies.generators import tstr
from gailforce.experiments.studies.generators.conditions import conditions_of, copied, piece, shuffled
from gailforce.experiments.studies.generators.measures import Yardstick
from gailforce.experiments.studies.generators.repair_trial import (
    GAP,
    RepairErrors,
    RepairResult,
    error,
    with_gaps,
)
from gailforce.experiments.studies.generators.trial import GeneratorTrial
from gailforce.experiments.studies.generators.tstr import TSTRResult, cleaned, synthetic
from gailforce.experiments.studies.stored import made
from gailforce.experiments.studies.tables.generators import (
    generator_table,
    ratio,
    repair_table,
    tstr_table,
)
from gailforce.generative.trajectories.generator_families import GENERATORS, GeneratorConfig, heeded

BODY = find_body("hopper")
TRAINING = Demonstrations.load("hopper-expert").take(3)
UNSEEN = Demonstrations.load("hopper-expert", split="validation").take(3)


@pytest.fixture(scope="module")
def yardstick():
    random = record(RandomPolicy(spaces("Hopper-v5")[1]), "Hopper-v5", 20)
    return Yardstick(BODY, conditions_of(UNSEEN, BODY, pieces=12, steps=32), TRAINING, random, 32)


@pytest.fixture(scope="module")
def measured(yardstick):
    conditions = yardstick.conditions
    return {
        "real": yardstick.all([c.real for c in conditions]),
        "shuffled": yardstick.all([shuffled(c.real) for c in conditions]),
        "copy": yardstick.all([copied(list(TRAINING), c, BODY, 32) for c in conditions]),
        "short": yardstick.all([[piece(one, 0, 8) for one in c.real] for c in conditions]),
    }


def test_a_piece_is_cut_from_its_episode():
    part = piece(UNSEEN[0], 40, 10)
    assert len(part) == 10
    assert np.array_equal(part.states, UNSEEN[0].states[40:51])
    assert part.truncated
    assert not part.terminated


def test_starts_come_from_one_episode_after_the_other_and_the_reference_from_the_others(yardstick):
    assert len(yardstick.conditions) == 3
    for i, condition in enumerate(yardstick.conditions):
        assert np.array_equal(condition.starts[0], UNSEEN[i].states[0])
        assert [len(part) for part in condition.real] == [32] * 12
        assert len(condition.reference) == 2
        assert not any(np.array_equal(e.states, UNSEEN[i].states) for e in condition.reference)
        assert 2 < condition.speed < 4


def test_copies_are_training_pieces_of_the_nearest_speed(yardstick):
    speeds = Demonstrations.load("hopper-speeds")
    condition = replace(yardstick.conditions[0], speed=1.9)
    made = copied(list(speeds), condition, BODY, 32)
    assert len(made) == 12
    assert {one.source for one in made} == {speeds_source(speeds, 2.0)}
    states = {tuple(row) for episode in speeds for row in episode.states}
    assert all(tuple(row) in states for one in made for row in one.states)


def speeds_source(demos, speed):
    """The source of the episodes made at a speed."""
    return min(demos, key=lambda e: abs(forward_speed(e, BODY.dt)[0] - speed)).source


def test_a_condition_needs_two_episodes():
    with pytest.raises(DataError, match="needs two episodes"):
        conditions_of(UNSEEN.take(1), BODY, 2, 32)


def test_real_pieces_are_the_zero_of_the_scale(measured):
    real = measured["real"]
    assert real["residual_p90"] < 1e-4
    # Of a mean over three episodes, of which each is one.
    assert real["energy"] == pytest.approx(0.0, abs=1e-3)
    assert real["of_real"] == pytest.approx(1.0)
    assert real["memorised"] < 0.05
    assert real["lasting"] == 1.0
    assert real["precision"] > 0.9
    assert real["kept"] == 32


def test_shuffled_actions_are_caught_by_physics(measured):
    assert measured["shuffled"]["residual_median"] > 0.1
    assert measured["shuffled"]["kept"] < 32


def test_copies_are_caught_by_copying_alone(measured):
    assert measured["copy"]["residual_p90"] < 1e-4
    assert measured["copy"]["copying"] < 0.1
    assert measured["copy"]["memorised"] == 1.0


def test_pieces_that_end_at_once_are_worth_nothing(measured):
    assert measured["short"]["energy"] == 1.0
    assert measured["short"]["coverage"] == measured["short"]["lasting"] == 0.0


def test_a_trial_is_kept_and_not_made_again(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    TRAINING.save("small.gfd", validation=UNSEEN, test=UNSEEN.take(1))
    trial = GeneratorTrial("hopper", "small.gfd", ("real", "nearest"), seeds=(0,))
    trial.run()
    assert "nearest-hopper-0.json" in capsys.readouterr().out
    trial.run()
    assert not capsys.readouterr().out
    stored = json.loads((tmp_path / "results/generators/nearest-hopper-0.json").read_text())
    assert stored["transitions_per_second"] > 0
    table = generator_table(tmp_path / "results")
    assert "| real, held out |" in table
    assert "| `nearest`, control |" in table


def test_gaps_leave_frames_on_both_sides_and_errors_count_missing_ones():
    whole = Recording.of(UNSEEN[0])
    lossy = with_gaps(whole)
    gone = np.flatnonzero(~lossy.known)
    assert len(gone) % GAP == 0
    assert lossy.known[[0, -1]].all()
    ones = np.ones(whole.states.shape[1])
    assert error(whole.states, whole, lossy, ones) == 0.0
    off = np.where(lossy.known[:, None], whole.states, whole.states + 2.0)
    assert error(off, whole, lossy, ones) == pytest.approx(2.0)
    assert error(linear(lossy), whole, lossy, ones) > 0


def test_noise_and_synthetic_sets_are_as_large_as_asked(monkeypatch):
    model = TrajectoryGenerator("nearest").fit(TRAINING)
    made, share = synthetic(model, TRAINING, seed=0)
    assert len(made) == TRAINING.steps // STEPS
    assert share == 1.0
    dirty, mended = cleaned(model, TRAINING, UNSEEN.take(1), seed=0)
    off = [np.abs(one[0].states - UNSEEN[0].states)[:, 1:].mean() for one in (dirty, mended)]
    assert off[1] < off[0]
    monkeypatch.setattr(tstr, "passes", lambda piece: False)
    with pytest.raises(DataError, match="physics agreed with 0 of"):
        synthetic(model, TRAINING.take(1), seed=0)


def test_tables_show_means_and_ratios(tmp_path):
    for folder, seed, own in (("repair", 0, [1.0, 2.0]), ("repair", 1, [3.0, 2.0])):
        errors = RepairErrors(tuple(own), (4.0, 4.0), Estimate(0.5, 0.5, 0.5, 2))
        result = RepairResult("vae", "hopper", seed, {"noise": {"none": errors}})
        (tmp_path / folder).mkdir(exist_ok=True)
        (tmp_path / folder / f"{seed}.json").write_text(json.dumps(result.to_json()))
    assert "| noise | `vae` | 2.000 | none | 4.000 | 0.50 [0.50, 0.50] N=2 |" in repair_table(tmp_path)
    (tmp_path / "tstr").mkdir()
    clones = TSTRResult("vae", "hopper", 0.75, {"real": (1.0, 1.0), "generated": (0.5, 0.5)})
    (tmp_path / "tstr" / "a.json").write_text(json.dumps(clones.to_json({})))
    table = tstr_table(tmp_path)
    assert "| hopper | `vae` | real | 1.00 [1.00, 1.00] N=2 | - | - |" in table
    assert "| generated | 0.50 [0.50, 0.50] N=2 | 0.50 [0.50, 0.50] N=2 | 0.75 |" in table


def test_a_ratio_of_means_has_an_interval_that_holds_it():
    share = ratio([0.4, 0.6, 0.5, 0.5], [1.0, 0.9, 1.1, 1.0])
    assert share.value == pytest.approx(0.5)
    assert 0.4 < share.low < 0.5 < share.high < 0.6


def test_results_outlive_the_settings_of_other_families(tmp_path):
    config = GeneratorConfig()
    other = replace(config, vae=replace(config.vae, latent=3))
    assert heeded("gpt", config) == heeded("gpt", other)
    assert heeded("vae", config) != heeded("vae", other)
    path = tmp_path / "result.json"
    own, changed = (json.dumps(heeded("vae", settings)) for settings in (config, other))
    assert not made(path, own)
    write_result(path, {"settings": heeded("vae", config)})
    assert made(path, own)
    assert not made(path, changed)


def test_every_setting_of_generators_is_heeded_by_one():
    named = {part for family in GENERATORS.values() for part in family.settings}
    assert named == {field.name for field in fields(GeneratorConfig)}
