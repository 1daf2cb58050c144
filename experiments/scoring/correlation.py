"""Rank correlation with its interval, also of points that come in groups or with a third thing held fixed.

Spearman 1904, "The Proof and Measurement of Association between Two Things". Equal values share the mean of
their ranks; without ties ρ = 1 - 6 Σ d² / (N (N² - 1)), d the difference of the two ranks of a point. With z
held fixed it is the correlation of what is left of both ranks after linear regression on the ranks of z:
(ρ_xy - ρ_xz ρ_yz) / √((1 - ρ_xz²) (1 - ρ_yz²)).

A resample in which one side is constant has no correlation: half of those count as -1 and half as 1, which
can only widen the interval. Of perfectly ordered points it is [1, 1] from four points on: read N.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float, Int, Shaped

from ...envs.errors import DataError
from .bootstrap import RESAMPLES, Scores, blocks, check_options, checked, counts
from .statistics import Estimate

# Fewer points, or groups of points, say nothing of a correlation.
FEWEST = 3

Labels = Sequence[str] | Sequence[int] | Shaped[np.ndarray, " _"]


def spearman(
    x: Scores,
    y: Scores,
    given: Scores | None = None,
    groups: Labels | None = None,
    resamples: int = RESAMPLES,
    confidence: float = 0.95,
    seed: int = 0,
) -> Estimate:
    """Spearman's correlation of x and y with its percentile bootstrap interval; N counts points.

    ρ = cov(rₓ, r_y) / (σ(rₓ) σ(r_y)), r the ranks; with `given` the partial correlation of the ranks.
    Each resample draws points with replacement and ranks them anew; with `groups` it draws whole groups, as
    checkpoints of one training run are not independent.

    Args:
        x: one number a point `(N,)`.
        y: the other `(N,)`.
        given: what to hold fixed `(N,)`, for example the episodes' length.
        groups: a label a point `(N,)`; points of the same label are drawn together.
        resamples: number of bootstrap draws.
        confidence: share of the draws between the two ends, in (0, 1).
        seed: of the draws.

    Raises:
        DataError: different lengths, fewer than three points or groups, a number that is not finite, all of
            x, of y or of the given equal, or x or y ordered exactly as the given.
        UsageError: a confidence or a number of resamples out of range.
    """
    check_options(resamples, confidence)
    columns, codes = _points(x, y, given, groups)
    value = float(_correlations(columns, np.ones((1, codes.size), dtype=np.int64))[0])
    if np.isnan(value):
        raise DataError(
            "x or y is ordered exactly as the given (or against it): nothing is left to correlate"
        )
    return Estimate.from_draws(value, _draws(columns, codes, resamples, seed), confidence, codes.size)


def _points(
    x: Scores, y: Scores, given: Scores | None, groups: Labels | None
) -> tuple[list[Float[np.ndarray, " N"]], Int[np.ndarray, " N"]]:
    """The columns and the number of each point's group, the points in an order of their own."""
    named = {"x": x, "y": y} if given is None else {"x": x, "y": y, "given": given}
    columns = [checked(column, name) for name, column in named.items()]
    labels = np.arange(columns[0].size) if groups is None else np.asarray(groups)
    lengths = [column.size for column in columns] + [labels.size]
    if len(set(lengths)) > 1:
        raise DataError(f"{', '.join(named)} and groups differ in length: {lengths}")
    distinct, codes = np.unique(labels, return_inverse=True)
    if distinct.size < FEWEST:
        kind = "points" if groups is None else "groups"
        raise DataError(f"a correlation needs at least {FEWEST} {kind}, not {distinct.size}")
    for name, column in zip(named, columns, strict=True):
        if np.ptp(column) == 0:
            raise DataError(f"all {column.size} numbers of {name} are {column[0]:g}: they have no order")
    order = np.lexsort([codes, *columns[::-1]] if groups is not None else columns[::-1])
    # Without groups each point is its own, numbered after sorting.
    return [column[order] for column in columns], codes if groups is None else codes[order]


def _draws(
    columns: list[Float[np.ndarray, " N"]], codes: Int[np.ndarray, " N"], resamples: int, seed: int
) -> Float[np.ndarray, " R"]:
    """The correlation of each resample, -1 and 1 by turns where it is not defined."""
    generator = np.random.default_rng(seed)
    groups = int(codes.max()) + 1
    draws = np.concatenate(
        [
            _correlations(columns, counts(groups, rows, generator)[:, codes])
            for rows in blocks(resamples, width=8 * codes.size)
        ]
    )
    undefined = np.flatnonzero(np.isnan(draws))
    draws[undefined[::2]], draws[undefined[1::2]] = -1.0, 1.0
    return draws


def _correlations(
    columns: list[Float[np.ndarray, " N"]], drawn: Int[np.ndarray, "R N"]
) -> Float[np.ndarray, " R"]:
    """The correlation of the first two columns' ranks in each resample; NaN where it is not defined.

    `drawn` says how often each point was drawn.
    """
    ranks = [_ranks(column, drawn) for column in columns]
    sums = [[np.einsum("rn,rn,rn->r", drawn, a, b) for b in ranks] for a in ranks]
    cov, x, y = sums[0][1], sums[0][0], sums[1][1]
    scale_x, scale_y = x, y
    if len(ranks) == 3:  # times the variance of the third, which cancels
        xz, yz, z = sums[0][2], sums[1][2], sums[2][2]
        # Where the third does not vary there is nothing to hold fixed.
        z = np.where(z > 0, z, 1.0)
        cov, scale_x, scale_y = cov * z - xz * yz, x * z, y * z
        x, y = scale_x - xz**2, scale_y - yz**2
    # What rounding leaves of a difference of equal numbers is no variance.
    defined = (x > 1e-12 * scale_x) & (y > 1e-12 * scale_y)
    correlation = cov / np.sqrt(np.where(defined, x * y, 1.0))
    return np.where(defined, np.clip(correlation, -1.0, 1.0), np.nan)


def _ranks(column: Float[np.ndarray, " N"], drawn: Int[np.ndarray, "R N"]) -> Float[np.ndarray, "R N"]:
    """Twice each point's rank in each resample less twice the mean of all ranks: whole numbers, so exact."""
    _, value_of, each = np.unique(column, return_inverse=True, return_counts=True)
    starts = np.cumsum(each) - each
    equal = np.add.reduceat(drawn[:, np.argsort(value_of)], starts, axis=1)  # (R, distinct values)
    doubled = 2 * np.cumsum(equal, axis=1) - equal - drawn.sum(axis=1, keepdims=True)
    return doubled[:, value_of].astype(np.float64)
