"""The card: it comes back from JSON, describes itself, and refuses malformed fields."""

import numpy as np
import pytest

from gailforce.demos.card import Card, installed_versions
from gailforce.envs.errors import DataError

CARD = Card(
    "Hopper-v5",
    "PPO",
    "gailforce expert hopper",
    3324.5,
    4.0,
    45,
    20.0,
    1000.0,
    3300.0,
    {"mujoco": "4.0"},
    "-",
)


def test_json_gives_the_card_back():
    assert Card.from_dict(CARD.as_dict()) == CARD


def test_description_names_every_figure():
    text = CARD.describe()
    for part in (
        "Hopper-v5",
        "45",
        "3,324.5 ± 4.0",
        "3,300.0",
        "20.0",
        "1,000.0",
        "PPO",
        "gailforce expert",
        "mujoco 4.0",
    ):
        assert part in text


def test_what_is_unknown_is_said_to_be():
    text = Card("Hopper-v5").describe()
    assert text.count("unknown") == 7


def test_control_characters_of_a_stranger_do_not_reach_the_terminal():
    assert "\x1b" not in Card("Hopper-v5", maker="\x1b[2Jme\r").describe()


def test_measuring_takes_mean_and_deviation_of_the_returns():
    card = Card("Hopper-v5").measured(np.array([1.0, 3.0]), 2)
    assert (card.mean_return, card.std_return, card.episodes) == (2.0, 1.0, 2)


@pytest.mark.parametrize("returns", [None, np.array([]), np.array([1.0, np.nan])])
def test_unknown_returns_leave_no_stale_figures(returns):
    card = CARD.measured(returns, 2)
    assert (card.mean_return, card.std_return, card.episodes) == (None, None, 2)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({}, "no env_id"),
        ({"env_id": "x", "color": 1}, r"unknown fields \['color'\]"),
        ({"env_id": 3}, "env_id must be text, got 3"),
        (
            {"env_id": "x", "mean_return": float("nan")},
            "mean_return must be a finite number or None, got nan",
        ),
        ({"env_id": "x", "mean_return": "high"}, "mean_return must be .*, got 'high'"),
        ({"env_id": "x", "mean_return": True}, "mean_return must be .*, got True"),
        ({"env_id": "x", "episodes": -1}, "episodes must be a whole number, got -1"),
        ({"env_id": "x", "episodes": 1.5}, r"episodes must be .*, got 1\.5"),
        ({"env_id": "x", "versions": ["1"]}, "versions must map"),
        ({"env_id": "x", "versions": {"a": 1}}, "versions must map"),
        ({"env_id": "x", "notes": None}, "notes must be text, got None"),
    ],
)
def test_a_malformed_card_is_refused(fields, message):
    with pytest.raises(DataError, match=message):
        Card.from_dict(fields)


def test_versions_are_those_installed():
    assert installed_versions()["numpy"] == np.__version__
