"""LSTM: its cell against torch's own, missing steps, and the likelihood of a known process."""

import math

import pytest
import torch
from torch import nn

from gailforce.generative.families.lstm import LSTMConfig, RecurrentEncoder, cell
from gailforce.generative.nn.networks import seeded

SMALL = LSTMConfig(memory=5, features=16)


def _context(count=8, steps=5):
    """Steps of 3 columns and a mark, all of which exist."""
    rows = torch.randn(count, steps, 3, generator=torch.Generator().manual_seed(0))
    return torch.cat((rows, torch.ones(count, steps, 1)), dim=-1)


def _encoder():
    return seeded(0, lambda: RecurrentEncoder(4, SMALL))


def test_the_cell_by_hand():
    # All gates at 0 are half open: c = c / 2 + tanh(0) / 2, h = tanh(c) / 2.
    hidden, memory = cell(torch.zeros(1, 4), torch.tensor([[0.6]]))
    assert memory.item() == pytest.approx(0.3)
    assert hidden.item() == pytest.approx(math.tanh(0.3) / 2)


def test_the_recurrence_equals_torchs_own():
    encoder, context = _encoder(), _context()
    own = nn.LSTM(3, 16, batch_first=True)
    # Torch orders the gates input, forget, candidate, output.
    order = torch.arange(64).reshape(4, 16)[[0, 1, 3, 2]].flatten()
    own.weight_ih_l0.data, own.weight_hh_l0.data = encoder.input.weight[order], encoder.recur.weight[order]
    own.bias_ih_l0.data, own.bias_hh_l0.data = encoder.input.bias[order], torch.zeros(64)
    start = tuple(part.expand(1, 8, 16).contiguous() for part in encoder.start)
    assert torch.allclose(encoder(context), own(context[..., :-1], start)[0][:, -1], atol=1e-6)


def test_the_forget_gate_begins_open():
    bias = _encoder().input.bias.reshape(4, 16)
    assert (bias[1] == 1).all()
    assert (bias[[0, 2, 3]] != 1).all()


def test_before_the_first_step_the_features_are_those_of_the_start():
    encoder = _encoder()
    assert torch.equal(encoder(_context()[:, :0])[0], encoder.start[0])


def test_a_memory_of_nothing_is_refused():
    with pytest.raises(ValueError, match="1 to 15"):
        LSTMConfig(memory=0)
