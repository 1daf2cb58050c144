"""A process for one cell: reads a job, works, leaves a result or an error; never outlives its parent.

`python -m gailforce.experiments.bench.cell_process JOB.json`; standard input is a pipe that the parent holds
open.
"""

import json
import os
import signal
import sys
import threading
import traceback
from pathlib import Path

from ...agents.plugins import import_modules
from ...demos.durable import write_durably
from ...envs.errors import GailforceError
from ..runs.process import one_thread
from .cell_launch import ERROR, RESULT
from .cell_work import Job, perform

# Exit code of a fault that is not one of ours.
CRASHED = 1


def main() -> int:
    """Work on the job that the command line names."""
    # Ctrl-C reaches the whole group; the parent decides what becomes of us.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_die_with_parent, daemon=True).start()
    one_thread()
    job = Job.from_json(json.loads(Path(sys.argv[1]).read_text()))
    try:
        import_modules()
        write_durably(job.folder / RESULT, (json.dumps(perform(job).to_json(), indent=1) + "\n").encode())
    except Exception as fault:
        traceback.print_exc()
        said = str(fault) if isinstance(fault, GailforceError) else f"{type(fault).__name__}: {fault}"
        (job.folder / ERROR).write_text(said, encoding="utf-8")
        return fault.exit_code if isinstance(fault, GailforceError) else CRASHED
    return 0


def _die_with_parent() -> None:
    """End at once when the pipe from the parent closes, however the parent ended."""
    # Not through sys.stdin: a thread that waits in it would abort the interpreter's end.
    os.read(0, 1)
    os._exit(CRASHED)


if __name__ == "__main__":
    sys.exit(main())
