"""Scores with their uncertainty: means, interquartile means and shares, never a bare number.

Agarwal et al. 2021, "Deep Reinforcement Learning at the Edge of the Statistical Precipice". Percentile
intervals of few scores are too narrow (three seeds cannot know their own spread): print every score as well.
"""

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from jaxtyping import Float

from ...envs.errors import DataError, UsageError
from .bootstrap import RESAMPLES, Reduction, Scores, ScoresByTask, check_options, checked, resampled, strata

# Share of the scores that the interquartile mean leaves out at each end.
TRIM = 0.25


@dataclass(frozen=True)
class Estimate:
    """A value, its interval and the number of scores behind it: `low <= value <= high`, `n >= 1`."""

    value: float
    low: float
    high: float
    n: int

    def __post_init__(self) -> None:
        if not all(math.isfinite(x) for x in (self.value, self.low, self.high)):
            raise DataError(f"an estimate needs finite numbers, not {self.value} [{self.low}, {self.high}]")
        if not self.low <= self.value <= self.high:
            raise DataError(f"the estimate {self.value} lies outside its interval [{self.low}, {self.high}]")
        if self.n < 1:
            raise DataError(f"an estimate needs at least one score, not {self.n}")

    @classmethod
    def from_draws(
        cls, value: float, draws: Float[np.ndarray, " R"], confidence: float, n: int
    ) -> "Estimate":
        """The percentile interval of bootstrap draws, widened where it misses the value itself."""
        tail = (1 - confidence) / 2
        low, high = np.quantile(draws, [tail, 1 - tail])
        return cls(value, min(float(low), value), max(float(high), value), n)

    @property
    def decimals(self) -> int:
        """Decimals that its numbers are worth writing with: none from 100 on, two, or three if narrow."""
        if max(abs(self.low), abs(self.high)) >= 100:
            return 0
        return 2 if self.high - self.low >= 0.01 else 3

    def __format__(self, spec: str) -> str:
        """The same text as `str`, each number written by `spec` (`f"{estimate:.1f}"`)."""
        spec = spec or f",.{self.decimals}f"
        return f"{self.value:{spec}} [{self.low:{spec}}, {self.high:{spec}}] N={self.n}"

    def __str__(self) -> str:
        return format(self, "")


def mean_interval(
    scores: ScoresByTask, resamples: int = RESAMPLES, confidence: float = 0.95, seed: int = 0
) -> Estimate:
    """The mean of all scores with its stratified percentile bootstrap interval; see `iqm_interval`."""
    return _interval(scores, _mean, resamples, confidence, seed)


def iqm_interval(
    scores_by_task: ScoresByTask, resamples: int = RESAMPLES, confidence: float = 0.95, seed: int = 0
) -> Estimate:
    """The interquartile mean over runs and tasks with its stratified percentile bootstrap interval.

    IQM = mean(x₍₍g+1₎₎ … x₍₍N-g₎₎) of the sorted scores of all tasks, g = floor(N/4): whole scores are cut,
    as in scipy's `trim_mean(x, 0.25)` and rliable, so that published numbers compare. The IQM of three is
    their mean; of five it hides the worst: print all of them beside it.

    Each resample draws, with replacement, as many runs within each task as that task has; the runs of all
    tasks are then pooled. The order of runs and of tasks does not matter: the same scores give the same
    bits. Where the percentiles miss the estimate itself (low confidence, rounding) the interval is
    widened to hold it.

    Args:
        scores_by_task: the runs `(N,)` of one task, or one such sequence for each task.
        resamples: number of bootstrap draws; 50,000 as rliable.
        confidence: share of the draws between the two ends, in (0, 1).
        seed: of the draws.

    Raises:
        DataError: no scores, an empty task, or a score that is not finite.
        UsageError: a confidence or a number of resamples out of range.
    """
    return _interval(scores_by_task, _trimmed, resamples, confidence, seed)


def wilson(successes: int, n: int, confidence: float = 0.95) -> Estimate:
    """The share of successes with Wilson's score interval, which keeps its word near 0 and 1.

    (p + z²/2n ± z √(p (1 - p) / n + z²/4n²)) / (1 + z²/n), p = successes / n, z the normal quantile of
    (1 + confidence) / 2 (Wilson 1927, "Probable Inference, the Law of Succession, and Statistical
    Inference"). None of 120 is [0, 0.031]; none of 60 is [0, 0.060].

    Raises:
        DataError: no trials, or successes outside 0 to n.
        UsageError: a confidence outside (0, 1).
    """
    if n < 1:
        raise DataError(f"a share needs at least one trial, not {n}")
    if not 0 <= successes <= n:
        raise DataError(f"{successes} successes cannot come of {n} trials")
    if not 0 < confidence < 1:
        raise UsageError(f"confidence {confidence} is not between 0 and 1; 0.95 is usual")
    p, z = successes / n, NormalDist().inv_cdf((1 + confidence) / 2)
    center = p + z**2 / (2 * n)
    half = z * math.sqrt(p * (1 - p) / n + (z / (2 * n)) ** 2)
    shrink = 1 + z**2 / n
    # Rounding must not push an end past the share or out of 0 to 1.
    low, high = max(0.0, (center - half) / shrink), min(1.0, (center + half) / shrink)
    return Estimate(p, 0.0 if successes == 0 else min(low, p), 1.0 if successes == n else max(high, p), n)


def normalized(returns: Scores, random: float, expert: float) -> Float[np.ndarray, " N"]:
    """Normalized score = (return - random) / (expert - random): 0 is a random policy, 1 the expert.

    The two references count as known numbers: an interval made of the result holds the uncertainty of
    `returns` alone.

    Raises:
        DataError: numbers that are not finite, or an expert no better than the random policy.
    """
    if not (math.isfinite(random) and math.isfinite(expert)):
        raise DataError(f"cannot normalize by random {random} and expert {expert}: both must be finite")
    if expert <= random:
        raise DataError(
            f"cannot normalize: the expert's mean return {expert:g} is not above the random policy's "
            f"{random:g}; record better demonstrations, or report plain returns"
        )
    return (checked(returns) - random) / (expert - random)


def _mean(scores: Float[np.ndarray, "R N"]) -> Float[np.ndarray, " R"]:
    return np.asarray(scores.mean(axis=1))


def _trimmed(scores: Float[np.ndarray, "R N"]) -> Float[np.ndarray, " R"]:
    n = scores.shape[1]
    cut = int(TRIM * n)
    return _mean(np.sort(scores, axis=1)[:, cut : n - cut])


def _interval(
    scores: ScoresByTask, reduction: Reduction, resamples: int, confidence: float, seed: int
) -> Estimate:
    check_options(resamples, confidence)
    tasks = strata(scores)
    pooled = np.concatenate(tasks)
    value = float(reduction(np.sort(pooled)[None])[0])
    draws = resampled(tasks, reduction, resamples, seed)
    return Estimate.from_draws(value, draws, confidence, pooled.size)
