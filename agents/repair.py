"""Repair of lossy recordings: what is missing is filled by a generator, and beside it the simple ways.

A recording is an array of states and one of actions, NaN where a frame is missing. A low frame rate is a
recording most of whose frames are missing.
"""

from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Bool, Float

from ..demos.physics_residual import states_of
from ..demos.trajectory import Trajectory
from ..envs.errors import DataError, UsageError
from ..generative.motion import Motion
from .generation import TrajectoryGenerator

# Frames of a window that the one before has already filled.
OVERLAP = 8


class Recording(NamedTuple):
    """States (T + 1 frames) and actions (T steps), NaN where they are missing."""

    states: Float[np.ndarray, "T1 S"]
    actions: Float[np.ndarray, "T A"]

    @classmethod
    def of(cls, episode: Trajectory) -> "Recording":
        """An episode as a recording that lacks nothing."""
        return cls(states_of(episode).copy(), episode.actions.astype(np.float64))

    @property
    def known(self) -> Bool[np.ndarray, "T1"]:
        """Frames whose state is known."""
        return np.isfinite(self.states).all(axis=1)


def with_gap(whole: Recording, first: int, frames: int) -> Recording:
    """Without the frames from `first` on, and the steps that begin in them."""
    states, actions = whole.states.copy(), whole.actions.copy()
    states[first : first + frames] = np.nan
    actions[first : first + frames] = np.nan
    return Recording(states, actions)


def thinned(whole: Recording, every: int) -> Recording:
    """Every so manieth frame alone, and the last; no actions."""
    states = np.full_like(whole.states, np.nan)
    states[::every], states[-1] = whole.states[::every], whole.states[-1]
    return Recording(states, np.full_like(whole.actions, np.nan))


def linear(lossy: Recording) -> Float[np.ndarray, "T1 S"]:
    """Straight lines between known frames; beyond them the nearest one."""
    known = np.flatnonzero(lossy.known)
    times = np.arange(len(lossy.states))
    return np.column_stack([np.interp(times, known, column[known]) for column in lossy.states.T])


def cubic(lossy: Recording) -> Float[np.ndarray, "T1 S"]:
    """The natural cubic spline through the known frames: no curvature at its ends, which it does not pass."""
    known = np.flatnonzero(lossy.known)
    if len(known) < 3:
        return linear(lossy)
    y, h = lossy.states[known], np.diff(known).astype(np.float64)[:, None]
    # Second derivatives m: h₋ m₋ + 2 (h₋ + h) m + h m₊ = 6 (Δy/h - Δy₋/h₋), 0 at both ends.
    slopes = np.diff(y, axis=0) / h
    system = np.eye(len(known))
    right = np.zeros_like(y)
    for i in range(1, len(known) - 1):
        system[i, i - 1 : i + 2] = h[i - 1, 0], 2 * (h[i - 1, 0] + h[i, 0]), h[i, 0]
        right[i] = 6 * (slopes[i] - slopes[i - 1])
    m = np.linalg.solve(system, right)
    t = np.clip(np.arange(len(lossy.states)), known[0], known[-1])
    at = np.clip(np.searchsorted(known, t, "right") - 1, 0, len(known) - 2)
    a, b, width = (known[at + 1] - t)[:, None], (t - known[at])[:, None], h[at]
    cubes = (m[at] * a**3 + m[at + 1] * b**3) / (6 * width)
    lines = (y[at] / width - m[at] * width / 6) * a + (y[at + 1] / width - m[at + 1] * width / 6) * b
    return cubes + lines


def repaired(generator: TrajectoryGenerator, lossy: Recording, speed: float, seed: int = 0) -> Recording:
    """The recording with its missing frames and actions filled, window by window.

    Args:
        generator: fitted, of a family that fills.
        lossy: at least as long as a window; its first frame known.
        speed: asked for [m/s].
        seed: of what is drawn.

    Raises:
        DataError: a recording shorter than a window, or without its first frame.
        UsageError: nothing is missing.
    """
    size, steps = generator.shape.steps, len(lossy.actions)
    if steps < size or not lossy.known[0]:
        raise DataError(
            f"a recording must have at least {size} steps and its first frame; this one has {steps} steps"
        )
    if lossy.known.all() and np.isfinite(lossy.actions).all():
        raise UsageError("nothing is missing in this recording; there is nothing to repair")
    filled = Recording(lossy.states.copy(), lossy.actions.copy())
    starts = [*range(0, steps - size, size - OVERLAP), steps - size]
    for number, first in enumerate(starts):
        piece = Recording(filled.states[first : first + size + 1], filled.actions[first : first + size])
        if not (piece.known[:-1].all() and np.isfinite(piece.actions).all()):
            _fill(generator, piece, speed, torch.Generator().manual_seed(seed + number))
    return filled


def _fill(generator: TrajectoryGenerator, piece: Recording, speed: float, draws: torch.Generator) -> None:
    """Fill one window in place; the place on the ground follows from the changes between known frames."""
    motion, mask = _known_motion(generator, piece)
    asked = torch.tensor([[speed]], dtype=torch.float32)
    drawn = generator.inpaint(motion, mask, asked, draws)
    path = drawn.path[0].double().numpy()
    along = np.concatenate(([0.0], np.cumsum(drawn.motion.change[0, :, 0].double().numpy())))
    states = np.column_stack((_anchored(piece.states[:, 0], along), path))
    missing = ~piece.known
    piece.states[missing] = states[missing]
    unknown = ~np.isfinite(piece.actions)
    piece.actions[unknown] = drawn.motion.action[0].double().numpy()[unknown]


def _anchored(place: Float[np.ndarray, "T1"], along: Float[np.ndarray, "T1"]) -> Float[np.ndarray, "T1"]:
    """The drawn course moved and stretched so that it passes the known places."""
    known = np.flatnonzero(np.isfinite(place))
    off = place[known] - along[known]
    return along + np.interp(np.arange(len(place)), known, off)


def _known_motion(
    generator: TrajectoryGenerator, piece: Recording
) -> tuple[Motion, Float[torch.Tensor, "1 T C"]]:
    """What is known of a window as a motion, and 1 where it is."""
    states, known = piece.states, piece.known
    here, next_too = known[:-1], known[:-1] & known[1:]
    acted = np.isfinite(piece.actions).all(axis=1)
    parts = (
        (states[:-1, 1:], here),
        (np.diff(states, axis=0), next_too),
        (piece.actions, acted),
        (np.zeros((len(acted), 1)), np.ones(len(acted), dtype=bool)),
    )
    columns = [torch.from_numpy(np.nan_to_num(part)).float()[None] for part, _ in parts]
    marks = [
        torch.from_numpy(flag).float()[None, :, None].expand(1, -1, part.shape[1]) for part, flag in parts
    ]
    return Motion(*columns), torch.cat(marks, dim=-1)
