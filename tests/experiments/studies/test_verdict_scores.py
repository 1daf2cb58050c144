"""The trial of the verdict: halves without a common run, thresholds by hand, words counted."""

import json
from dataclasses import asdict
from pathlib import Path

import pytest

from gailforce.experiments.studies.verdict_result import VerdictResult
from gailforce.experiments.studies.verdict_scores import (
    ScoredAgent,
    constants,
    halves,
    ranks,
    read_agents,
    scored,
    thresholds,
)
from gailforce.experiments.studies.verdict_trial import AGENTS, FEWER, Agent
from gailforce.experiments.verdict import checks as verdict_checks
from gailforce.experiments.verdict.evidence import Played

ROOT = Path(__file__).resolve().parents[3]


def judged(normalized_score, distance, run="r", body="hopper", length=1000):
    """An agent whose ten episodes are all alike."""
    played = Played((distance,) * 10, (length,) * 10)
    fewer = dict.fromkeys(FEWER, distance)
    agent = Agent(body, run, "gan", 1, played, played, (normalized_score,), (length,), fewer, 0.7)
    return ScoredAgent(agent, normalized_score)


def test_no_training_run_is_in_both_halves():
    agents = [judged(0.5, 0.5, run=f"r{i % 7}") for i in range(40)]
    first, second = halves(agents)
    assert len(first) + len(second) == 40
    assert not {one.agent.run for one in first} & {one.agent.run for one in second}


def test_the_threshold_lies_between_the_good_and_the_nearest_bad():
    good = [judged(1.0, 0.1) for _ in range(20)]
    assert thresholds([*good, judged(0.3, 0.5)]).imitates == pytest.approx(0.3)
    # Overlapping: below the nearest bad one, whatever the good ones do.
    assert thresholds([*good, judged(0.3, 0.05)]).imitates == pytest.approx(0.045)


def test_words_and_ranks_are_counted_on_agents_by_hand():
    near, far = verdict_checks.IMITATES / 2, 2 * verdict_checks.PARTLY
    agents = [
        judged(1.0, near, "a"),
        judged(0.97, near * 1.1, "b"),
        judged(0.2, far, "c"),
        judged(0.1, far * 2, "d"),
    ]
    scores = scored(agents)
    assert scores.good_called_imitates.value == 1.0
    assert scores.bad_living_called_imitates.value == 0.0
    assert scores.spearman.value == pytest.approx(1.0)
    assert scores.spearman_of_length_alone is None
    assert (scores.words["survives only"].called, scores.words["survives only"].right) == (2, 2)
    assert scores.words["imitates"].called == 2


def test_ranks_need_three_runs():
    assert ranks([judged(0.1, 0.2), judged(0.3, 0.1)], [0.1, 0.2]) is None


@pytest.fixture(scope="module")
def committed():
    return VerdictResult.from_json(json.loads((ROOT / "results/verdict.json").read_text()))


def test_the_thresholds_in_use_are_those_of_the_trial(committed):
    assert pytest.approx(committed.thresholds.imitates, abs=0.005) == verdict_checks.IMITATES
    assert pytest.approx(committed.thresholds.partly, abs=0.005) == verdict_checks.PARTLY


def test_the_committed_figures_follow_from_the_committed_agents(committed):
    agents = read_agents(ROOT / AGENTS)
    first, second = halves(agents)
    assert committed.agents == len(agents)
    assert committed.unseen.runs == len({one.agent.run for one in second})
    assert asdict(thresholds(first)) == pytest.approx(asdict(committed.thresholds))
    assert committed.constant == pytest.approx(constants(first))


def test_a_stored_agent_is_written_as_it_was_read():
    lines = (ROOT / AGENTS).read_text().splitlines()
    assert [json.dumps(Agent.from_json(json.loads(line)).to_json()) for line in lines] == lines
