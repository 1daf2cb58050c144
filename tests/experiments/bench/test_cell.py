"""A cell is found again by what its result depends on, and by nothing else."""

import json
from dataclasses import fields, is_dataclass, replace
from pathlib import Path

import pytest

from gailforce.agents.bc import BCConfig
from gailforce.agents.gail import GAILConfig
from gailforce.experiments.bench import cell as cells
from gailforce.experiments.bench.cell import FIRST_SETTINGS, Cell, leaves
from gailforce.experiments.bench.cell_work import Job
from gailforce.experiments.pipeline.config import ImitationConfig
from gailforce.generative.families.mixture import MixtureConfig
from gailforce.generative.rewards.reward_config import RewardConfig

CONFIG = ImitationConfig("hopper", draw=102, seed=102)
ROOT = Path(__file__).resolve().parents[3]


def _key(method="gan", evaluation_episodes=50, **changes):
    return Cell(method, replace(CONFIG, **changes), evaluation_episodes).key


def test_committed_cells_are_found_by_their_own_configuration():
    """The keys of hours of computing must not move: raise ALGORITHM if they have to."""
    committed = [path for path in (ROOT / "results" / "cells").glob("gail-hopper-*-??????????*.json")]
    found = [json.loads(path.read_text()) for path in committed]
    keyed = [(path, result) for path, result in zip(committed, found, strict=True) if "key" in result]
    assert keyed
    for path, result in keyed:
        assert path.stem.endswith(result["key"])
        config = ImitationConfig.from_plain(result["config"])
        again = Cell(config.reward, config, len(result["agent"]["deterministic"]["returns"]))
        assert again.name == path.stem


@pytest.mark.parametrize(
    "changes",
    [
        {"seed": 103},
        {"draw": 103},
        {"episodes": 5},
        {"subsample": 20},
        {"steps": 1000},
        {"inputs": "s"},
        {"horizon": "fixed"},
        {"form": "logit"},
        {"gail": GAILConfig(copies=32)},
    ],
)
def test_whatever_changes_the_result_changes_the_key(changes):
    assert _key(**changes) != _key()


def test_method_and_number_of_episodes_change_the_key():
    assert len({_key("gan"), _key("bc"), _key("constant"), _key("random"), _key("expert")}) == 5
    assert _key(evaluation_episodes=51) != _key()


def test_the_algorithm_number_changes_the_key(monkeypatch):
    before = _key()
    monkeypatch.setattr(cells, "ALGORITHM", 99)
    assert _key() != before


# The config's reward is gan.
OTHERS = GAILConfig(reward=RewardConfig(gmm=MixtureConfig(parts=(3,))))


@pytest.mark.parametrize(
    "changes", [{"threads": 1}, {"threads": 2}, {"force": True}, {"env": "Hopper-v5"}, {"gail": OTHERS}]
)
def test_what_cannot_change_the_result_leaves_the_key(changes):
    assert _key(**changes) == _key()


def test_every_setting_of_the_first_algorithm_is_in_the_key():
    known = dict(leaves(cells.asdict(GAILConfig())))
    assert set(known) >= FIRST_SETTINGS
    assert set(Cell("gan", CONFIG).definition["config"]) == FIRST_SETTINGS


def test_a_setting_that_joined_later_counts_where_it_differs(monkeypatch):
    first = FIRST_SETTINGS - {"ppo.ent_coef", "reward.gan.penalty"}
    monkeypatch.setattr(cells, "FIRST_SETTINGS", first)
    ppo = replace(CONFIG.gail.ppo, ent_coef=0.5)
    usual, changed = Cell("gan", CONFIG), Cell("gan", replace(CONFIG, gail=replace(CONFIG.gail, ppo=ppo)))
    assert "ppo.ent_coef" not in usual.definition["config"]
    assert changed.definition["config"]["ppo.ent_coef"] == 0.5
    assert "reward.vail.limit" in Cell("vail", CONFIG).definition["config"]  # the method's own
    assert "reward.vail.limit" not in usual.definition["config"]


@pytest.mark.parametrize("changes", [{"episodes": 1}, {"draw": 3}, {"subsample": 20}, {"inputs": "s"}])
def test_a_constant_reward_looks_at_no_demonstrations(changes):
    assert _key("constant", **changes) == _key("constant")
    assert _key("constant", steps=1000) != _key("constant")
    assert _key("constant", seed=1) != _key("constant")


@pytest.mark.parametrize("method", ["expert", "random"])
def test_references_depend_on_no_seed_or_budget(method):
    assert _key(method, seed=1, draw=1, episodes=1, steps=1) == _key(method)


def test_cloning_depends_on_no_step_budget():
    assert _key("bc", steps=1, form="logit") == _key("bc")
    assert _key("bc", seed=1) != _key("bc")


def test_rows_join_cells_of_different_seeds_only():
    assert Cell("gan", CONFIG).row == Cell("gan", replace(CONFIG, seed=1, draw=1)).row
    assert Cell("gan", CONFIG).row != Cell("gan", replace(CONFIG, episodes=1)).row
    assert Cell("constant", CONFIG).row == Cell("constant", replace(CONFIG, episodes=1, seed=3)).row


def test_names_are_for_people_and_end_in_the_key():
    cell = Cell("gan", replace(CONFIG, subsample=20, horizon="fixed"))
    assert cell.name == f"gail-hopper-4x20-fixed-102-{cell.key}"


def test_a_job_travels_to_another_process_unchanged():
    gail = GAILConfig(copies=8, ppo=replace(CONFIG.gail.ppo, policy_layers=(8,)))
    cell = Cell("gan", replace(CONFIG, gail=gail), 7, BCConfig(updates=3))
    job = Job(cell, Path("runs/x"), "gailforce bench x")
    again = Job.from_json(json.loads(json.dumps(job.to_json())))
    assert again == job
    assert again.cell.key == job.cell.key
    assert is_dataclass(again.cell.config.gail.ppo)
    assert fields(again.cell)
