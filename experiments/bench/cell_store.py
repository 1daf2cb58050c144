"""Finished cells on disk, one JSON each, and the claims that keep two benches from the same cell."""

import json
import os
import sys
from pathlib import Path
from typing import Literal

from ...demos.durable import write_durably
from ..scoring.reading import parsed_table
from ..scoring.run_result import RunResult
from .cell import Cell
from .cell_work import CellResult

try:
    import fcntl
except ImportError:  # Windows has none: there, two benches must not share a folder
    fcntl = None  # type: ignore[assignment]

Claim = Literal["mine", "finished", "busy"]


class CellStore:
    """The folder of finished cells, `NAME-KEY.json` each."""

    def __init__(self, folder: Path):
        self.folder = folder
        self._claims: dict[str, int] = {}
        self._damaged: set[Path] = set()

    def find(self, cell: Cell) -> RunResult | None:
        """A finished cell by its key, or None; a damaged file is said and counts as none."""
        for path in sorted(self.folder.glob(f"*-{cell.key}.json")):
            try:
                table = parsed_table(path.read_text(encoding="utf-8"))
                if "agent" in table:
                    return RunResult.from_json(table.entries)
                fault = "it holds no score"
            except (OSError, ValueError) as error:
                fault = str(error)
            if path not in self._damaged:
                print(f"gailforce: the cell {path} is damaged ({fault}); it is run anew", file=sys.stderr)
            self._damaged.add(path)
        return None

    def publish(self, cell: Cell, result: RunResult) -> Path:
        """Keep a finished cell, whole or not at all."""
        path = self.folder / f"{cell.name}.json"
        write_durably(path, (json.dumps(CellResult(result, cell).to_json(), indent=1) + "\n").encode())
        self._damaged.discard(path)
        return path

    def claim(self, cell: Cell) -> Claim:
        """Take a cell for this process, unless it is finished or another process has it."""
        if self.find(cell) is not None:
            return "finished"
        if fcntl is not None and not self._lock(cell.key):
            return "busy"
        # Another bench may have finished it between our looking and our locking.
        if self.find(cell) is not None:
            self.release(cell)
            return "finished"
        return "mine"

    def release(self, cell: Cell) -> None:
        """Give a claimed cell back; the file goes first, so that nobody gets a lock on a removed one."""
        descriptor = self._claims.pop(cell.key, None)
        if descriptor is not None:
            self._lock_file(cell.key).unlink(missing_ok=True)
            os.close(descriptor)

    def _lock_file(self, key: str) -> Path:
        return self.folder / f".{key}.lock"

    def _lock(self, key: str) -> bool:
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self._lock_file(key)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # Whoever held the lock may have removed its file between our opening and our locking.
            ours = path.exists() and os.fstat(descriptor).st_ino == path.stat().st_ino
        except OSError:  # held by another, or removed just now
            ours = False
        if ours:
            self._claims[key] = descriptor
        else:
            os.close(descriptor)
        return ours
