"""Counts read as English does."""

import pytest

from gailforce.experiments.runs.counting import counted
from gailforce.experiments.scoring.score import Score


@pytest.mark.parametrize(("n", "text"), [(0, "0 runs"), (1, "1 run"), (2, "2 runs"), (4000, "4,000 runs")])
def test_only_one_is_singular(n, text):
    assert counted(n, "run") == text


def test_a_score_of_one_episode_says_so():
    assert str(Score((5.0,), (10,), (0,))).endswith("N=1 episode")
    assert str(Score((5.0, 5.0), (10, 10), (0, 1))).endswith("N=2 episodes")
