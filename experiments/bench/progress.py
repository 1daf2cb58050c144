"""Progress of a benchmark: a line for every cell that ends, with time left; a bar too in a terminal."""

import sys
import time
from collections.abc import Callable, Sequence

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TimeElapsedColumn

from ..runs.counting import counted
from .cell import Cell
from .local_pool import Outcome

# What a cell takes besides its training, in environment steps of training: scores, start, and cloning.
SCORING_STEPS, CLONING_STEPS = 60_000, 150_000


def cost(cell: Cell) -> int:
    """What a cell takes, in environment steps of training: a guess that time left is reckoned with."""
    own = {"expert": 0, "random": 0, "bc": CLONING_STEPS, "gmr": CLONING_STEPS}
    return SCORING_STEPS + own.get(cell.method, cell.config.steps)


class BenchProgress:
    """Counts cells and reckons the time left from the speed of those that ran.

    Args:
        cells: all of the grid.
        clock: seconds that only grow.
    """

    def __init__(self, cells: Sequence[Cell], clock: Callable[[], float] = time.monotonic):
        self._clock, self._started = clock, clock()
        self._total, self._done, self._failed = len(cells), 0, 0
        self._left, self._worked = sum(map(cost, cells)), 0
        console = Console(stderr=True)
        columns = (TaskProgressColumn(), BarColumn(), TimeElapsedColumn())
        self._bar = Progress(*columns, console=console) if console.is_terminal else None
        if self._bar is not None:
            self._task = self._bar.add_task("cells", total=self._left)
            self._bar.start()

    def seconds_left(self) -> float | None:
        """Reckoned from the cells that ran so far; None before the first."""
        elapsed = self._clock() - self._started
        return elapsed * self._left / self._worked if self._worked else None

    def __call__(self, cell: Cell, outcome: Outcome | None) -> None:
        """Take note of a cell that ended, or was there before."""
        self._left -= cost(cell)
        self._done += 1
        if self._bar is not None:
            self._bar.advance(self._task, cost(cell))
        if outcome is not None:
            self._worked += cost(cell)
            self._failed += outcome.result is None
            self._say(self._line(cell, outcome))

    def close(self) -> None:
        """Leave the terminal as it was."""
        if self._bar is not None:
            self._bar.stop()

    def _line(self, cell: Cell, outcome: Outcome) -> str:
        left, elapsed = self.seconds_left(), self._clock() - self._started
        times = f"{_clock_face(elapsed)} elapsed, about {_clock_face(left or 0.0)} left"
        failed = f", {self._failed} failed" if self._failed else ""
        counts = f"{self._done} of {counted(self._total, 'cell')}{failed}"
        return f"{counts}, {times}: {cell.name} {_ending(outcome)}"

    def _say(self, line: str) -> None:
        if self._bar is not None:
            self._bar.console.print(line, markup=False, highlight=False)
        else:
            print(line, file=sys.stderr, flush=True)


def _ending(outcome: Outcome) -> str:
    if outcome.result is None:
        return f"FAILED: {outcome.first_line}"
    score = outcome.result.scores.agent["deterministic"]
    if score.normalized_score is not None:
        return f"normalized score {score.normalized_score.value:.3f}"
    return f"return {score.mean:,.0f}"


def _clock_face(seconds: float) -> str:
    """`1:02:03`."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02d}:{rest:02d}"
