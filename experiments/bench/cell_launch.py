"""Starting the process of a cell from the file that describes it; imports nothing heavy."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

# What a job's folder holds: the job, its output, and how it ended.
JOB, LOG, RESULT, ERROR = "job.json", "log.txt", "cell.json", "error.txt"
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")


def cell_command(job: Path) -> Sequence[str]:
    """The command line of a cell's process."""
    return (sys.executable, "-m", "gailforce.experiments.bench.cell_process", str(job))


def launch(command: Sequence[str], folder: Path) -> "subprocess.Popen[bytes]":
    """Start a cell's process, one thread, output in the folder; it ends when our pipe to it closes."""
    with (folder / LOG).open("wb") as log:
        return subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=subprocess.STDOUT,
            env={**os.environ, **ONE_THREAD},
        )


def close(process: "subprocess.Popen[bytes]") -> int:
    """Close the pipe to a process that ended; its exit code."""
    if process.stdin is not None:
        process.stdin.close()
    return process.returncode
