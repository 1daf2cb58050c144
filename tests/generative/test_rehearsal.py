"""Rehearsal: what a model errs by in a step adds up along a course, and learning courses makes them truer."""

import pytest
import torch

from gailforce.generative.families.ensemble import Ensemble, EnsembleConfig
from gailforce.generative.motion import Motion, Units
from gailforce.generative.rehearsal import Rehearsal
from gailforce.generative.standard import Standard

STEPS = 3
# One column of state that grows by 1 a step; its changes are told in deviations of 1 from a mean of 1.
UNITS = Units(Standard.plain(1), Standard(torch.ones(1), torch.ones(1)), Standard.plain(1), Standard.plain(1))


def line(count=4):
    """States 0, 1, 2."""
    state = torch.arange(float(STEPS)).expand(count, STEPS)[..., None]
    return Motion(state, torch.ones_like(state), torch.zeros_like(state), torch.zeros_like(state))


def off_by(error):
    """An ensemble that expects each change to be larger by so much."""
    model = Ensemble(2, 3, EnsembleConfig(layers=(4,), members=2, elites=1), seed=0)
    with torch.no_grad():
        for part in model.members.parameters():
            part.zero_()
        model.members.biases[-1][..., 0] = error
    return model


@pytest.mark.parametrize(
    ("error", "loss"),
    # One column: off by 1, 2 and 3: 1/2, 3/2 and 5/2. Off by 0.1, 0.2 and 0.3: half of the squares.
    [(0.0, 0.0), (1.0, 1.5), (-1.0, 1.5), (0.1, (0.005 + 0.02 + 0.045) / 3)],
)
def test_errors_add_up_along_a_course(error, loss):
    rehearsal = Rehearsal(off_by(error), UNITS, clip=20.0)
    assert rehearsal.course_loss(line()).item() == pytest.approx(loss)


def test_rehearsing_makes_courses_truer():
    model = off_by(0.1)
    rehearsal = Rehearsal(model, UNITS, clip=20.0)
    before = rehearsal.course_loss(line()).item()
    rehearsal.learn(line(), updates=500, seed=0)
    assert rehearsal.course_loss(line()).item() < 0.3 * before
