"""Cells one after another through a pool: claimed, run, kept, or recorded as failed; the rest goes on."""

import shutil
import sys
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from ..runs.counting import counted
from .cell import Cell
from .cell_launch import ERROR
from .cell_store import CellStore
from .cell_work import Job
from .local_pool import Outcome, Pool

# Told of every cell that ended, and of those that were there before (without an outcome).
Report = Callable[[Cell, Outcome | None], None]


@dataclass(frozen=True)
class Schedule:
    """Where cells run and where they are kept.

    Attributes:
        store: of finished cells.
        pool: where cells run.
        runs: the folder of the run folders.
        command: what the user typed.
        report: told of every end.
    """

    store: CellStore
    pool: Pool
    runs: Path
    command: str
    report: Report

    def run(self, cells: Iterable[Cell]) -> list[Outcome]:
        """Run what is not finished yet, in order.

        A cell that another bench is at is left until last: by then it is finished, or free again.

        Returns:
            The outcomes that failed; they are tried again by the next call.

        Raises:
            KeyboardInterrupt: after ending what ran and removing its half-made folders.
        """
        waiting, running, failed, told = deque(cells), set[Job](), list[Outcome](), False
        try:
            while waiting or running:
                job = self._next(waiting) if self.pool.has_room() else None
                if job is not None:
                    running.add(job)
                    self.pool.start(job)
                    continue
                if waiting and not running and not told:
                    told = True
                    left = counted(len(waiting), "cell")
                    print(f"waiting for {left} that another bench is at", file=sys.stderr)
                for outcome in self.pool.ended():
                    running.remove(outcome.job)
                    self._keep(outcome)
                    failed += [outcome] if outcome.result is None else []
        finally:
            self._stop(running)
        return failed

    def _next(self, waiting: deque[Cell]) -> Job | None:
        """A job for the first cell that nobody is at, its folder empty; None where there is none."""
        for _ in range(len(waiting)):
            cell = waiting.popleft()
            claim = self.store.claim(cell)
            if claim == "mine":
                return Job(cell, self._empty_folder(cell), self.command)
            if claim == "busy":
                waiting.append(cell)
            else:
                self.report(cell, None)
        return None

    def _empty_folder(self, cell: Cell) -> Path:
        """Where a cell runs, without what a killed run left behind."""
        folder = self.runs / cell.name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def _keep(self, outcome: Outcome) -> None:
        cell = outcome.job.cell
        if outcome.result is None:
            (outcome.job.folder / ERROR).write_text(outcome.error, encoding="utf-8")
        else:
            self.store.publish(cell, outcome.result)
        self.store.release(cell)
        self.report(cell, outcome)

    def _stop(self, running: Iterable[Job]) -> None:
        """End what runs and leave nothing half-made."""
        self.pool.stop()
        for job in running:
            shutil.rmtree(job.folder, ignore_errors=True)
            self.store.release(job.cell)
