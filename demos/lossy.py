"""Lossy recordings, and simple ways to fill them: straight lines and splines.

A recording is an array of states and one of actions, NaN where a frame is missing. At a low
frame rate most frames are missing.
"""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float

from ..envs.body import Body
from ..envs.errors import DataError
from .formats.npz import episode_ends, read_arrays
from .physics_residual import states_of
from .trajectory import Trajectory

# Number of steps until a body runs at constant speed.
SETTLED = 100


class Recording(NamedTuple):
    """States (T + 1 frames) and actions (T steps), NaN where they are missing."""

    states: Float[np.ndarray, "T1 S"]
    actions: Float[np.ndarray, "T A"]

    @classmethod
    def of(cls, episode: Trajectory) -> "Recording":
        """An episode as a complete recording."""
        return cls(states_of(episode).copy(), episode.actions.astype(np.float64))

    @property
    def known(self) -> Bool[np.ndarray, "T1"]:
        """Whether the state of each frame is present."""
        return np.isfinite(self.states).all(axis=1)

    @property
    def whole(self) -> bool:
        """Whether nothing is missing."""
        return bool(self.known.all() and np.isfinite(self.actions).all())

    def part(self, steps: int) -> "Recording":
        """The first `steps` steps, as views."""
        return Recording(self.states[: steps + 1], self.actions[:steps])

    def speed(self, dt: float) -> float:
        """Mean forward speed after the start, between frames with a state [m/s]."""
        frames = np.flatnonzero(self.known)
        settled = frames[frames >= min(SETTLED, len(self.actions) // 2)]
        first, last = (settled if len(settled) > 1 else frames)[[0, -1]]
        return float((self.states[last, 0] - self.states[first, 0]) / (dt * max(1, last - first)))


def with_gap(whole: Recording, first: int, frames: int) -> Recording:
    """The recording without `frames` frames from `first` on and the steps that begin in them."""
    states, actions = whole.states.copy(), whole.actions.copy()
    states[first : first + frames] = np.nan
    actions[first : first + frames] = np.nan
    return Recording(states, actions)


def thinned(whole: Recording, every: int) -> Recording:
    """Keep every n-th frame and the last; no actions."""
    states = np.full_like(whole.states, np.nan)
    states[::every], states[-1] = whole.states[::every], whole.states[-1]
    return Recording(states, np.full_like(whole.actions, np.nan))


def linear(lossy: Recording) -> Float[np.ndarray, "T1 S"]:
    """Linear interpolation between present frames; the nearest frame beyond them."""
    present = np.flatnonzero(lossy.known)
    times = np.arange(len(lossy.states))
    return np.column_stack([np.interp(times, present, column[present]) for column in lossy.states.T])


def cubic(lossy: Recording) -> Float[np.ndarray, "T1 S"]:
    """The natural cubic spline through the present frames; constant beyond the first and the last."""
    present = np.flatnonzero(lossy.known)
    if len(present) < 3:
        return linear(lossy)
    y, h = lossy.states[present], np.diff(present).astype(np.float64)[:, None]
    # Second derivatives m: h₋ m₋ + 2 (h₋ + h) m + h m₊ = 6 (Δy/h - Δy₋/h₋), 0 at both ends.
    slopes = np.diff(y, axis=0) / h
    system = np.eye(len(present))
    right = np.zeros_like(y)
    for i in range(1, len(present) - 1):
        system[i, i - 1 : i + 2] = h[i - 1, 0], 2 * (h[i - 1, 0] + h[i, 0]), h[i, 0]
        right[i] = 6 * (slopes[i] - slopes[i - 1])
    m = np.linalg.solve(system, right)
    t = np.clip(np.arange(len(lossy.states)), present[0], present[-1])
    at = np.clip(np.searchsorted(present, t, "right") - 1, 0, len(present) - 2)
    a, b, width = (present[at + 1] - t)[:, None], (t - present[at])[:, None], h[at]
    cubes = (m[at] * a**3 + m[at + 1] * b**3) / (6 * width)
    lines = (y[at] / width - m[at] * width / 6) * a + (y[at + 1] / width - m[at + 1] * width / 6) * b
    return cubes + lines


def deviations(episodes: Sequence[Trajectory]) -> tuple[Float[np.ndarray, "S"], Float[np.ndarray, "A"]]:
    """Standard deviations of states and actions over all episodes."""
    return (
        np.concatenate([states_of(episode) for episode in episodes]).std(axis=0),
        np.concatenate([episode.actions for episode in episodes]).std(axis=0),
    )


def noisy(
    whole: Recording,
    level: float,
    unit: tuple[Float[np.ndarray, "S"], Float[np.ndarray, "A"]],
    seed: int = 0,
) -> Recording:
    """The recording with Gaussian noise on states and actions, `level` times the unit of each column.

    The x position gets no noise: its spread grows with the length of an episode.
    """
    draws = np.random.default_rng(seed)
    states, actions = (
        part + level * std * draws.normal(size=part.shape) for part, std in zip(whole, unit, strict=True)
    )
    states[:, 0] = whole.states[:, 0]
    return Recording(states, actions)


def read_recordings(path: str | os.PathLike[str], body: Body, rate: int = 1) -> list[Recording]:
    """Recordings from an `.npz`, with NaN for missing values.

    Args:
        path: arrays `states (N + E, S)` of E episodes and, if known, `actions (N, A)`; `lengths (E,)` in
            steps, or one episode.
        body: the body of the states.
        rate: factor on the frame rate; above 1 the file must not hold actions.

    Raises:
        DataError: the file is missing or damaged, or its arrays do not fit the body.
    """
    source = Path(path)
    arrays = read_arrays(source, ("states",), ("actions", "lengths", "episode_ends"))
    states, width = arrays["states"], body.nq + body.nv
    actions = arrays.get("actions")
    if states.ndim != 2 or states.shape[1] != width:
        raise DataError(f"{source}: states have shape {states.shape}; {body.env_id} has {width} columns")
    ends = _ends(arrays, source)
    steps = len(states) - len(ends)
    if actions is not None and actions.shape != (steps, body.action_size):
        raise DataError(
            f"{source}: actions have shape {actions.shape}; {len(states)} states in {len(ends)} episode(s) "
            f"ask for {(steps, body.action_size)}"
        )
    if actions is not None and rate > 1:
        raise DataError(f"{source} has actions, which fit no other frame rate; leave them out")
    acted = np.full((steps, body.action_size), np.nan) if actions is None else actions
    return [
        spread_out(Recording(states[start + i : end + i + 1].astype(float), acted[start:end]), rate)
        for i, (start, end) in enumerate(zip([0, *ends[:-1]], ends, strict=True))
    ]


def _ends(arrays: dict[str, np.ndarray], source: Path) -> list[int]:
    """End of each episode [steps]."""
    episodes = len(arrays.get("lengths", arrays.get("episode_ends", (0,))))
    try:
        return episode_ends(arrays, len(arrays["states"]) - episodes).tolist()
    except ValueError as fault:
        raise DataError(f"{source}: {fault}") from fault


def spread_out(sparse: Recording, rate: int) -> Recording:
    """The recording with `rate` frames for each one; the new frames are missing."""
    if rate == 1:
        return sparse
    steps = rate * len(sparse.actions)
    states = np.full((steps + 1, sparse.states.shape[1]), np.nan)
    states[::rate] = sparse.states
    return Recording(states, np.full((steps, sparse.actions.shape[1]), np.nan))
