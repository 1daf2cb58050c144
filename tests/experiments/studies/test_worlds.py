"""Trials of world models: the truth knows itself, and nothing moving is as wrong as it should be."""

import json

import numpy as np
import pytest
import torch

from gailforce import Demonstrations
from gailforce.agents.loading import load_policy
from gailforce.agents.models.world import WorldModel
from gailforce.demos.library import SHIPPED
from gailforce.demos.recorder import StillPolicy
from gailforce.demos.trajectory import Trajectory
from gailforce.envs.errors import DataError
from gailforce.envs.physics import replay
from gailforce.envs.registry import find_body, spaces
from gailforce.experiments.studies.frames_trial import FramesScore
from gailforce.experiments.studies.generators.conditions import piece
from gailforce.experiments.studies.sample_efficiency import EfficiencyResult, first_reached, reached
from gailforce.experiments.studies.tables.worlds import efficiency_table, frames_table, world_table
from gailforce.experiments.studies.worlds.experience import experience, ladder
from gailforce.experiments.studies.worlds.policies import Perturbed
from gailforce.experiments.studies.worlds.returns import model_return, real_return, true_return
from gailforce.experiments.studies.worlds.trial import WorldTrial, unseen
from gailforce.experiments.studies.worlds.truth import (
    average,
    errors,
    one_step,
    open_loop,
    persistence,
    pieces,
)

BODY = find_body("hopper")
EPISODES = list(Demonstrations.load("hopper-expert").take(2))


def truth(states, actions):
    """MuJoCo as a world model; the place on the ground does not matter."""
    path = [states[:, 0]]
    for t in range(actions.shape[1]):
        whole = np.pad(path[-1], ((0, 0), (1, 0)))
        path.append(replay(BODY, whole, actions[:, t].astype(float))[:, 1:])
    return np.stack(path, axis=1)


def test_the_truth_makes_no_error_and_the_references_make_theirs():
    assert errors(truth, EPISODES, (1, 10))[10] < 1e-6
    states = np.concatenate([e.states[:, 1:] for e in EPISODES])
    still, mean = (
        errors(persistence, EPISODES, (1, 50)),
        errors(average(states.mean(axis=0)), EPISODES, (50,)),
    )
    assert still[1] < still[50]
    # Of the mean it is the deviation itself, up to which pieces are looked at.
    assert mean[50] == pytest.approx(1.0, abs=0.15)


def test_a_fitted_world_is_better_than_nothing_moving():
    world = WorldModel("linear", "hopper")
    world.fit(EPISODES)
    error = errors(open_loop(world), EPISODES, (1,))[1]
    assert error < errors(persistence, EPISODES, (1,))[1]
    step = one_step(world, EPISODES)
    assert 0.3 < step.r2 < 1.0
    assert 0.7 < step.covered < 1.0


def test_every_policy_gives_as_many_pieces():
    short, long = (e for e in unseen("hopper") if e.source in ("snapshot-200000", "snapshot-300000"))
    part = piece(short, 0, 60)
    states, actions = pieces([part, long, long], 50)
    # Eleven places in the short one, a hundred of the long ones' 1,902.
    assert len(states) == len(actions) == 11 + 100
    assert np.array_equal(states[0], part.states[:51, 1:])


def test_a_true_model_of_noise_has_the_coverage_of_its_intervals(monkeypatch):
    world = WorldModel("linear", "hopper")
    world.fit(EPISODES)
    monkeypatch.setattr(
        world.model,
        "draws",
        lambda carry, action, n, generator: (torch.randn(n, len(action), 13, generator=generator), None),
    )
    truth = pieces(EPISODES, 1)
    changes = torch.randn(len(truth[0]), 11, generator=torch.Generator().manual_seed(1))
    unit = world.model.units.change
    after = truth[0][:, 0] + (unit.mean[1:] + unit.std[1:] * changes).numpy()
    made = [
        Trajectory(
            obs=np.zeros((2, 11)),
            actions=action,
            states=np.pad(np.stack((before, then)), ((0, 0), (1, 0))),
            truncated=True,
            terminated=False,
            source=str(i),
        )
        for i, (before, then, action) in enumerate(zip(truth[0][:, 0], after, truth[1], strict=True))
    ]
    assert one_step(world, made).covered == pytest.approx(0.9, abs=0.03)


def test_pieces_too_long_are_refused():
    with pytest.raises(DataError, match="no episode has 2000 steps"):
        pieces(EPISODES, 2000)


def test_the_return_of_states_and_actions_is_that_of_the_recorded_rewards():
    fallen = next(e for e in Demonstrations.load("hopper-ladder") if e.terminated)
    for episode in (*EPISODES, fallen):
        assert true_return(BODY, episode) == pytest.approx(episode.rewards.sum(), rel=1e-4)


def test_model_returns_are_paid_by_the_true_reward():
    world, still = WorldModel("linear", "hopper"), StillPolicy(spaces("Hopper-v5")[1])
    world.fit(EPISODES)
    assert np.isfinite(model_return(world, still))
    assert 0 < real_return("hopper", still) < 400


def test_experience_is_graded_and_the_ladder_has_strangers():
    episodes = experience("hopper", 1200)
    assert sum(map(len, episodes)) >= 1200
    assert any(e.terminated for e in episodes)
    assert len(ladder("hopper")) >= 8
    assert len(ladder("walker2d")) >= 8
    assert {e.source for e in unseen("hopper")} >= {"snapshot-200000"}


def test_the_same_seed_collects_the_same_and_a_learner_collects_its_share(monkeypatch):
    monkeypatch.setattr("gailforce.experiments.studies.worlds.experience.TRAINING", 4096)
    monkeypatch.setattr("gailforce.experiments.studies.worlds.experience.COLLECTIONS", 2)
    one, other = (experience("walker2d", 800, seed) for seed in (1, 1))
    # Eight environments run side by side, so every share is rounded up to whole steps of all.
    assert 800 <= sum(map(len, one)) < 800 + 8 * 20
    assert len(one) == len(other)
    assert all(np.array_equal(a.states, b.states) for a, b in zip(one, other, strict=True))


def test_a_perturbed_policy_moves_every_copy_by_its_own_and_leaves_the_expert_as_it_is():
    expert = load_policy(SHIPPED / "walker2d-expert.gfa")
    obs = np.repeat(Demonstrations.load("walker2d-expert")[0].obs[50:51], 3, axis=0)
    before = expert.predict(obs, deterministic=True)[0]
    policy = Perturbed(expert, seed=0)
    first, again = (policy.predict(obs, deterministic=True)[0] for _ in range(2))
    assert np.array_equal(first, again)
    assert len(np.unique(np.vstack((first, before)).round(4), axis=0)) == 4
    assert np.array_equal(expert.predict(obs, deterministic=True)[0], before)


def test_a_level_is_first_reached_at_evaluations_in_a_row():
    curve = [(1, 0.95), (2, 0.5), (3, 0.9), (4, 0.92), (5, 0.9), (6, 0.1)]
    assert first_reached(curve, 0.9, 3) == 3
    assert first_reached(curve[:4], 0.9, 3) is None


def test_a_level_is_reached_when_it_is_kept():
    curve = [(1, 0.95), (2, 0.5), (3, 0.91), (4, 0.92), (5, 0.93), (6, 0.2)]
    assert reached(curve[:5]) == 3
    # Two evaluations are too few, and a level that is lost again is not kept.
    assert reached(curve[:4]) is None
    assert reached(curve) is None


def test_a_reference_stands_in_the_table_without_figures_of_a_fit(tmp_path, capsys):
    WorldTrial("hopper", ("persistence", "mean"), results=tmp_path / "worlds").run()
    assert "persistence-hopper-0.json" in capsys.readouterr().out
    assert "| persistence | - | - |" in world_table(tmp_path)


def test_the_table_of_real_steps_shows_where_a_level_is_reached_and_kept(tmp_path):
    (tmp_path / "sample-efficiency").mkdir()
    curve = ((2000, 700.0), (9000, 3400.0))
    result = EfficiencyResult("model-based", "hopper", 1, curve, 12000, (0.2, 0.95), 9000, 60.0)
    (tmp_path / "sample-efficiency" / "a.json").write_text(json.dumps(result.to_json()))
    line = "| hopper | in a world model | never | 9,000 | 0.95 | 0.95 | 0.95 | 12,000 | 1 |"
    assert line in efficiency_table(tmp_path)


def test_frames_nearest_to_unseen_ones_come_first(tmp_path):
    scores = {"mean image": FramesScore(9.0, absolute_error=0.1), "vae": FramesScore(2.0, minutes=1.5)}
    plain = {name: score.to_json() for name, score in scores.items()}
    (tmp_path / "frames.json").write_text(json.dumps({"found": plain}))
    rows = ["| vae | 2.00 | - | 1.5 |", "| mean image | 9.00 | 0.100 | - |"]
    assert frames_table(tmp_path).splitlines()[2:] == rows
