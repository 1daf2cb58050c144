"""A cell is found again by what its result depends on, and by nothing else."""

import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from gailforce.agents.bc import BCConfig
from gailforce.agents.gail import GAILConfig
from gailforce.agents.sb3.ppo import PPOConfig
from gailforce.experiments.bench import cell as cells
from gailforce.experiments.bench.cell import Cell
from gailforce.experiments.bench.cell_work import Job
from gailforce.experiments.bench.settings import dotted, with_settings
from gailforce.experiments.pipeline.config import ImitationConfig
from gailforce.generative.families.vail import VAILConfig
from gailforce.generative.rewards.reward_config import RewardConfig
from gailforce.generative.rewards.reward_families import FAMILIES, table_of

CONFIG = ImitationConfig("hopper", draw=102, seed=102)


def _key(method="gan", evaluation_episodes=50, **changes):
    return Cell(method, replace(CONFIG, **changes), evaluation_episodes).key


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
        {"gail": GAILConfig(n_envs=32)},
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


@pytest.mark.parametrize("changes", [{"threads": 1}, {"threads": 2}, {"force": True}, {"env": "Hopper-v5"}])
def test_what_cannot_change_the_result_leaves_the_key(changes):
    assert _key(**changes) == _key()


@pytest.mark.parametrize("method", FAMILIES)
def test_the_key_depends_on_the_settings_in_use_alone(method):
    names = set(Cell(method, CONFIG).definition.config)
    learner = {"n_envs", *(f"ppo.{name}" for name in asdict(CONFIG.gail.ppo))}
    if method in cells.CONSTANT:
        assert names == learner
        return
    own = set(dotted(FAMILIES[method].config_class(), f"{table_of(method)}."))
    training = {f"reward.{name}" for name in asdict(RewardConfig())}
    assert names == learner | training | own


def test_every_setting_in_use_changes_the_key():
    changed = replace(CONFIG, family_config=VAILConfig(limit=0.4))
    assert Cell("vail", changed).key != Cell("vail", CONFIG).key
    reward = replace(CONFIG.gail, reward=RewardConfig(replay=5))
    assert _key("vail", gail=reward) != _key("vail")
    assert _key("constant", gail=reward) == _key("constant")


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


def test_settings_go_by_dotted_names_into_a_configuration_and_out_of_it():
    settings = dotted(GAILConfig())
    changed = {"ppo.gamma": 0.5, "ppo.policy_layers": (8, 8), "n_envs": 4}
    config = with_settings(GAILConfig(), {**changed, "bc.updates": 3})
    assert dotted(config) == settings | changed
    assert {name for name in settings if "." not in name} == {"n_envs"}


def test_a_definition_is_stored_without_what_does_not_matter_and_with_lists_for_tuples():
    bc = Cell("bc", CONFIG).definition.to_json()
    assert bc["config"]["layers"] == [256, 256]
    assert not {"steps", "learner", "form", "inputs", "augment", "returns"} & set(bc)
    assert set(Cell("random", CONFIG).definition.to_json()) == {
        *("method", "environment", "algorithm", "horizon", "evaluation_episodes", "first_seed")
    }


def test_rows_join_cells_of_different_seeds_only():
    assert Cell("gan", CONFIG).row == Cell("gan", replace(CONFIG, seed=1, draw=1)).row
    assert Cell("gan", CONFIG).row != Cell("gan", replace(CONFIG, episodes=1)).row
    assert Cell("constant", CONFIG).row == Cell("constant", replace(CONFIG, episodes=1, seed=3)).row


def test_names_are_for_people_and_end_in_the_key():
    cell = Cell("gan", replace(CONFIG, subsample=20, horizon="fixed"))
    assert cell.name == f"gail-hopper-4x20-fixed-102-{cell.key}"


def test_a_job_travels_to_another_process_unchanged():
    gail = GAILConfig(n_envs=8, ppo=replace(CONFIG.gail.ppo, policy_layers=(8,)))
    cell = Cell("gan", replace(CONFIG, gail=gail), 7, BCConfig(updates=3))
    job = Job(cell, Path("runs/x"), "gailforce bench x")
    again = Job.from_json(json.loads(json.dumps(job.to_json())))
    assert again == job
    assert again.cell.key == job.cell.key
    assert type(again.cell.config.gail.ppo) is PPOConfig
    assert type(again.cell.cloning) is BCConfig


def test_a_job_takes_its_familys_settings_along():
    config = replace(CONFIG, reward="vail", family_config=VAILConfig(latent=3))
    job = Job(Cell("vail", config), Path("runs/x"), "gailforce bench x")
    assert Job.from_json(json.loads(json.dumps(job.to_json()))) == job
