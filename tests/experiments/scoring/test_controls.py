"""Controls are kept by what defines them, found again, and refused when damaged."""

import pytest

from gailforce.demos.card import Card
from gailforce.demos.dataset import Demonstrations
from gailforce.demos.recorder import RandomPolicy, record
from gailforce.envs import spaces
from gailforce.experiments.scoring import controls
from gailforce.experiments.scoring.controls import Definition, Task, find, make
from gailforce.experiments.scoring.evaluation import evaluate
from gailforce.experiments.scoring.score import Score, ScoreEntry
from gailforce.experiments.scoring.score_table import table, with_controls


@pytest.fixture(autouse=True)
def _own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(controls, "SHIPPED", tmp_path / "shipped")


@pytest.fixture(scope="module")
def demos():
    return Demonstrations(record(RandomPolicy(spaces("hopper")[1]), "hopper", 4), Card(env_id="Hopper-v5"))


def _task(demos, steps=1000, episodes=2):
    return Task("Hopper-v5", demos, demos, steps, episodes=episodes)


def test_a_control_is_found_again_with_the_same_figures(demos):
    made = make("random", _task(demos))
    assert find("random", _task(demos)) == made
    assert len(made.returns) == 2


def test_what_is_not_at_hand_is_none_and_what_is_cheap_is_made(demos):
    assert find("constant", _task(demos)) is None
    assert find("bc", _task(demos)) is None
    assert find("random", _task(demos)) is not None


def test_the_definition_holds_what_the_score_depends_on(demos):
    def definition(name, task):
        return Definition(name, task).to_json()

    fewer = Task("Hopper-v5", demos.take(2), demos, 1000)
    longer = Task("Hopper-v5", demos, demos, 2000)
    assert definition("bc", _task(demos)) != definition(
        "bc", Task("Hopper-v5", demos.take(2), demos, 1000, episodes=2)
    )
    assert definition("constant", fewer) == definition("constant", Task("Hopper-v5", demos, demos, 1000))
    assert definition("constant", longer) != definition("constant", fewer)
    assert definition("random", longer) == definition("random", fewer)


def test_the_expert_is_scored_by_all_its_episodes(demos):
    score = find("expert", Task("Hopper-v5", demos.take(1), demos, 1000))
    assert score.returns == tuple(demos.returns)
    assert find("expert", Task("Hopper-v5", demos, demos.without_rewards(), 1000)) is None


def test_a_damaged_file_is_named_and_made_anew(demos, capsys):
    make("random", _task(demos))
    (path,) = controls.cache_folder().iterdir()
    path.write_text("{")
    assert find("random", _task(demos)) is not None
    assert str(path) in capsys.readouterr().err


def test_a_score_reads_back_as_written():
    score = Score((1.0, 2.0), (10, 20), (5, 6), "a test")
    assert Score.from_json(score.to_json()) == score


def test_normalized_returns_of_known_references():
    score = Score((5.0, 5.0), (1, 1), (0, 1))
    assert score.normalized_score(0.0, 10.0).value == pytest.approx(0.5)
    entry = ScoreEntry.of(score, 0.0, 10.0)
    assert entry.to_json()["normalized_score"]["n"] == 2
    assert ScoreEntry.from_json(entry.to_json()) == entry
    assert ScoreEntry.of(score, 10.0, 10.0).to_json()["normalized_score"] is None


def test_every_row_of_the_table_has_a_figure_or_a_reason(demos):
    agent = {"deterministic": evaluate(RandomPolicy(spaces("hopper")[1]), "hopper", 2)}
    text = table(with_controls(agent, _task(demos), "cached"))
    assert "agent, deterministic" in text
    assert text.count("--controls full") == 2
