"""Resemblance: the distance of a policy's steps from the demonstrations', in standard deviations.

Distances are between sets of single steps (observation and action, or observation alone), each column in
standard deviations of the demonstrations. Everything here reads observations and actions, never a reward.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float

from ..envs.errors import DataError
from .dataset import STD_FLOOR, Demonstrations
from .trajectory import Trajectory

# Rows compared at once: 32 MB of float64 for 2,000 against 2,000.
BLOCK = 2000
# Directions of the sliced Wasserstein distance, and levels its quantiles are taken at.
DIRECTIONS, LEVELS = 64, 200

# Share of random actions' distance from which the demonstrations differ too much among themselves.
TOO_LOOSE = 0.35

Rows = Float[np.ndarray, "_ X"]


def energy_distance(x: Float[np.ndarray, "N X"], y: Float[np.ndarray, "M X"]) -> float:
    """2 E|X - Y| - E|X - X'| - E|Y - Y'|, exactly 0 for equal samples.

    The V-statistic (pairs of a row with itself included) of Székely & Rizzo 2013.
    """
    return 2 * mean_distance(x, y) - mean_distance(x, x) - mean_distance(y, y)


def mean_distance(x: Float[np.ndarray, "N X"], y: Float[np.ndarray, "M X"]) -> float:
    """Mean Euclidean distance over all pairs of rows."""
    total, y_squares = 0.0, np.square(y).sum(axis=1)
    for start in range(0, len(x), BLOCK):
        rows = x[start : start + BLOCK]
        squares = np.square(rows).sum(axis=1)[:, None] + y_squares - 2 * rows @ y.T
        # Rounding can leave a tiny negative square where two rows are the same.
        total += float(np.sqrt(np.maximum(squares, 0.0)).sum())
    return total / (len(x) * len(y))


def sliced_wasserstein(
    x: Float[np.ndarray, "N X"], y: Float[np.ndarray, "M X"], directions: int = DIRECTIONS, seed: int = 0
) -> float:
    """Mean over random unit directions u of W1(u·X, u·Y), by quantiles (Bonneel et al. 2015), over E|u₁|.

    With the division, two samples that differ by a shift have the length of the shift as their distance, in
    any number of dimensions. Without it the same shift counts less in a body of more joints.
    """
    u = np.random.default_rng(seed).normal(size=(x.shape[1], directions))
    u /= np.linalg.norm(u, axis=0)
    levels = (np.arange(LEVELS) + 0.5) / LEVELS
    apart = np.abs(np.quantile(x @ u, levels, axis=0) - np.quantile(y @ u, levels, axis=0)).mean()
    return float(apart) / mean_component(x.shape[1])


def mean_component(dimensions: int) -> float:
    """E|u₁| of a random unit vector: Γ(d/2) / (√π Γ((d+1)/2)); 1 in one dimension, 2/π in two."""
    return math.exp(math.lgamma(dimensions / 2) - math.lgamma((dimensions + 1) / 2)) / math.sqrt(math.pi)


Metric = Callable[[Rows, Rows], float]


def steps_of(episode: Trajectory, with_actions: bool = True) -> Float[np.ndarray, "T X"]:
    """One row for each step: observation, then action as executed."""
    obs = episode.obs[:-1]
    return np.concatenate((obs, episode.actions), axis=1) if with_actions else obs


@dataclass(frozen=True)
class DemoDistance:
    """Distances to demonstrations, in standard deviations of their observations.

    The distance among the demonstrations is not subtracted: for few demonstrations it is large and uncertain,
    and bad walkers then look good. It and the random policy's distance are references for comparison.

    Attributes:
        reference: the demonstrations' steps, standardized.
        mean: mean of each column of the demonstrations.
        std: standard deviation of each column of the demonstrations.
        within_demos: mean distance of one portion of the demonstrations from the others.
        random: mean distance of the random policy's episodes.
        length: mean length of the demonstrations [steps].
        metric: distance between two samples of rows.
        with_actions: whether a row contains the executed action.
    """

    reference: Rows
    mean: Float[np.ndarray, "X"]
    std: Float[np.ndarray, "X"]
    within_demos: float
    random: float
    length: float
    metric: Metric = sliced_wasserstein
    with_actions: bool = False

    @classmethod
    def of(
        cls,
        demos: Demonstrations,
        random: Sequence[Trajectory],
        metric: Metric = sliced_wasserstein,
        with_actions: bool = False,
    ) -> "DemoDistance":
        """Fit to demonstrations and some episodes of random actions.

        Raises:
            DataError: too few steps to divide, or demonstrations that differ too much from each other.
        """
        portions = [rows if with_actions else rows[:, : demos.obs_size] for rows in portions_of(demos)]
        whole = np.concatenate(portions)
        mean, std = whole.mean(axis=0), np.maximum(whole.std(axis=0), STD_FLOOR)
        scaled = [(rows - mean) / std for rows in portions]
        within_demos = float(np.mean([metric(rows, _others(scaled, i)) for i, rows in enumerate(scaled)]))
        scale = within_demos, 0.0, demos.mean_length, metric, with_actions
        fitted = cls(np.concatenate(scaled), mean, std, *scale)
        random_distance = float(np.mean([fitted.distance(episode) for episode in random]))
        if within_demos > TOO_LOOSE * random_distance:
            raise DataError(
                f"the demonstrations of {demos.name or 'this set'} differ from each other "
                f"{within_demos / random_distance:.0%} as much as from random actions; they are too few or "
                "too different to measure resemblance"
            )
        return replace(fitted, random=random_distance)

    def distance(self, episode: Trajectory) -> float:
        """Distance of one episode's steps from the demonstrations', in standard deviations."""
        rows = (steps_of(episode, self.with_actions) - self.mean) / self.std
        return self.metric(rows, self.reference)

    def __call__(self, episode: Trajectory) -> float:
        """Distance of an episode; the steps that a fall cut off count with the random policy's distance.

        share · distance + (1 - share) · random, where share is the episode's length over the demonstrations'
        mean length, at most 1. Without it one good second would equal a good episode.
        """
        share = min(1.0, len(episode) / self.length)
        return share * self.distance(episode) + (1 - share) * self.random


def portions_of(demos: Demonstrations) -> list[Rows]:
    """The demonstrations in portions to compare with each other: episodes, or the halves of a single one.

    A single episode is cut in the middle of its time, because neighboring steps are nearly equal. In a
    subsampled set the kept steps of each episode are a portion.

    Raises:
        DataError: fewer than four steps.
    """
    steps = demos.transitions()
    rows = np.concatenate((steps.obs, steps.actions), axis=1)
    if len(rows) < 4:
        raise DataError(f"{demos.name or 'the demonstrations'} hold {len(rows)} steps; give at least four")
    ends = np.cumsum(demos.lengths) if len(demos) > 1 else np.array([len(rows) // 2, len(rows)])
    return [part for part in np.split(rows, ends[:-1]) if len(part)]


def _others(portions: list[Rows], index: int) -> Rows:
    return np.concatenate([rows for i, rows in enumerate(portions) if i != index])
