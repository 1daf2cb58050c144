"""What a Ray worker does for a cell: starts its process, waits, and hands back its folder.

It imports nothing heavy: the cell has a process of its own, as on one machine, so that no worker hands
anything on from one cell to the next.
"""

import io
import json
import tempfile
import zipfile
from pathlib import Path

from .cell_launch import JOB, cell_command, close, launch


def work(job: str) -> tuple[int, bytes]:
    """Run a job on this node.

    Args:
        job: as JSON.

    Returns:
        The exit code of its process, and its folder as a zip: the driver's disk need not be this node's.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / JOB).write_text(json.dumps({**json.loads(job), "folder": name}), encoding="utf-8")
        process = launch(cell_command(folder / JOB), folder)
        try:
            process.wait()
        finally:
            # A task that is cancelled takes its process with it.
            process.kill()
            process.wait()
            close(process)
        return process.returncode, packed(folder)


def packed(folder: Path) -> bytes:
    """All files of a folder."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*")):
            archive.write(path, path.relative_to(folder))
    return buffer.getvalue()


def unpack(content: bytes, folder: Path) -> None:
    """The files of a folder that `packed` read."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        archive.extractall(folder)
