"""Motion: rows and back, and the path that agrees with states and changes."""

import pytest
import torch

from gailforce.generative.interfaces.motion import Motion, Units, fused
from gailforce.generative.interfaces.standardize import Standard


def walk(count=3, steps=6, seed=0):
    """Random walks of two columns; the change has a further first one, as a place on the ground has."""
    generator = torch.Generator().manual_seed(seed)
    path = torch.randn(count, steps + 1, 2, generator=generator).cumsum(dim=1)
    change = torch.cat((torch.ones(count, steps, 1), path[:, 1:] - path[:, :-1]), dim=-1)
    action = torch.rand(count, steps, 1, generator=generator)
    return path, Motion(path[:, :-1], change, action, torch.zeros(count, steps, 1))


def test_rows_and_back():
    _, motion = walk()
    units = Units.of(motion)
    rows = units.rows(motion)
    assert rows.shape == (3, 6, 2 + 3 + 1 + 1)
    for one, other in zip(units.motion(rows), motion, strict=True):
        assert torch.allclose(one, other, atol=1e-5)
    assert (rows[..., -1] == -1).all()


def test_a_consistent_motion_is_its_own_path():
    path, motion = walk()
    assert torch.allclose(fused(motion, Units.of(motion)), path, atol=1e-4)


def test_where_changes_are_small_the_path_keeps_them():
    path, motion = walk(steps=30)
    noisy = motion._replace(state=motion.state + 0.5 * torch.randn(motion.state.shape))
    unit = Standard(torch.zeros(2), torch.ones(2))
    fine = Units(unit, Standard(torch.zeros(3), 0.01 * torch.ones(3)), unit, unit)
    found = fused(noisy, fine)
    # The first state is taken as given, so compare what comes after it.
    assert (found.diff(dim=1) - path.diff(dim=1)).abs().max() < 0.01


def test_two_steps_by_hand():
    # s0 given as 0, state 1 says 2, the change says 1, both as certain: s1 lies half way.
    motion = Motion(
        torch.tensor([[[0.0], [2.0]]]),
        torch.tensor([[[1.0], [0.0]]]),
        torch.zeros(1, 2, 1),
        torch.zeros(1, 2, 1),
    )
    unit = Standard(torch.zeros(1), torch.ones(1))
    path = fused(motion, Units(unit, unit, unit, unit))
    assert path.flatten().tolist() == pytest.approx([0.0, 1.5, 1.5], abs=1e-4)


def test_what_is_given_is_kept():
    path, motion = walk()
    given = torch.zeros_like(motion.state)
    given[:, ::5] = 1.0
    blurred = motion._replace(
        state=torch.where(given > 0, motion.state, 0 * motion.state), change=0 * motion.change
    )
    found = fused(blurred, Units.of(motion), given)
    assert torch.allclose(found[:, :-1][given > 0], path[:, :-1][given > 0], atol=1e-3)
