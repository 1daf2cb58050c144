"""The offline gate: a reward that is the true one ranks perfectly, its opposite the other way round."""

import json
from dataclasses import replace

import numpy as np
import pytest

from gailforce import Demonstrations
from gailforce.envs.errors import DataError
from gailforce.experiments.bench import gate as module
from gailforce.experiments.bench.family_results import SHIPPED
from gailforce.experiments.bench.gate import Ladder, gate
from gailforce.experiments.bench.gate_result import GateResult, below
from gailforce.experiments.cli.bench import Bench
from gailforce.experiments.cli.main import answer
from gailforce.generative.interfaces.model import Critic
from gailforce.generative.rewards.reward_families import FAMILIES, register_reward

LADDER = Ladder.of("hopper")


class _Speed(Critic):
    """Pays for speed, which is what the hopper's true reward is made of."""

    sign = 1.0

    def __init__(self, widths, seed, config):
        super().__init__()

    def update(self, expert, agent):
        return {"loss": 0.0}

    def logit(self, x):
        return self.sign * x[:, 5]


class _Slowness(_Speed):
    sign = -1.0


@pytest.fixture
def families(request):
    register_reward("speed", _Speed)
    register_reward("slowness", _Slowness, gate=0.5)
    yield
    for name in ("speed", "slowness"):
        del FAMILIES[name]


def test_what_is_ranked_was_not_fitted_on():
    for half in LADDER.halves:
        fitted, unseen = ({t.seed for t in part} for part in (half.fitted, half.unseen))
        assert not (fitted | {t.seed for t in LADDER.random}) & unseen
        trained_on = {t.obs.tobytes() for t in LADDER.demos}
        assert not trained_on & {t.obs.tobytes() for t in half.unseen}


def test_the_halves_change_places_and_the_expert_is_one_point_of_each():
    one, other = LADDER.halves
    assert {t.seed for t in one.fitted} == {t.seed for t in other.unseen[:-1]}
    assert {t.seed for t in other.fitted} == {t.seed for t in one.unseen[:-1]}


def test_the_first_of_the_ladder_is_the_untrained_policy():
    assert np.mean([t.total_reward for t in LADDER.random]) < 50


@pytest.mark.usefixtures("families")
def test_speed_ranks_as_the_true_reward_does_and_slowness_the_other_way():
    up, down = gate("speed", LADDER), gate("slowness", LADDER)
    assert up.rrc > 0.8
    assert down.rrc < -0.8
    assert [half.n for half in up.halves["mean"]] == [len(ranked.unseen) for ranked in LADDER.halves]


@pytest.mark.usefixtures("families")
def test_a_family_below_its_gate_is_not_trained_unless_told_to(tmp_path, monkeypatch):
    grid = tmp_path / "g.toml"
    grid.write_text(
        'name = "g"\nevaluation_episodes = 1\n[[block]]\nenv = "hopper"\ndemos = "hopper-expert"\n'
        'method = ["speed", "slowness", "constant"]\nepisodes = 1\nseed = 1\nsteps = 2048\n'
    )
    Bench(str(grid), gate=True, results=tmp_path).run()
    kept = json.loads((tmp_path / "gate.json").read_text())["families"]["Hopper-v5"]
    assert set(kept) == {"speed", "slowness", "constant"}
    assert list(below(tmp_path / "gate.json")) == [("Hopper-v5", "slowness")]
    trained = []
    monkeypatch.setattr(
        "gailforce.experiments.cli.bench.Schedule.run",
        lambda self, cells: trained.append([cell.method for cell in cells]) or [],
    )
    result = Bench(str(grid), results=tmp_path).run()
    Bench(str(grid), below_gate=True, results=tmp_path).run()
    assert trained == [["speed", "constant"], ["speed", "slowness", "constant"]]
    assert "slowness" in result.table.held_back[0]
    # What was not trained stands in the table all the same.
    assert [row.method for row in result.table.rows] == ["speed", "slowness", "constant"]


def test_a_reward_that_is_the_same_for_all_has_no_order():
    entry = gate("constant", LADDER)
    assert (entry.rrc, entry.rrc_of_policies, str(entry)) == (None, None, "-")
    assert entry.halves == dict.fromkeys(("mean", "sum", "policies"), (None, None))


def test_the_file_of_the_gate_comes_back_from_its_entries_as_it_was():
    plain = json.loads((SHIPPED / "gate.json").read_text())
    again = json.loads(json.dumps(GateResult.from_json(plain).to_json()))
    assert again == {"kind": plain["kind"], "families": plain["families"]}


def _episodes(*policies_and_lengths):
    expert = Demonstrations.load("hopper-expert")[0]
    return [
        replace(
            expert,
            obs=expert.obs[: n + 1],
            states=None,
            actions=expert.actions[:n],
            rewards=np.full(n, float(paid)),
            seed=1000 * k,
        )
        for k, n, paid in policies_and_lengths
    ]


def test_policies_are_ranked_by_the_mean_of_all_their_steps():
    episodes = _episodes((1, 10, 1), (1, 30, 2), (2, 20, 3), (3, 25, 4), (4, 15, 5))
    right = [episode.rewards for episode in episodes]
    assert module._of_policies(right, episodes).value == pytest.approx(1.0)
    assert module._of_policies([-r for r in right], episodes).value == pytest.approx(-1.0)
    assert module._of_policies(right, episodes).n == 4
    assert module._of_policies([0 * r for r in right], episodes) is None


def test_an_order_that_is_only_that_of_the_lengths_is_none():
    episodes = _episodes((1, 10, 3), (2, 20, 1), (3, 30, 4), (4, 40, 2))
    by_length = [np.full(len(episode), float(len(episode))) for episode in episodes]
    assert module._of_policies(by_length, episodes) is None
    assert module._correlation(by_length, episodes, np.mean) is None


def test_other_environments_have_no_ladder():
    with pytest.raises(DataError, match="no graded ladder"):
        Ladder.of("HalfCheetah-v5")


def test_a_ladder_without_true_rewards_is_refused():
    bare = [t for t in Demonstrations.load("hopper-expert").take(3).without_rewards()]
    with pytest.raises(DataError, match="true rewards"):
        module._correlation([np.ones(3)] * 3, bare, np.mean)


def test_models_lists_every_family(capsys):
    assert answer(["models"]) == 0
    shown = capsys.readouterr().out
    assert all(name in shown for name in FAMILIES)
