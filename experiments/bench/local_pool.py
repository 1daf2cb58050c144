"""Cells on this machine: each a process of its own with one thread, as many at once as asked for."""

import json
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

from ..scoring.run_result import RunResult
from .cell_launch import ERROR, JOB, LOG, RESULT, cell_command, close, launch
from .cell_work import Job

# A process may take so long to end before it is killed [s].
PATIENCE = 5.0
# Between two looks at the processes [s].
PAUSE = 0.1
# Exit code of a fault that is not one of ours.
CRASHED = 1


@dataclass(frozen=True)
class Outcome:
    """How a job ended: with a result, or with an error and an exit code."""

    job: Job
    result: RunResult | None = None
    error: str = ""
    exit_code: int = 0

    @property
    def first_line(self) -> str:
        """The error in one line; the folder holds all of it."""
        return self.error.strip().partition("\n")[0]


@runtime_checkable
class Pool(Protocol):
    """Somewhere to run cells."""

    def has_room(self) -> bool:
        """Whether another job would begin at once."""

    def start(self, job: Job) -> None:
        """Begin a job; returns at once."""

    def ended(self) -> list[Outcome]:
        """Jobs that ended since the last call, after a short wait where there is none."""

    def stop(self) -> None:
        """End all jobs that run."""


class LocalPool:
    """Processes on this machine.

    Args:
        jobs: how many at once.
        command: the command line of a job from the file that describes it.
    """

    def __init__(self, jobs: int, command: Callable[[Path], Sequence[str]] = cell_command):
        self._jobs, self._command = jobs, command
        self._running: dict[Job, subprocess.Popen[bytes]] = {}

    def has_room(self) -> bool:
        """Whether another job would begin at once."""
        return len(self._running) < self._jobs

    def start(self, job: Job) -> None:
        """Begin a job; its output goes to a log in its folder."""
        spec = job.folder / JOB
        spec.write_text(json.dumps(job.to_json()), encoding="utf-8")
        self._running[job] = launch(self._command(spec), job.folder)

    def ended(self) -> list[Outcome]:
        """Jobs that ended since the last call, after a short wait where there is none."""
        done = [job for job, process in self._running.items() if process.poll() is not None]
        if not done:
            time.sleep(PAUSE)
        return [outcome(job, close(self._running.pop(job))) for job in done]

    def stop(self) -> None:
        """End all jobs: asked first, then killed."""
        for process in self._running.values():
            process.terminate()
        for process in self._running.values():
            try:
                process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            close(process)
        self._running.clear()


def outcome(job: Job, code: int) -> Outcome:
    """How a job ended, from its process's exit code and what its folder holds."""
    result = job.folder / RESULT
    if code == 0 and result.is_file():
        return Outcome(job, RunResult.from_json(json.loads(result.read_text(encoding="utf-8"))))
    error = job.folder / ERROR
    log = f"see {job.folder / LOG}"
    if error.is_file():
        return Outcome(job, error=error.read_text(encoding="utf-8"), exit_code=code)
    if code < 0:
        said = f"killed by {signal.Signals(-code).name}, perhaps for want of memory; {log}"
        return Outcome(job, error=said, exit_code=CRASHED)
    return Outcome(job, error=f"ended with code {code} and no result; {log}", exit_code=code or CRASHED)
