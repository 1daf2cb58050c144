"""A video shows what it says: the right environment, an episode that exists, the run's own horizon."""

from dataclasses import replace

import numpy as np
import pytest

from gailforce.agents.expert import Expert, ExpertConfig
from gailforce.agents.loading import PolicyOptions
from gailforce.agents.sb3.ppo import PPOConfig
from gailforce.demos.dataset import Demonstrations
from gailforce.demos.recorder import StillPolicy
from gailforce.envs import spaces
from gailforce.envs.errors import DataError, UsageError
from gailforce.experiments.runs.folder import RunFolder
from gailforce.experiments.runs.target import resolve
from gailforce.experiments.scoring.evaluation import evaluate
from gailforce.experiments.scoring.ranking import Film, ranked, read_films
from gailforce.experiments.video import compose as filming
from gailforce.experiments.video import policy_film
from gailforce.experiments.video.compose import film_beside_expert
from gailforce.experiments.video.policy_film import FilmConfig, film_evaluation, film_policy


class FixedHorizon:
    """Settings of a run that name no demonstrations."""

    def to_plain(self):
        return {"horizon": "fixed"}


@pytest.fixture
def run(tmp_path):
    run = RunFolder.create("imitate-hopper", tmp_path, "imitation", FixedHorizon())
    Expert("hopper", config=ExpertConfig(8, PPOConfig(256, 128))).save(run.agent)
    return run


@pytest.fixture
def unseen(tmp_path):
    """Demonstrations with neither states nor seeds, as most people's."""
    demos = Demonstrations.load("hopper-expert").take(1)
    plain = [replace(t, states=None, rewards=None, residual=None, seed=None) for t in demos]
    return str(Demonstrations(plain, demos.card, "unseen").save(tmp_path / "unseen"))


def _film(path, **options):
    config = FilmConfig(**options)
    return (film_evaluation if config.ranked else film_policy)(resolve(path, None, PolicyOptions()), config)


@pytest.mark.parametrize(
    ("flags", "fault", "words"),
    [
        ({"demos": "hopper-expert", "episode": 99}, UsageError, "episodes 0 to 24"),
        ({"demos": "walker2d-expert"}, DataError, "come from Walker2d-v5, not Hopper-v5"),
        ({}, UsageError, "--demos"),
    ],
)
def test_an_expert_that_cannot_stand_beside_is_refused(run, flags, fault, words):
    with pytest.raises(fault, match=words):
        _film(run.path, **flags)


def test_an_expert_that_cannot_be_shown_is_refused_with_the_way_out(run, unseen):
    with pytest.raises(DataError, match="--beside none"):
        _film(run.path, demos=unseen)
    still = StillPolicy(spaces("hopper")[1])
    with pytest.raises(DataError, match="neither states nor a seed"):
        film_beside_expert(still, "hopper", Demonstrations.load(unseen)[0], None, run.videos / "a.mp4")


def test_a_run_is_filmed_with_its_own_horizon(run, monkeypatch):
    horizons = []

    def film(path, env, episodes, model, horizon="native", gait=None):
        horizons.append(horizon)
        return path

    monkeypatch.setattr(policy_film, "film", film)
    result = _film(run.path, beside="none")
    assert horizons == ["fixed"]
    # An untrained hopper falls within some dozens of steps.
    assert result.steps == 1000


def test_phases_are_those_of_the_named_demonstrations(run, monkeypatch):
    seen = []

    def film(path, env, episodes, model, horizon="native", gait=None):
        seen.append(gait.phases(Demonstrations.load("hopper-expert")[0]))
        return path

    monkeypatch.setattr(policy_film, "film", film)
    monkeypatch.setattr(policy_film, "GAIT_DEMONSTRATIONS", 1)
    _film(run.path, beside="none", demos="hopper-expert", phases=True)
    assert len(np.unique(seen[0])) > 3
    with pytest.raises(UsageError, match="--demos"):
        _film(run.path, beside="none", phases=True)


@pytest.fixture
def evaluated(run):
    """A run whose evaluation of five episodes is in its result."""
    task = resolve(run.path, None, PolicyOptions())
    score = evaluate(task.policy, task.env_id, 5, horizon="fixed")
    run.write_result({"kind": "imitation", "agent": {"deterministic": score.to_json()}})
    return run, score


def test_best_median_and_worst_of_the_evaluation_are_filmed_to_the_bit(evaluated, monkeypatch):
    run, score = evaluated
    shown = {}

    def film(path, env, episodes, model, horizon="native"):
        shown[path.name] = episodes
        return path

    monkeypatch.setattr(filming, "film", film)
    order = sorted(zip(score.returns, score.seeds, strict=True))
    chosen = {"best": order[-1], "median": order[2], "worst": order[0]}
    result = _film(run.path, ranked=True, demos="hopper-expert")
    assert {k: (f.total, f.seed) for k, f in result.films.items()} == chosen
    assert [list(panes) for panes in shown.values()] == [["Expert", r.capitalize()] for r in chosen]
    for rank, (total, seed) in chosen.items():
        assert shown[f"{rank}.mp4"][rank.capitalize()].total_reward == total
        assert shown[f"{rank}.mp4"][rank.capitalize()].seed == seed
    # What the films show is written beside them, for the report's captions.
    assert read_films(run.videos)["worst"] == Film(order[0][1], order[0][0], 1000, 5)


def test_an_expert_that_cannot_be_shown_leaves_the_ranked_films_to_the_policy(evaluated, unseen, monkeypatch):
    run, _ = evaluated
    panes = []
    monkeypatch.setattr(filming, "film", lambda path, env, episodes, *_: panes.append(list(episodes)))
    _film(run.path, ranked=True, demos=unseen)
    assert panes == [["Best"], ["Median"], ["Worst"]]


def test_ranked_films_need_a_result_with_the_seeds_of_its_episodes(run):
    with pytest.raises(DataError, match=r"result\.json is missing"):
        _film(run.path, ranked=True, beside="none")
    run.write_result({"agent": {"deterministic": {"returns": [1.0, 2.0]}}})
    with pytest.raises(DataError, match="gailforce evaluate"):
        _film(run.path, ranked=True, beside="none")


def test_ranked_films_need_a_run(run):
    with pytest.raises(UsageError, match="belongs to no run"):
        _film(run.agent, ranked=True, beside="none")


def test_ranked_films_show_deterministic_episodes_alone(run):
    with pytest.raises(UsageError, match="leave --exploring"):
        _film(run.path, ranked=True, exploring=True)


def test_of_an_even_number_the_lower_median_is_meant_and_ties_keep_their_order():
    assert ranked([3.0, 1.0, 2.0, 4.0]) == {"best": 3, "median": 2, "worst": 1}
    assert ranked([5.0, 5.0, 5.0]) == {"best": 0, "median": 1, "worst": 2}
    assert ranked([7.0]) == {"best": 0, "median": 0, "worst": 0}


@pytest.mark.parametrize("content", ["", "[]", '{"best": 1}', '{"best": {"seed": 1}}', '{"best": {"se'])
def test_a_damaged_list_of_films_leaves_them_without_numbers(tmp_path, content):
    (tmp_path / "ranked.json").write_text(content)
    assert read_films(tmp_path) == {}
