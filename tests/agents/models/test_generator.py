"""Generators on demonstrations: windows of their states in, trajectories marked synthetic out."""

import json
from dataclasses import replace

import numpy as np
import pytest

from gailforce import Demonstrations, Trajectory
from gailforce.agents.models.generator import STEPS, TrajectoryGenerator, forward_speed, motion_of
from gailforce.demos.execution import executed, spread_of, steps_kept
from gailforce.envs.errors import DataError, UsageError
from gailforce.envs.registry import find_body
from gailforce.experiments.cli.main import answer
from gailforce.generative.families.mixture import MixtureConfig
from gailforce.generative.nn.gaussians import PriorConfig
from gailforce.generative.trajectories.generator_families import GeneratorConfig

DEMOS = Demonstrations.load("hopper-expert").take(1)
BODY = find_body("hopper")
PRIOR = PriorConfig(prior_std=0.02, shrinkage=1e-4)
QUICK = GeneratorConfig(gmm=MixtureConfig(parts=(6,), tolerance=1e-2, prior=PRIOR))


@pytest.fixture(scope="module")
def generator():
    return TrajectoryGenerator("gmm", 0, QUICK).fit(DEMOS)


def _starts(*steps):
    return DEMOS[0].states[list(steps)]


def test_windows_are_pieces_of_the_episode():
    motion = motion_of(list(DEMOS), steps=10, stride=100)
    assert motion.widths == (11, 12, 3, 1)
    states = DEMOS[0].states
    assert np.allclose(motion.state[1, 0], states[100, 1:], atol=1e-5)
    assert np.allclose(motion.change[1, 2], states[103] - states[102], atol=1e-5)
    assert np.allclose(motion.action[1, 9], DEMOS[0].actions[109])
    assert not motion.ended.any()


def test_generated_trajectories_are_marked_and_carry_their_residual(generator):
    starts = _starts(100, 500)
    speed = float(generator.known_conditions.mean())
    made = generator.generate(starts, np.full(2, speed), STEPS + 5, seed=1)
    for episode, start in zip(made, starts, strict=True):
        assert episode.synthetic
        assert len(episode) == STEPS + 5
        assert np.allclose(episode.states[0], start, atol=1e-4)
        assert np.isfinite(episode.residual).all()
        assert np.allclose(episode.obs, BODY.observe(*BODY.split(episode.states)))
    # A step of regression from a state that was learned is far better than guessing no change.
    assert np.median([episode.residual[0] for episode in made]) < 0.5


def test_the_speed_is_that_of_the_running_episode():
    assert forward_speed(DEMOS[0], BODY.dt)[0] == pytest.approx(2.7, abs=0.5)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: TrajectoryGenerator("gtp"), UsageError, "gpt"),
        (lambda: TrajectoryGenerator("copy").fit(DEMOS.subsample(20)), UsageError, "consecutive"),
        (lambda: motion_of(list(DEMOS), steps=2000), UsageError, "longer than the longest"),
        (lambda: motion_of([replace(DEMOS[0], states=None)]), DataError, "hold no states"),
    ],
)
def test_what_no_generator_can_be_made_of_is_refused(call, error, words):
    with pytest.raises(error, match=words):
        call()


def test_a_speed_that_was_never_shown_is_refused(generator):
    with pytest.raises(UsageError, match="within what was shown"):
        generator.generate(_starts(0), np.array([9.0]), 10)


def test_real_actions_keep_to_their_states_and_others_do_not():
    episode = DEMOS[0]
    real, spread = executed(BODY, episode), spread_of(list(DEMOS))
    assert steps_kept(episode, real, spread) == len(episode)
    idle = Trajectory(episode.obs, 0 * episode.actions, False, True, states=episode.states)
    assert steps_kept(idle, executed(BODY, idle), spread) < 100


def test_the_command_writes_a_set_that_can_be_loaded_and_says_what_physics_thinks(tmp_path, capsys):
    out = tmp_path / "made.gfd"
    page = tmp_path / "made.html"
    flags = ["--episodes", "2", "--horizon", "40", "--check-physics", "--json", "--page", str(page)]
    assert answer(["generate", "hopper", "--generator", "copy", "--out", str(out), *flags]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["residual"]["median"] < 0.05
    assert len(result["kept"]) == 2
    assert page.read_text().count("<svg") >= 4
    assert all(episode.synthetic for episode in Demonstrations.load(out))


def test_who_asks_for_a_speed_is_given_demonstrations_of_several(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    flags = ["--generator", "nearest", "--episodes", "1", "--horizon", "32", "--check-physics"]
    assert answer(["generate", "hopper", "--speed", "2", *flags]) == 0
    assert "at 2.00 m/s" in capsys.readouterr().out
    assert answer(["generate", "hopper", "--speed", "9", *flags]) == 2
    assert "ask within what was shown" in capsys.readouterr().err
    # Walkers were recorded at one speed alone.
    assert answer(["generate", "walker2d", "--speed", "2", *flags]) == 2


def test_a_walk_is_asked_of_a_family_with_codes(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    quick = ["--fit.updates", "5", "--episodes", "3", "--walk"]
    assert answer(["generate", "hopper", "--generator", "vae", *quick]) == 0
    made = Demonstrations.load("generated.gfd")
    assert len(made) == 3
    # Hardly trained it may see an end anywhere.
    assert all(len(episode) <= STEPS for episode in made)
    assert np.allclose(made[0].states[0], made[2].states[0], atol=1e-4)
    capsys.readouterr()
    assert answer(["generate", "hopper", "--generator", "nearest", "--walk"]) == 2
    assert "take vae" in capsys.readouterr().err


def test_an_unknown_generator_is_answered_with_the_nearest(capsys):
    assert answer(["generate", "hopper", "--generator", "difusion"]) == 2
    assert "diffusion" in capsys.readouterr().err
