"""Learning rates that fall: half-way they are half, at the end nothing, and then what they were."""

import pytest
import torch
from torch import nn

from gailforce.generative.families.ensemble import Ensemble, EnsembleConfig
from gailforce.generative.interfaces.window_model import WindowShape
from gailforce.generative.nn.decay import falling
from gailforce.generative.worlds.dynamics import StepDynamics


class TwoPlayers(nn.Module):
    """A model with two optimizers, one of them in a list."""

    def __init__(self):
        super().__init__()
        self.one, self.other = nn.Linear(1, 1), nn.Linear(1, 1)
        self.first = torch.optim.SGD(self.one.parameters(), lr=1.0)
        self.others = [torch.optim.SGD(self.other.parameters(), lr=0.2)]


def test_every_rate_falls_along_a_cosine_and_is_given_back():
    model = TwoPlayers()
    seen = []
    with falling(model, steps=10):
        for _ in range(10):
            for optimizer in (model.first, *model.others):
                optimizer.step()
            seen.append([optimizer.param_groups[0]["lr"] for optimizer in (model.first, *model.others)])
    assert seen[4] == pytest.approx([0.5, 0.1])
    assert seen[-1] == pytest.approx([0.0, 0.0], abs=1e-9)
    model.first.step()
    assert [model.first.param_groups[0]["lr"], model.others[0].param_groups[0]["lr"]] == [1.0, 0.2]


class Watched(Ensemble):
    """Remembers the rate of every update."""

    def update(self, x, context):
        self.rates = [*getattr(self, "rates", []), self._optimizer.param_groups[0]["lr"]]
        return super().update(x, context)


@pytest.mark.parametrize(("held_out", "half_way"), [(0.1, 0.005), (0.0, 0.01)])
def test_a_fit_lets_the_rate_fall_and_later_learning_does_not(held_out, half_way):
    model = Watched(2, 3, EnsembleConfig(layers=(4,), members=2, elites=1, learning_rate=0.01), seed=0)
    dynamics = StepDynamics(model, WindowShape(1, 4, 1, 1, 0), memory=1, batch_size=8)
    rows = torch.randn(64, 1, 4, generator=torch.Generator().manual_seed(0))
    dynamics.fit(rows, updates=10, seed=0, held_out=held_out)
    assert model.rates[0] == 0.01
    assert model.rates[5] == pytest.approx(half_way)
    assert model._optimizer.param_groups[0]["lr"] == 0.01
