"""One method against another over all runs: who is better how often, and how many reach what score.

Agarwal et al. 2021, "Deep Reinforcement Learning at the Edge of the Statistical Precipice".
"""

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from ...envs.errors import DataError
from .bootstrap import RESAMPLES, Scores, ScoresByTask, blocks, by_task, check_options, counts, strata
from .statistics import Estimate


@dataclass(frozen=True, eq=False)
class Profile:
    """Share of runs above each threshold, its pointwise band and the number of runs behind it.

    All arrays have the length of `thresholds`; `low <= values <= high`, all in [0, 1]; `n >= 1`.
    """

    thresholds: Float[np.ndarray, " T"]
    values: Float[np.ndarray, " T"]
    low: Float[np.ndarray, " T"]
    high: Float[np.ndarray, " T"]
    n: int

    def __post_init__(self) -> None:
        lengths = [self.thresholds.size, self.values.size, self.low.size, self.high.size]
        if len(set(lengths)) > 1:
            raise DataError(f"thresholds, values, low and high of a profile differ in length: {lengths}")
        if not ((self.low <= self.values) & (self.values <= self.high)).all():
            raise DataError("a profile leaves its band")
        if self.n < 1:
            raise DataError(f"a profile needs at least one run, not {self.n}")


def probability_of_improvement(
    x_by_task: ScoresByTask,
    y_by_task: ScoresByTask,
    resamples: int = RESAMPLES,
    confidence: float = 0.95,
    seed: int = 0,
) -> Estimate:
    """How likely a run of X beats a run of Y on the same task; 1/2 says neither is better.

    mean over tasks of Σᵢⱼ ([xᵢ > yⱼ] + [xᵢ = yⱼ] / 2) / (Nₓ N_y), which is the statistic of Mann and Whitney
    (1947) over Nₓ N_y (Agarwal et al. 2021). Each resample draws the runs of X and those of Y
    anew within each task. Of runs without overlap the interval is [1, 1] however few they are: read N.

    Args:
        x_by_task: the runs of one task, or one sequence of runs for each task.
        y_by_task: the same of the other method: the same tasks in the same order, any number of runs.
        resamples: number of bootstrap draws.
        confidence: share of the draws between the two ends, in (0, 1).
        seed: of the draws.

    Returns:
        The probability; its N counts the runs of both sides.

    Raises:
        DataError: different numbers of tasks, an empty task, or a score that is not finite.
        UsageError: a confidence or a number of resamples out of range.
    """
    check_options(resamples, confidence)
    pairs = _pairs(by_task(x_by_task), by_task(y_by_task))
    wins = [(x[:, None] > y) + 0.5 * (x[:, None] == y) for x, y in pairs]
    generator = np.random.default_rng(seed)
    draws = np.mean([_win_draws(task, resamples, generator) for task in wins], axis=0)
    value = float(np.mean([task.mean() for task in wins]))
    return Estimate.from_draws(value, draws, confidence, sum(x.size + y.size for x, y in pairs))


def performance_profile(
    scores_by_task: ScoresByTask, thresholds: Scores, confidence: float = 0.95
) -> Profile:
    """The share of runs, pooled over tasks, with a score above each threshold.

    F(τ) = Σₘ Σᵢ [xₘᵢ > τ] / N (Agarwal et al. 2021; 1 - F is the empirical distribution). The
    band is that of the stratified bootstrap with infinitely many resamples: the number of runs above τ in
    a resample of task m is Binomial(Nₘ, share of task m above τ), so the quantiles of their sum are exact
    and need no seed. It holds for each threshold by itself, not for the whole curve at once.

    Args:
        scores_by_task: the runs of one task, or one sequence of runs for each task.
        thresholds: τ `(T,)` in any order; both infinities are allowed.
        confidence: share of resamples within the band, in (0, 1).

    Raises:
        DataError: no scores or one that is not finite; no thresholds or one that is not a number.
        UsageError: a confidence out of range.
    """
    check_options(1, confidence)
    tasks = strata(scores_by_task)
    taus = np.array(thresholds, dtype=np.float64)
    if taus.ndim != 1 or taus.size == 0 or np.isnan(taus).any():
        raise DataError("thresholds must be a list of at least one number, none of them NaN")
    n = sum(task.size for task in tasks)
    above = np.array([task.size - np.searchsorted(task, taus, side="right") for task in tasks]).T  # (T, M)
    values = above.sum(axis=1) / n
    band = np.array([_band([task.size for task in tasks], row.tolist(), confidence) for row in above]) / n
    return Profile(taus, values, np.minimum(band[:, 0], values), np.maximum(band[:, 1], values), n)


def _pairs(
    x: list[Float[np.ndarray, " _"]], y: list[Float[np.ndarray, " _"]]
) -> list[tuple[Float[np.ndarray, " _"], Float[np.ndarray, " _"]]]:
    """The two sides of each task, the tasks in an order of their own."""
    if len(x) != len(y):
        raise DataError(f"the two sides have {len(x)} and {len(y)} tasks; give the same tasks of both")
    return sorted(
        zip(x, y, strict=True), key=lambda pair: (*map(np.size, pair), *map(np.ndarray.tolist, pair))
    )


def _win_draws(
    wins: Float[np.ndarray, "N M"], resamples: int, generator: np.random.Generator
) -> Float[np.ndarray, " R"]:
    """The mean of the wins when rows and columns are drawn with replacement."""
    n, m = wins.shape
    drawn = [
        np.einsum("rm,rm->r", counts(n, rows, generator) @ wins, counts(m, rows, generator))
        for rows in blocks(resamples, width=n + m)
    ]
    return np.concatenate(drawn) / (n * m)


def _band(sizes: list[int], above: list[int], confidence: float) -> tuple[int, int]:
    """Quantiles of a sum of Binomial(size, above / size): the smallest number whose cdf reaches the tail."""
    chances = np.ones(1)
    for size, successes in zip(sizes, above, strict=True):
        chances = np.convolve(chances, _binomial(size, successes))
    cdf = np.cumsum(chances)
    tail = (1 - confidence) / 2
    # Rounding of the sum must not skip a number whose cdf is the tail itself.
    low, high = np.searchsorted(cdf, [tail - 1e-12, 1 - tail - 1e-12])
    return int(low), int(high)


def _binomial(n: int, successes: int) -> Float[np.ndarray, " K"]:
    """Chances of 0 to n successes in n trials of chance successes / n: C(n, k) pᵏ (1 - p)ⁿ⁻ᵏ."""
    k = np.arange(n + 1)
    if successes in (0, n):
        return np.where(k == successes, 1.0, 0.0)
    p = successes / n
    logs = np.array([math.lgamma(i + 1) for i in range(n + 1)])
    return np.exp(logs[n] - logs - logs[::-1] + k * math.log(p) + (n - k) * math.log1p(-p))
