"""The bootstrap: runs drawn again with replacement within their tasks, whatever order they come in.

Efron 1979; stratified by task as in Agarwal et al. 2021, "Deep Reinforcement Learning at the Edge of the
Statistical Precipice". Scores and tasks are first put into an order of their own, so that a permutation of
either changes no bit of any result.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import cast

import numpy as np
from jaxtyping import Float, Int, Real, UInt

from ...envs.errors import DataError, UsageError

# Draws, as rliable.
RESAMPLES = 50_000
# Scores held in memory at once while resampling: 32 MB of float64.
BLOCK = 4_000_000

Scores = Sequence[float | int] | Real[np.ndarray, " _"]
# One group of scores, or one group per task (stratum).
ScoresByTask = Scores | Sequence[Scores]
Reduction = Callable[[Float[np.ndarray, "R N"]], Float[np.ndarray, " R"]]


def checked(scores: Scores, name: str = "scores") -> Float[np.ndarray, " N"]:
    """The scores as an array `(N,)`, N >= 1, all finite; errors call them by the name.

    Raises:
        DataError: no scores, another shape, or one that is not finite.
    """
    array = np.asarray(scores, dtype=np.float64)
    if array.ndim != 1 or array.size == 0:
        raise DataError(f"{name} must be a list of at least one number, not of shape {array.shape}")
    if not np.isfinite(array).all():
        raise DataError(f"{np.count_nonzero(~np.isfinite(array))} of {array.size} {name} are not finite")
    return array


def check_options(resamples: int, confidence: float) -> None:
    """Raise UsageError unless there is a resample and the confidence lies in (0, 1)."""
    if resamples < 1:
        raise UsageError(f"a bootstrap needs at least one resample, not {resamples}")
    if not 0 < confidence < 1:
        raise UsageError(f"confidence {confidence} is not between 0 and 1; 0.95 is usual")


def by_task(scores: ScoresByTask) -> list[Float[np.ndarray, " _"]]:
    """One sorted array per task, the tasks in the order given."""
    nested = len(scores) > 0 and np.ndim(scores[0]) > 0
    tasks = cast("Sequence[Scores]", scores if nested else [scores])
    return [np.sort(checked(task)) for task in tasks]


def strata(scores: ScoresByTask) -> list[Float[np.ndarray, " _"]]:
    """One sorted array per task, the tasks in an order of their own: a permutation changes no bit."""
    return sorted(by_task(scores), key=lambda stratum: (stratum.size, stratum.tolist()))


def resampled(
    tasks: Sequence[Float[np.ndarray, " _"]], reduction: Reduction, resamples: int, seed: int
) -> Float[np.ndarray, " R"]:
    """The reduction of each draw: as many runs of each task as it has, then pooled."""
    generator = np.random.default_rng(seed)
    reduced = []
    for rows in blocks(resamples, width=sum(task.size for task in tasks)):
        drawn = [task[_drawn(task.size, rows, generator)] for task in tasks]
        reduced.append(reduction(np.concatenate(drawn, axis=1)))
    return np.concatenate(reduced)


def counts(size: int, rows: int, generator: np.random.Generator) -> Int[np.ndarray, "R N"]:
    """How often each of `size` things is drawn in `size` draws with replacement, `rows` times over."""
    flat = _drawn(size, rows, generator) + size * np.arange(rows)[:, None]
    return np.bincount(flat.ravel(), minlength=rows * size).reshape(rows, size)


def blocks(resamples: int, width: int) -> Iterator[int]:
    """Split the resamples, each of `width` numbers, into blocks that memory holds."""
    block = max(1, BLOCK // width)
    for start in range(0, resamples, block):
        yield min(block, resamples - start)


def _drawn(size: int, rows: int, generator: np.random.Generator) -> UInt[np.ndarray, "R N"]:
    return generator.integers(size, size=(rows, size), dtype=np.uint32)
