"""The point of a convex hull that is nearest to another: a small quadratic programme."""

import numpy as np
from jaxtyping import Float

# A direction that gains less than this share of the distance ends the search.
TOLERANCE = 1e-10


def nearest_mixture(
    points: Float[np.ndarray, "I K"], target: Float[np.ndarray, "K"]
) -> Float[np.ndarray, "I"]:
    """Weights λ >= 0 with Σ λ = 1 that make |target - Σ λᵢ pointsᵢ| smallest.

    Wolfe 1976, "Finding the Nearest Point in a Polytope": an active set of points grows by the one that lies
    furthest towards the target, and loses those that the best affine combination would give negative weight.
    """
    away = np.asarray(points, dtype=np.float64) - target
    active = [int((away**2).sum(axis=1).argmin())]
    weights = np.ones(1)
    while True:
        x = weights @ away[active]
        gain = away @ x
        newest = int(gain.argmin())
        if newest in active or gain[newest] >= x @ x * (1 - TOLERANCE):
            mixture = np.zeros(len(away))
            mixture[active] = weights
            return mixture
        active, weights = _reduced(away, [*active, newest], np.append(weights, 0.0))


def _reduced(
    away: Float[np.ndarray, "I K"], active: list[int], weights: Float[np.ndarray, "S"]
) -> tuple[list[int], Float[np.ndarray, "R"]]:
    """Move to the best affine combination, dropping on the way the points whose weight would pass zero."""
    while True:
        best = _affine(away[active])
        if (best > 0).all():
            return active, best
        falling = best <= 0
        # How far towards the best the first weight reaches zero.
        part = (weights[falling] / (weights[falling] - best[falling])).min()
        moved = weights + part * (best - weights)
        positive = moved > 1e-14
        active, weights = [i for i, stays in zip(active, positive, strict=True) if stays], moved[positive]
        weights = weights / weights.sum()


def _affine(points: Float[np.ndarray, "S K"]) -> Float[np.ndarray, "S"]:
    """Weights of sum 1, of any sign, that bring the combination nearest to zero."""
    gram = points @ points.T
    ones = np.linalg.lstsq(gram + 1e-14 * np.trace(gram) * np.eye(len(gram)), np.ones(len(gram)), rcond=None)[
        0
    ]
    return ones / ones.sum()
