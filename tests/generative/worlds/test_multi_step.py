"""Multi-step training: one-step errors add up along a segment, and training on segments reduces them."""

import pytest
import torch

from gailforce.generative.families.ensemble import Ensemble, EnsembleConfig
from gailforce.generative.interfaces.motion import Motion, Units
from gailforce.generative.interfaces.standardize import Standard
from gailforce.generative.worlds.dynamics import MultiStepConfig
from gailforce.generative.worlds.multi_step import MultiStepTraining

STEPS = 3
# One column of state that grows by 1 a step; its changes are given in deviations of 1 from a mean of 1.
UNITS = Units(Standard.plain(1), Standard(torch.ones(1), torch.ones(1)), Standard.plain(1), Standard.plain(1))


def line(count=4):
    """States 0, 1, 2."""
    state = torch.arange(float(STEPS)).expand(count, STEPS)[..., None]
    return Motion(state, torch.ones_like(state), torch.zeros_like(state), torch.zeros_like(state))


def off_by(error):
    """An ensemble whose expected changes are too large by an error; half of its steps end."""
    model = Ensemble(2, 3, EnsembleConfig(layers=(4,), members=2, elites=1), seed=0)
    with torch.no_grad():
        for part in model.parameters():
            part.zero_()
        model.means.biases[-1][..., 0] = error
    return model


def trained(model, updates, change, ended, one_step_weight=0.0):
    """Train on the line and on single steps of one change, all of them ends or none."""
    training = MultiStepTraining(
        model, UNITS, 20.0, MultiStepConfig(updates, one_step_weight=one_step_weight)
    )
    x = torch.tensor([[change, ended]]).expand(64, 2)
    training.learn(line(), x, torch.zeros(64, 3), seed=0)
    return training


@pytest.mark.parametrize(
    ("error", "loss"),
    # Off by 1, 2 and 3: 1/2, 3/2 and 5/2. Off by 0.1, 0.2 and 0.3: half of the squares.
    [(0.0, 0.0), (1.0, 1.5), (-1.0, 1.5), (0.1, (0.005 + 0.02 + 0.045) / 3)],
)
def test_errors_add_up_along_a_segment(error, loss):
    training = MultiStepTraining(off_by(error), UNITS, 20.0, MultiStepConfig())
    assert training.segment_loss(line()).item() == pytest.approx(loss)


def test_multi_step_training_reduces_segment_errors_whatever_single_steps_say():
    model = off_by(0.1)
    before = MultiStepTraining(model, UNITS, 20.0, MultiStepConfig()).segment_loss(line()).item()
    # What single steps say of changes does not matter: means learn from segments alone.
    after = trained(model, 500, change=5.0, ended=-1.0).segment_loss(line()).item()
    assert after < 0.5 * before


def test_single_steps_pull_by_their_weight():
    def expected(one_step_weight):
        model = off_by(0.0)
        trained(model, 500, change=0.1, ended=-1.0, one_step_weight=one_step_weight)
        return model.expectation(torch.zeros(1, 1, 2), torch.zeros(1, 3))[0, 0].item()

    # An error e costs a segment (1 + 4 + 9) / 3 e² / 2, a single step (0.1 - e)² / 2 times its weight w:
    # least where e = 0.1 w / (w + 14 / 3).
    assert expected(0.0) == pytest.approx(0.0, abs=0.003)
    assert expected(1.0) == pytest.approx(0.0176, abs=0.003)
    assert expected(14 / 3) == pytest.approx(0.05, abs=0.005)


def test_ends_go_on_being_learned():
    model = off_by(0.0)
    trained(model, 300, change=0.0, ended=1.0)
    drawn = model.sample(torch.zeros(1, 3), 2000, torch.Generator().manual_seed(0))
    # Half of the draws of an ensemble that knows nothing end.
    assert (drawn[..., -1] > 0).float().mean() > 0.51
