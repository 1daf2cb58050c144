"""Windows of generated motion compared with windows of real motion: similarity, variety, copying.

Windows are rows of numbers in units of the real data. Everything here is a plain function of two samples.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from ..envs.errors import DataError
from .physics_residual import states_of
from .trajectory import Trajectory

# Number of the neighbor that sets the radius in coverage and precision.
NEIGHBORS = 5
# Folds of the two-sample classifier, and the weight of its penalty.
FOLDS, DECAY = 5, 1e-2
BLOCK = 1000

Windows = Float[np.ndarray, "_ W"]


def windows_of(episodes: Sequence[Trajectory], steps: int, stride: int) -> Windows:
    """States without the x position, and actions, of all windows of `steps` steps, flattened.

    Raises:
        DataError: no episode is long enough.
    """
    rows = []
    for episode in episodes:
        columns = np.concatenate((states_of(episode)[:-1, 1:], episode.actions), axis=1)
        rows += [columns[i : i + steps].ravel() for i in range(0, len(columns) - steps + 1, stride)]
    if not rows:
        raise DataError(f"no episode has {steps} steps; use shorter windows")
    return np.stack(rows)


def in_units_of(real: Windows, *others: Windows, floor: float = 1e-3) -> list[Windows]:
    """Every sample in standard deviations of the real one."""
    mean, std = real.mean(axis=0), np.maximum(real.std(axis=0), floor)
    return [(sample - mean) / std for sample in (real, *others)]


def distances(x: Windows, y: Windows) -> Float[np.ndarray, "_ _"]:
    """Euclidean distance of every row of one sample to every row of the other."""
    parts = []
    for first in range(0, len(x), BLOCK):
        rows = x[first : first + BLOCK]
        squares = np.square(rows).sum(axis=1)[:, None] + np.square(y).sum(axis=1) - 2 * rows @ y.T
        parts.append(np.sqrt(np.maximum(squares, 0.0)))
    return np.concatenate(parts)


def reach(sample: Windows, k: int = NEIGHBORS) -> Float[np.ndarray, "N"]:
    """Distance of every row to its k-th neighbor within the sample."""
    return np.partition(distances(sample, sample), k, axis=1)[:, k]


def covered(real: Windows, drawn: Windows, k: int = NEIGHBORS) -> tuple[float, float]:
    """Coverage and precision: shares of real windows near a drawn one, and of drawn ones near a real one.

    Near is within the k-th neighbor's distance of the real window (Naeem et al. 2020, eq. 9 and 5, with the
    real sample's reach in both).
    """
    near = distances(real, drawn) <= reach(real, k)[:, None]
    return float(near.any(axis=1).mean()), float(near.any(axis=0).mean())


def copying(drawn: Windows, training: Windows, held_out: Windows) -> float:
    """Median distance to the nearest training window over that to the nearest held-out one.

    Near 0 for copies. Its value for real windows, the reference, depends on the difference between the
    conditions of the two samples. Pass all training windows: a copy is near its own original only.
    """
    learned, unseen = (np.median(distances(drawn, sample).min(axis=1)) for sample in (training, held_out))
    return float(learned / max(unseen, 1e-12))


def memorised(drawn: Windows, real: Windows, training: Windows, level: float = 0.01) -> float:
    """Share of drawn windows nearer to a training one than all but `level` of the unseen real ones are."""
    near = np.quantile(distances(real, training).min(axis=1), level)
    return float((distances(drawn, training).min(axis=1) < near).mean())


def told_apart(real: Windows, drawn: Windows, block: int = 1, seed: int = 0) -> float:
    """Area under the ROC curve of a linear classifier on held-out rows; 0.5 is chance.

    `block` consecutive rows are held out together, since windows of one piece overlap. Ridge regression
    of the label (Lopez-Paz & Oquab 2017 test two samples by a held-out classifier).
    """
    x = np.concatenate((real, drawn))
    label = np.concatenate((np.ones(len(real)), np.zeros(len(drawn))))
    piece = np.concatenate([np.arange(len(part)) // block for part in (real, drawn)])
    piece[len(real) :] += len(real)
    _, piece = np.unique(piece, return_inverse=True)
    fold = (np.random.default_rng(seed).permutation(piece.max() + 1) % FOLDS)[piece]
    score = np.zeros(len(x))
    for held in range(FOLDS):
        fit = fold != held
        design = np.column_stack((x[fit], np.ones(fit.sum())))
        gram = design.T @ design / fit.sum() + DECAY * np.eye(design.shape[1])
        weights = np.linalg.solve(gram, design.T @ (2 * label[fit] - 1) / fit.sum())
        score[~fit] = np.column_stack((x[~fit], np.ones((~fit).sum()))) @ weights
    return area_under(score, label)


def area_under(score: Float[np.ndarray, "N"], label: Float[np.ndarray, "N"]) -> float:
    """P(score of a 1 > score of a 0), ties counting half (Mann & Whitney 1947)."""
    ones, zeros = np.sort(score[label == 1]), np.sort(score[label == 0])
    below = np.searchsorted(zeros, ones, "left") + np.searchsorted(zeros, ones, "right")
    return float(below.sum() / (2 * len(ones) * len(zeros)))


def explained(target: Float[np.ndarray, "N"], measured: Float[np.ndarray, "N"]) -> float:
    """R² = 1 - Σ (measured - target)² / Σ (target - mean)²: the target as prediction, without a fit."""
    return float(1 - np.square(measured - target).sum() / np.square(target - target.mean()).sum())
