"""Cells one after another through a pool: claimed, run, kept, or recorded as failed; the rest goes on."""

import shutil
import sys
from collections import deque
from collections.abc import Callable, Iterable
from pathlib import Path

from .cell import Cell
from .cell_process import ERROR
from .cell_store import CellStore
from .cell_work import Job
from .local_pool import Outcome, Pool

# Told of every cell that ended, and of those that were there before (without an outcome).
Report = Callable[[Cell, Outcome | None], None]


def run_cells(
    cells: Iterable[Cell], store: CellStore, pool: Pool, runs: Path, command: str, report: Report
) -> list[Outcome]:
    """Run what is not finished yet, in order.

    A cell that another bench is at is left until last: by then it is finished, or free again.

    Args:
        cells: in the order they are wanted.
        store: where finished ones are kept.
        pool: where they run.
        runs: the folder of the run folders.
        command: what the user typed.
        report: told of every end.

    Returns:
        The outcomes that failed; they are tried again by the next call.

    Raises:
        KeyboardInterrupt: after ending what ran and removing its half-made folders.
    """
    waiting, running, failed, told = deque(cells), set[Job](), list[Outcome](), False
    try:
        while waiting or running:
            job = _next(waiting, store, runs, command, report) if pool.has_room() else None
            if job is not None:
                running.add(job)
                pool.start(job)
                continue
            if not running and not told:
                told = True
                print(f"waiting for {len(waiting)} cells that another bench is at", file=sys.stderr)
            for outcome in pool.ended():
                running.remove(outcome.job)
                _keep(outcome, store)
                failed += [outcome] if outcome.result is None else []
                report(outcome.job.cell, outcome)
    finally:
        pool.stop()
        for job in running:
            shutil.rmtree(job.folder, ignore_errors=True)
            store.release(job.cell)
    return failed


def _next(waiting: deque[Cell], store: CellStore, runs: Path, command: str, report: Report) -> Job | None:
    """A job for the first cell that nobody is at, its folder empty; None where there is none."""
    for _ in range(len(waiting)):
        cell = waiting.popleft()
        claim = store.claim(cell)
        if claim == "busy":
            waiting.append(cell)
        elif claim == "finished":
            report(cell, None)
        else:
            job = Job(cell, runs / cell.name, command)
            # What a killed run left behind.
            shutil.rmtree(job.folder, ignore_errors=True)
            job.folder.mkdir(parents=True, exist_ok=True)
            return job
    return None


def _keep(outcome: Outcome, store: CellStore) -> None:
    cell = outcome.job.cell
    if outcome.result is None:
        (outcome.job.folder / ERROR).write_text(outcome.error, encoding="utf-8")
    else:
        store.publish(cell, outcome.result)
    store.release(cell)
