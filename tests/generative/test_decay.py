"""Learning rates that fall: half-way they are half, at the end nothing, and then what they were."""

import pytest
import torch
from torch import nn

from gailforce.generative.decay import CosineDecay
from gailforce.generative.families.ensemble import Ensemble, EnsembleConfig


class TwoPlayers(nn.Module):
    """A model with two optimisers."""

    def __init__(self):
        super().__init__()
        self.one, self.other = nn.Linear(1, 1), nn.Linear(1, 1)
        self.first = torch.optim.SGD(self.one.parameters(), lr=1.0)
        self.second = torch.optim.SGD(self.other.parameters(), lr=0.2)


def test_every_rate_falls_along_a_cosine_and_is_given_back():
    model = TwoPlayers()
    decay = CosineDecay(model, steps=10)
    seen = []
    for _ in range(10):
        for optimiser in (model.first, model.second):
            optimiser.step()
        decay.step()
        seen.append([optimiser.param_groups[0]["lr"] for optimiser in (model.first, model.second)])
    assert seen[4] == pytest.approx([0.5, 0.1])
    assert seen[-1] == pytest.approx([0.0, 0.0], abs=1e-9)
    decay.restore()
    assert [model.first.param_groups[0]["lr"], model.second.param_groups[0]["lr"]] == [1.0, 0.2]


class Watched(Ensemble):
    """Remembers the rate of every update."""

    def update(self, x, context):
        self.rates = [*getattr(self, "rates", []), self._optimiser.param_groups[0]["lr"]]
        return super().update(x, context)


@pytest.mark.parametrize("decay", [True, False])
def test_a_fit_lets_the_rate_fall_and_gives_it_back(decay):
    model = Watched(2, 2, EnsembleConfig(layers=(4,), members=2, elites=1, learning_rate=0.01), seed=0)
    x = torch.cat((torch.randn(64, 1, generator=torch.Generator().manual_seed(0)), torch.ones(64, 1)), dim=1)
    model.fit(x, torch.zeros(64, 2), steps=40, batch_size=8, held_out=0.0, decay=decay)
    assert model.rates[0] == 0.01
    assert model.rates[20] == pytest.approx(0.005 if decay else 0.01)
    assert model._optimiser.param_groups[0]["lr"] == 0.01
