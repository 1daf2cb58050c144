"""Learning rates that fall: half-way they are half, at the end nothing, and then what they were."""

import pytest
import torch
from torch import nn

from gailforce.generative.decay import CosineDecay


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
