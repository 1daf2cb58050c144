"""Cells of tables: means with their range, all scores, and dashes where nothing was measured."""

from gailforce.experiments.scoring.statistics import Estimate
from gailforce.experiments.studies.tables.cells import each, mean_minutes, or_dash, spread


def test_a_spread_is_the_mean_with_its_range():
    assert spread([1.0, 3.0, 2.0]) == "2.00 [1.00, 3.00]"
    assert spread([None, 0.5]) == "0.50"
    assert spread([None]) == "-"


def test_the_spread_of_large_values_is_their_order_of_magnitude():
    assert spread([-8e10, -2e10]) == "-5e+10 [-8e+10, -2e+10]"


def test_every_score_stands_in_its_cell():
    assert each([0.5, 1.0]) == "0.50 1.00"
    assert each([]) == "-"


def test_what_was_not_measured_is_a_dash():
    assert or_dash(None, ".2f") == "-"
    assert or_dash(0.0, ".2f") == "0.00"
    assert or_dash(Estimate(0.5, 0.25, 0.75, 3), ".2f") == "0.50 [0.25, 0.75] N=3"


def test_minutes_are_the_mean_of_seconds():
    assert mean_minutes([60.0, 120.0]) == "1.5"
    assert mean_minutes([]) == "-"
