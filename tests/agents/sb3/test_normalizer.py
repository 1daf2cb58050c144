"""Running statistics equal those of all observations at once."""

import numpy as np
import pytest
import torch
from gymnasium.spaces import Box

from gailforce.agents.sb3.normalizer import CLIP, RunningNorm


def _norm():
    return RunningNorm(Box(-np.inf, np.inf, (3,), np.float64))


def test_parts_give_the_statistics_of_the_whole():
    rows = np.random.default_rng(0).normal((1, 2, 3), (0.1, 1, 10), (1000, 3))
    norm = _norm()
    for part in np.split(rows, [10, 400]):
        norm.update(part)
    assert norm.mean.numpy() == pytest.approx(rows.mean(axis=0), rel=1e-5)
    assert norm.var.numpy() == pytest.approx(rows.var(axis=0), rel=1e-4)
    assert norm.count.item() == 1000


def test_a_constant_column_and_a_far_value_stay_finite():
    norm = _norm()
    norm.update(np.zeros((4, 3)))
    assert norm(torch.tensor([[0.0, 1e9, -1e9]])).tolist() == [[0.0, CLIP, -CLIP]]


def test_the_statistics_are_saved_with_the_weights():
    norm, other = _norm(), _norm()
    norm.update(np.random.default_rng(0).normal(size=(50, 3)))
    other.load_state_dict(norm.state_dict())
    x = torch.randn(5, 3)
    assert torch.equal(norm(x), other(x))
