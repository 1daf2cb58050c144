"""The moving average of weights: known values, and a warm-up that follows early weights quickly."""

import pytest
import torch
from torch import nn

from gailforce.generative.nn.averaging import move_average


def one_weight(value):
    layer = nn.Linear(1, 1, bias=False)
    nn.init.constant_(layer.weight, value)
    return layer


@pytest.mark.parametrize(
    ("update", "expected"),
    # The decay is t / (t + 10), at most 0.9.
    [(1, 10 / 11), (10, 0.5), (90, 0.1), (1000, 0.1)],
)
def test_the_average_moves_by_one_less_the_decay(update, expected):
    average = one_weight(0.0)
    move_average(average, one_weight(1.0), decay=0.9, update=update)
    assert average.weight.item() == pytest.approx(expected)


def test_the_current_weights_stay():
    current = one_weight(1.0)
    move_average(one_weight(0.0), current, decay=0.9, update=1)
    assert torch.equal(current.weight, torch.ones(1, 1))
