"""Scores with their uncertainty: interquartile means and bootstrap intervals, never a bare number.

Agarwal et al. 2021, "Deep Reinforcement Learning at the Edge of the Statistical Precipice". Percentile
intervals of few scores are too narrow (three seeds cannot know their own spread): print every score as well.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
from jaxtyping import Float

from ..envs.errors import DataError, UsageError

# Share of the scores that the interquartile mean leaves out at each end.
TRIM = 0.25
# Scores held in memory at once while resampling: 32 MB of float64.
BLOCK = 4_000_000

Scores = Sequence[float] | Float[np.ndarray, " _"]
# One group of scores, or one group per task (stratum).
ScoresByTask = Scores | Sequence[Scores]
Reduction = Callable[[Float[np.ndarray, "R N"]], Float[np.ndarray, " R"]]


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


def iqm(scores: Scores) -> float:
    """Interquartile mean: the mean of the middle half.

    IQM = mean(x₍₍g+1₎₎ … x₍₍N-g₎₎) of the sorted scores, g = floor(N/4): whole scores are cut, as in
    scipy's `trim_mean(x, 0.25)` and rliable, so that published numbers compare. The IQM of three is
    their mean; of five it hides the worst: print all of them beside it.

    Raises:
        DataError: no scores, or one that is not finite.
    """
    return float(_trimmed(_checked(scores)[None])[0])


def mean_interval(
    scores: ScoresByTask, resamples: int = 50_000, confidence: float = 0.95, seed: int = 0
) -> Estimate:
    """The mean of all scores with its stratified percentile bootstrap interval; see `iqm_interval`."""
    return _interval(scores, _mean, resamples, confidence, seed)


def iqm_interval(
    scores_by_task: ScoresByTask, resamples: int = 50_000, confidence: float = 0.95, seed: int = 0
) -> Estimate:
    """The interquartile mean over runs and tasks with its stratified percentile bootstrap interval.

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


def normalised(returns: Scores, random: float, expert: float) -> Float[np.ndarray, " N"]:
    """NR = (return - random) / (expert - random): 0 is a random policy, 1 the expert.

    The two references count as known numbers: an interval made of the result holds the uncertainty of
    `returns` alone.

    Raises:
        DataError: numbers that are not finite, or an expert no better than the random policy.
    """
    if not (math.isfinite(random) and math.isfinite(expert)):
        raise DataError(f"cannot normalise by random {random} and expert {expert}: both must be finite")
    if expert <= random:
        raise DataError(
            f"cannot normalise: the expert's mean return {expert:g} is not above the random policy's "
            f"{random:g}; record better demonstrations, or report plain returns"
        )
    return (_checked(returns) - random) / (expert - random)


def _mean(scores: Float[np.ndarray, "R N"]) -> Float[np.ndarray, " R"]:
    return np.asarray(scores.mean(axis=1))


def _trimmed(scores: Float[np.ndarray, "R N"]) -> Float[np.ndarray, " R"]:
    n = scores.shape[1]
    cut = int(TRIM * n)
    return _mean(np.sort(scores, axis=1)[:, cut : n - cut])


def _interval(
    scores: ScoresByTask, reduction: Reduction, resamples: int, confidence: float, seed: int
) -> Estimate:
    if resamples < 1:
        raise UsageError(f"a bootstrap needs at least one resample, not {resamples}")
    if not 0 < confidence < 1:
        raise UsageError(f"confidence {confidence} is not between 0 and 1; 0.95 is usual")
    strata = _strata(scores)
    pooled = np.concatenate(strata)
    value = float(reduction(np.sort(pooled)[None])[0])
    draws = _draws(strata, reduction, resamples, seed)
    tail = (1 - confidence) / 2
    low, high = np.quantile(draws, [tail, 1 - tail])
    return Estimate(value, min(float(low), value), max(float(high), value), pooled.size)


def _draws(
    strata: list[Float[np.ndarray, " _"]], reduction: Reduction, resamples: int, seed: int
) -> Float[np.ndarray, " R"]:
    """The reduction of `resamples` draws, made in blocks so that memory stays bounded."""
    generator = np.random.default_rng(seed)
    block = max(1, BLOCK // sum(stratum.size for stratum in strata))
    reduced = []
    for start in range(0, resamples, block):
        rows = min(block, resamples - start)
        drawn = [s[generator.integers(s.size, size=(rows, s.size), dtype=np.uint32)] for s in strata]
        reduced.append(reduction(np.concatenate(drawn, axis=1)))
    return np.concatenate(reduced)


def _strata(scores: ScoresByTask) -> list[Float[np.ndarray, " _"]]:
    """One sorted array per task, the tasks in an order of their own: a permutation changes no bit."""
    nested = len(scores) > 0 and np.ndim(scores[0]) > 0
    tasks = cast("Sequence[Scores]", scores if nested else [scores])
    strata = [np.sort(_checked(task)) for task in tasks]
    return sorted(strata, key=lambda stratum: (stratum.size, stratum.tolist()))


def _checked(scores: Scores) -> Float[np.ndarray, " N"]:
    array = np.asarray(scores, dtype=np.float64)
    if array.ndim != 1 or array.size == 0:
        raise DataError(f"scores must be a list of at least one number, not of shape {array.shape}")
    if not np.isfinite(array).all():
        raise DataError(f"{np.count_nonzero(~np.isfinite(array))} of {array.size} scores are not finite")
    return array
