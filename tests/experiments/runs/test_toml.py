"""A configuration comes back from its file as it was."""

import math
import tomllib

import pytest

from gailforce.agents.gail import GAILConfig
from gailforce.agents.sb3.ppo import PPOConfig
from gailforce.agents.settings import from_plain
from gailforce.envs.errors import DataError
from gailforce.experiments.pipeline.config import ImitationConfig
from gailforce.experiments.runs.toml import write_toml

SMALL = GAILConfig(n_envs=4, ppo=PPOConfig(policy_layers=(7,)))


def _written(folder, values):
    """What a file says that these values are written to."""
    write_toml(folder / "values.toml", values)
    return tomllib.loads((folder / "values.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "config",
    [
        ImitationConfig("hopper"),
        ImitationConfig(
            'odd "name"\\', draw=3, inputs="ss'", gail=GAILConfig(n_envs=4, ppo=PPOConfig(policy_layers=(7,)))
        ),
    ],
)
def test_every_value_survives_toml(tmp_path, config):
    assert ImitationConfig.from_plain(_written(tmp_path, config.to_plain())) == config


@pytest.mark.parametrize(
    "text", ["\N{ROBOT FACE} ran", "d\u00e9mo", "tab\t", "line\nline", "del\x7f", "\x00"]
)
def test_every_letter_survives_toml(tmp_path, text):
    assert _written(tmp_path, {"notes": text}) == {"notes": text}


def test_tables_survive_toml_in_tables(tmp_path):
    values = {"a": {"b": {"c": 1}, "empty": {}}, "d": 2}
    assert _written(tmp_path, values) == values


def test_what_is_not_finite_survives_toml(tmp_path):
    values = _written(tmp_path, {"most": math.inf, "least": -math.inf, "unknown": math.nan})
    assert (values["most"], values["least"]) == (math.inf, -math.inf)
    assert math.isnan(values["unknown"])


def test_unknown_keys_are_left_out_and_missing_ones_are_named():
    assert from_plain(GAILConfig, {"n_envs": 8, "other": 1}) == GAILConfig(n_envs=8)
    with pytest.raises(DataError, match="env"):
        ImitationConfig.from_plain({"steps": 1})
