"""Repair of lossy recordings by a generator: what is missing is filled, what is noisy is cleaned."""

import numpy as np
import torch
from jaxtyping import Float

from ...demos.lossy import Recording
from ...demos.physics_residual import physics_residual
from ...demos.trajectory import Trajectory
from ...demos.wiener import beneath
from ...envs.errors import DataError, UsageError
from ...generative.interfaces.motion import Motion
from ...generative.interfaces.window_context import marked, rough
from .generator import TrajectoryGenerator, require_shown

# Frames that a window shares with the one before, which has filled them; and where nothing is to be filled,
# steps from one window to the next.
OVERLAP, APART = 7, 4
# Windows whose mean fills a gap or cleans: the mean of many draws is nearer to the truth than one of them.
DRAWS = 8


def repaired(generator: TrajectoryGenerator, lossy: Recording, speed: float, seed: int = 0) -> Recording:
    """The recording with its missing frames and actions filled, window by window.

    A window fills what lies between known frames and leaves what follows its last one to the next window,
    which sees the other side too; only at the end of the recording, or of a gap too long for any window, it
    goes on from what is known.

    Args:
        generator: fitted, of a family that fills.
        lossy: at least as long as a window; its first frame known.
        speed: asked for [m/s].
        seed: of what is drawn.

    Raises:
        DataError: a recording shorter than a window, or without its first frame.
        UsageError: nothing is missing, or the speed is far from what was demonstrated.
    """
    size, steps = generator.model.shape.steps, len(lossy.actions)
    if steps < size or not lossy.known[0]:
        raise DataError(
            f"a recording must have at least {size} steps and its first frame; this one has {steps} steps"
        )
    if lossy.whole:
        raise UsageError("nothing is missing in this recording; there is nothing to repair")
    require_shown(np.array([speed]), generator.known_conditions)
    filled, first = Recording(lossy.states.copy(), lossy.actions.copy()), 0
    while not filled.whole:
        piece = Recording(filled.states[first : first + size + 1], filled.actions[first : first + size])
        seen = int(np.flatnonzero(piece.known[:-1])[-1])
        # Beyond the last known frame nothing holds a window, so another one that sees more fills that.
        until = size if first == steps - size or seen <= OVERLAP else seen
        if not piece.part(until).whole:
            _fill(generator, piece, until, speed, torch.Generator().manual_seed(seed + first))
        target = first + until - OVERLAP
        # From a frame that was recorded rather than filled, where there is one.
        recorded = np.flatnonzero(lossy.known[first + 1 : target + 1])
        first = min(first + 1 + int(recorded[-1]) if len(recorded) else target, steps - size)
    return filled


def _fill(
    generator: TrajectoryGenerator, piece: Recording, until: int, speed: float, draws: torch.Generator
) -> None:
    """Fill a window in place up to a frame; the place on the ground follows from known frames and changes."""
    motion, mask = _known_motion(generator, piece)
    path, along, actions = (part[0] for part in _expected(generator, motion, mask, speed, draws))
    states = np.column_stack((_anchored(piece.states[:, 0], along), path))
    part = piece.part(until)
    missing, unknown = ~part.known, ~np.isfinite(part.actions)
    part.states[missing] = states[: until + 1][missing]
    part.actions[unknown] = actions[:until][unknown]


def _expected(
    generator: TrajectoryGenerator,
    motion: Motion,
    mask: Float[torch.Tensor, "B T C"],
    speed: float,
    draws: torch.Generator,
) -> tuple[Float[np.ndarray, "B T1 S"], Float[np.ndarray, "B T1"], Float[np.ndarray, "B T A"]]:
    """Means over draws of the path, of the course along the ground from 0, and of the actions."""
    count = len(mask)
    many = Motion(*(part.repeat(DRAWS, 1, 1) for part in motion))
    asked = torch.full((DRAWS * count, 1), speed)
    drawn = generator.model.inpaint(many, mask.repeat(DRAWS, 1, 1), asked, draws)
    path, change, action = (
        part.double().unflatten(0, (DRAWS, count)).mean(dim=0).numpy()
        for part in (drawn.path, drawn.motion.change, drawn.motion.action)
    )
    along = np.pad(np.cumsum(change[..., 0], axis=1), ((0, 0), (1, 0)))
    return path, along, action


def denoised(
    generator: TrajectoryGenerator, noisy: Recording, level: float, speed: float, seed: int = 0
) -> Recording:
    """The recording without its noise: overlapping windows, each entry known up to the noise, averaged.

    What is drawn errs slowly and the noise is white, so of what lies between recording and drawing a Wiener
    filter gives the drawing's own errors back.

    Args:
        generator: fitted, of a family that fills.
        noisy: at least as long as a window, with no frame missing.
        level: of the noise on states and actions, in the demonstrations' standard deviations.
        speed: asked for [m/s].
        seed: of what is drawn.

    Raises:
        DataError: a recording shorter than a window.
        UsageError: frames are missing, the level is not between 0 and 1, or the speed is far from what was
            demonstrated.
    """
    size, steps = generator.model.shape.steps, len(noisy.actions)
    if steps < size:
        raise DataError(f"a recording must have at least {size} steps; this one has {steps}")
    if not (noisy.known.all() and np.isfinite(noisy.actions).all()):
        raise UsageError("frames are missing; fill them first, then remove the noise")
    if not 0 < level < 1:
        raise UsageError(f"a noise lies between 0 and 1 standard deviations; got {level}")
    require_shown(np.array([speed]), generator.known_conditions)
    starts = [*range(0, steps - size, APART), steps - size]
    motion = _noisy_motion(generator, noisy, starts)
    shape = generator.model.shape
    rows = torch.zeros(len(starts), size, shape.columns)
    mask = rough(rows, shape.state, shape.action, torch.full((1, 1, 1), level))
    expectation = _expected(generator, motion, mask, speed, torch.Generator().manual_seed(seed))
    return _corrected(generator, _averaged(noisy, starts, *expectation), noisy, level)


def _corrected(generator: TrajectoryGenerator, drawn: Recording, noisy: Recording, level: float) -> Recording:
    """The drawing, and on top of it what the noise of the recording hides of its errors."""
    units = generator.model.units
    states, actions = drawn.states.copy(), drawn.actions.copy()
    states[:, 1:] += beneath((noisy.states - drawn.states)[:, 1:], level * units.state.std.double().numpy())
    actions += beneath(noisy.actions - drawn.actions, level * units.action.std.double().numpy())
    return Recording(states, actions)


def _noisy_motion(generator: TrajectoryGenerator, noisy: Recording, starts: list[int]) -> Motion:
    """All windows; changes and ends are not looked at."""
    size = generator.model.shape.steps
    states, actions = (
        torch.from_numpy(np.stack([part[i : i + size] for i in starts])).float() for part in noisy
    )
    return Motion(states[..., 1:], torch.zeros_like(states), actions, torch.zeros_like(states[..., :1]))


def _averaged(
    noisy: Recording,
    starts: list[int],
    path: Float[np.ndarray, "B T1 S"],
    along: Float[np.ndarray, "B T1"],
    actions: Float[np.ndarray, "B T A"],
) -> Recording:
    """Windows laid over each other; the middle of a window, which sees most around it, counts most."""
    size = actions.shape[1]
    weight = np.minimum(np.arange(1, size + 2), np.arange(size + 1, 0, -1)).astype(float)[:, None]
    states, acted = np.zeros_like(noisy.states), np.zeros_like(noisy.actions)
    total, steps = np.zeros((len(states), 1)), np.zeros((len(acted), 1))
    for i, first in enumerate(starts):
        frames = slice(first, first + size + 1)
        place = along[i] + (noisy.states[frames, 0] - along[i]).mean()
        states[frames] += weight * np.column_stack((place, path[i]))
        acted[first : first + size] += weight[:-1] * actions[i]
        total[frames] += weight
        steps[first : first + size] += weight[:-1]
    return Recording(states / total, acted / steps)


def _anchored(place: Float[np.ndarray, "T1"], along: Float[np.ndarray, "T1"]) -> Float[np.ndarray, "T1"]:
    """The drawn course moved and stretched so that it passes the known places."""
    known_frames = np.flatnonzero(np.isfinite(place))
    off = place[known_frames] - along[known_frames]
    return along + np.interp(np.arange(len(place)), known_frames, off)


def _known_motion(
    generator: TrajectoryGenerator, piece: Recording
) -> tuple[Motion, Float[torch.Tensor, "1 T C"]]:
    """What is known of a window as a motion, and 1 where it is."""
    states, acted = piece.states, np.isfinite(piece.actions).all(axis=1)
    parts = (states[:-1, 1:], np.diff(states, axis=0), piece.actions, np.zeros((len(acted), 1)))
    motion = Motion(*(torch.from_numpy(np.nan_to_num(part)).float()[None] for part in parts))
    state, change, action, _ = motion.widths
    frames, steps = (torch.from_numpy(flag)[None] for flag in (piece.known[:-1], acted))
    return motion, marked(frames, steps, (state, change, action))


def as_trajectory(generator: TrajectoryGenerator, mended: Recording, source: str) -> Trajectory:
    """A mended recording as an episode, marked synthetic, with the physics residual of every step."""
    body = generator.body
    low, high = body.model.actuator_ctrlrange.T
    actions = np.clip(mended.actions, low, high)
    return Trajectory(
        obs=body.observe(*body.split(mended.states)),
        actions=actions,
        terminated=False,
        truncated=True,
        states=mended.states,
        synthetic=True,
        residual=physics_residual(body, mended.states, actions, generator.unit),
        source=source,
    )
