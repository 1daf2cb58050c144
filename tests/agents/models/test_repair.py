"""Repair: the simple ways by known curves, gaps filled and nothing else touched."""

import numpy as np
import pytest
from scipy.interpolate import CubicSpline

from gailforce import Demonstrations
from gailforce.agents.models import repair
from gailforce.agents.models.generator import TrajectoryGenerator
from gailforce.agents.models.repair import denoised, repaired
from gailforce.demos.lossy import (
    Recording,
    cubic,
    deviations,
    linear,
    noisy,
    read_recordings,
    thinned,
    with_gap,
)
from gailforce.envs.errors import DataError, UsageError
from gailforce.envs.registry import find_body
from gailforce.experiments.cli.main import answer
from gailforce.experiments.studies.generators.repair_trial import with_gaps

DEMOS = Demonstrations.load("hopper-expert").take(2)


def wave(frames=25):
    t = np.arange(frames)[:, None]
    return Recording(np.concatenate((np.sin(0.2 * t), 3 + 0.5 * t), axis=1), np.zeros((frames - 1, 1)))


def test_lines_are_exact_on_lines_and_splines_are_scipys():
    whole = wave()
    lossy = thinned(whole, 4)
    assert np.allclose(linear(lossy)[:, 1], whole.states[:, 1])
    known = np.flatnonzero(lossy.known)
    oracle = CubicSpline(known, whole.states[known], bc_type="natural")(np.arange(25))
    assert np.allclose(cubic(lossy), oracle, atol=1e-9)
    # Away from the ends, whose curvature is taken for none.
    error = [np.abs(way(lossy) - whole.states)[8:17].max() for way in (linear, cubic)]
    assert error[1] < 0.2 * error[0]


def test_thinning_and_gaps_lose_what_they_say():
    whole = wave()
    assert np.flatnonzero(thinned(whole, 8).known).tolist() == [0, 8, 16, 24]
    gap = with_gap(whole, 5, 3)
    assert np.flatnonzero(~gap.known).tolist() == [5, 6, 7]
    assert np.flatnonzero(np.isnan(gap.actions[:, 0])).tolist() == [5, 6, 7]


@pytest.fixture(scope="module")
def generator():
    return TrajectoryGenerator("nearest").fit(DEMOS)


def test_a_gap_in_a_training_episode_is_filled_as_it_was(generator):
    whole = Recording.of(DEMOS[0])
    lossy = with_gap(whole, 300, 8)
    found = repaired(generator, lossy, float(generator.known_conditions.mean()))
    assert np.isfinite(found.states).all()
    assert np.isfinite(found.actions).all()
    kept = lossy.known
    assert np.array_equal(found.states[kept], whole.states[kept])
    spread = whole.states.std(axis=0)
    missed = np.abs(found.states - whole.states)[~kept] / spread
    lines = np.abs(linear(lossy) - whole.states)[~kept] / spread
    # The nearest training window holds the very frames that are missing.
    assert missed.mean() < 0.5 * lines.mean()


def test_a_low_frame_rate_is_raised_over_the_whole_recording(generator):
    whole = Recording.of(DEMOS[1])
    lossy = thinned(Recording(whole.states[:100], whole.actions[:99]), 4)
    found = repaired(generator, lossy, float(generator.known_conditions.mean()))
    assert np.isfinite(found.states).all()
    assert np.isfinite(found.actions).all()
    # The place on the ground passes through the known ones.
    assert np.allclose(found.states[::4, 0], whole.states[:100:4, 0])
    off, lines = (np.abs(one - whole.states[:100])[~lossy.known, 1:] for one in (found.states, linear(lossy)))
    assert off.mean() < 0.5 * lines.mean()


@pytest.mark.parametrize("spoil", ["gaps", 4, 8])
def test_what_is_filled_lies_between_known_frames_of_its_window(generator, monkeypatch, spoil):
    whole = Recording.of(DEMOS[1]).part(300)
    lossy = with_gaps(whole) if spoil == "gaps" else thinned(whole, spoil)
    extrapolated = []

    def spy(generator, piece, until, speed, draws):
        last = np.flatnonzero(piece.known[:-1])[-1]
        extrapolated.append(int((~piece.known[last : until + 1]).sum()))
        part = piece.part(until)
        part.states[:], part.actions[:] = np.nan_to_num(part.states), np.nan_to_num(part.actions)

    monkeypatch.setattr(repair, "_fill", spy)
    found = repaired(generator, lossy, float(generator.known_conditions.mean()))
    assert found.whole
    # But for what follows the last row of the last window, whose last frame is no row of any.
    assert sum(extrapolated[:-1]) == 0


def test_what_cannot_be_repaired_is_said(generator):
    whole = Recording.of(DEMOS[0])
    with pytest.raises(UsageError, match="nothing is missing"):
        repaired(generator, whole, 2.0)
    with pytest.raises(DataError, match="at least 32 steps"):
        repaired(generator, with_gap(Recording(whole.states[:11], whole.actions[:10]), 2, 3), 2.0)
    with pytest.raises(DataError, match="first frame"):
        repaired(generator, with_gap(whole, 0, 3), 2.0)


def test_noise_has_the_level_asked_for_and_spares_the_place():
    whole = Recording.of(DEMOS[0])
    lossy = noisy(whole, 0.1, deviations([DEMOS[0]]))
    assert np.array_equal(lossy.states[:, 0], whole.states[:, 0])
    off = (lossy.states - whole.states)[:, 1:].std(axis=0) / whole.states[:, 1:].std(axis=0)
    assert np.allclose(off, 0.1, atol=0.01)
    assert np.allclose(
        (lossy.actions - whole.actions).std(axis=0) / whole.actions.std(axis=0), 0.1, atol=0.01
    )


def test_noise_on_a_training_episode_is_taken_away(generator):
    whole = Recording.of(DEMOS[0])
    lossy = noisy(whole, 0.1, deviations([DEMOS[0]]))
    found = denoised(generator, lossy, 0.1, whole.speed(generator.body.dt))
    off, noise = (np.abs(one.states - whole.states)[:, 1:].mean() for one in (found, lossy))
    assert off < 0.5 * noise
    off, noise = (np.abs(one.actions - whole.actions).mean() for one in (found, lossy))
    assert off < 0.5 * noise


def test_what_cannot_be_cleaned_is_said(generator):
    whole = Recording.of(DEMOS[0])
    with pytest.raises(UsageError, match="between 0 and 1"):
        denoised(generator, whole, 1.5, 2.0)
    with pytest.raises(UsageError, match="fill them first"):
        denoised(generator, with_gap(whole, 50, 3), 0.1, 2.0)
    with pytest.raises(DataError, match="at least 32 steps"):
        denoised(generator, Recording(whole.states[:11], whole.actions[:10]), 0.1, 2.0)


def test_the_speed_of_a_recording_is_measured_between_known_frames():
    whole = Recording.of(DEMOS[0])
    assert with_gap(whole, 40, 9).speed(0.008) == pytest.approx(whole.speed(0.008))


@pytest.fixture
def file(tmp_path):
    def write(**arrays):
        np.savez(tmp_path / "lossy.npz", **arrays)
        return tmp_path / "lossy.npz"

    return write


def test_recordings_are_read_with_what_they_lack(file):
    lossy = with_gap(Recording.of(DEMOS[0]), 5, 3)
    path = file(states=lossy.states, actions=lossy.actions, lengths=[1000])
    (found,) = read_recordings(path, find_body("hopper"))
    assert np.array_equal(found.states, lossy.states, equal_nan=True)
    assert np.array_equal(found.actions, lossy.actions, equal_nan=True)


def test_a_rate_makes_room_between_frames(file):
    states = DEMOS[0].states[:22]
    found = read_recordings(file(states=states, lengths=[10, 10]), find_body("hopper"), rate=4)
    assert [len(one.actions) for one in found] == [40, 40]
    assert np.array_equal(found[1].states[::4], states[11:])
    assert np.flatnonzero(found[0].known).tolist() == list(range(0, 41, 4))


@pytest.mark.parametrize(
    ("arrays", "rate", "text"),
    [
        ({"states": np.zeros((5, 3))}, 1, "Hopper-v5 has 12 columns"),
        ({"states": np.zeros((5, 12)), "actions": np.zeros((9, 3))}, 1, r"ask for \(4, 3\)"),
        ({"states": np.zeros((5, 12)), "actions": np.zeros((4, 3))}, 4, "leave them out"),
        ({"states": np.zeros((5, 12)), "lengths": [9]}, 1, "do not add up"),
        ({"obs": np.zeros((5, 12))}, 1, "lacks states"),
    ],
)
def test_a_file_that_is_no_recording_says_why(file, arrays, rate, text):
    with pytest.raises(DataError, match=text):
        read_recordings(file(**arrays), find_body("hopper"), rate)


def test_the_command_repairs_a_file(file, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    DEMOS.save("like.gfd")
    lossy = with_gap(Recording.of(DEMOS[0]), 300, 8)
    path = str(file(states=lossy.states[:401], actions=lossy.actions[:400]))
    arguments = ["demos", "repair", path, "--env", "hopper", "--out", "whole.gfd", "--like", "like.gfd"]
    assert answer([*arguments, "--generator", "nearest"]) == 0
    assert "frames filled: 8" in capsys.readouterr().out
    (mended,) = Demonstrations.load("whole.gfd")
    assert mended.synthetic
    assert np.allclose(mended.states[300:308], DEMOS[0].states[300:308], atol=0.5)
    assert answer([*arguments, "--generator", "gmm"]) != 0
    assert "fills no gaps; these do: diffusion" in capsys.readouterr().err
    assert answer(["demos", "repair", path, "--out", "x.gfd"]) == 2
    assert "--env" in capsys.readouterr().err
