"""The trial of the verdict: halves without a common run, thresholds by hand, words counted."""

import json
from pathlib import Path

import pytest

from gailforce.experiments.studies.verdict_scores import Known, halves, ranks, read_agents, scored, thresholds
from gailforce.experiments.studies.verdict_trial import AGENTS, FEWER, Agent
from gailforce.experiments.verdict import checks as verdict_checks
from gailforce.experiments.verdict.evidence import Played

ROOT = Path(__file__).resolve().parents[3]


def known(normalized_score, distance, run="r", body="hopper", length=1000):
    played = Played((distance,) * 10, (length,) * 10)
    return Known(
        Agent(
            body,
            run,
            "gan",
            1,
            played,
            played,
            (normalized_score,),
            (length,),
            {key: distance for key in FEWER},
            0.7,
        ),
        normalized_score,
    )


def test_no_training_run_is_in_both_halves():
    agents = [known(0.5, 0.5, run=f"r{i % 7}") for i in range(40)]
    first, second = halves(agents)
    assert len(first) + len(second) == 40
    assert not {k.agent.run for k in first} & {k.agent.run for k in second}


def test_the_threshold_lies_between_the_good_and_the_nearest_bad():
    good = [known(1.0, 0.1) for _ in range(20)]
    assert thresholds([*good, known(0.3, 0.5)])["imitates"] == pytest.approx(0.3)
    # Overlapping: below the nearest bad one, whatever the good ones do.
    assert thresholds([*good, known(0.3, 0.05)])["imitates"] == pytest.approx(0.045)


def test_words_and_ranks_are_counted_on_agents_by_hand():
    near, far = verdict_checks.IMITATES / 2, 2 * verdict_checks.PARTLY
    agents = [
        known(1.0, near, "a"),
        known(0.97, near * 1.1, "b"),
        known(0.2, far, "c"),
        known(0.1, far * 2, "d"),
    ]
    found = scored(agents)
    assert found["good called imitates"]["value"] == 1.0
    assert found["bad living called imitates"]["value"] == 0.0
    assert found["spearman"]["value"] == pytest.approx(1.0)
    assert found["spearman of length alone"] is None
    assert found["words"]["survives only"] == {
        "called": 2,
        "right": 2,
        "meaning": "less than 0.9 of the expert's return",
    }


def test_ranks_need_three_runs():
    assert ranks([known(0.1, 0.2), known(0.3, 0.1)], [0.1, 0.2]) is None


def test_the_thresholds_in_use_are_those_of_the_trial():
    found = json.loads((ROOT / "results/verdict.json").read_text())["thresholds"]
    assert pytest.approx(found["imitates"], abs=0.005) == verdict_checks.IMITATES
    assert pytest.approx(found["partly"], abs=0.005) == verdict_checks.PARTLY


def test_the_committed_figures_follow_from_the_committed_agents():
    agents = read_agents(ROOT / AGENTS)
    committed = json.loads((ROOT / "results/verdict.json").read_text())
    first, second = halves(agents)
    assert committed["agents"] == len(agents)
    assert committed["unseen"]["runs"] == len({k.agent.run for k in second})
    assert thresholds(first) == pytest.approx(committed["thresholds"])
