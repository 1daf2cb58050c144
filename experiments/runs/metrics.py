"""The metrics of a run: one JSON object for each log line."""

import json
import time
from pathlib import Path
from typing import Any

from stable_baselines3.common.logger import KVWriter


class MetricsWriter(KVWriter):
    """Appends one JSON object for each log line, with step and seconds of training."""

    def __init__(self, path: Path):
        # A run that is resumed goes on counting where it stopped.
        self._started = time.time() - _last_seconds(path)
        self._file = path.open("a", encoding="utf-8")

    def write(self, key_values: dict[str, Any], key_excluded: dict[str, Any], step: int = 0) -> None:
        """Keep the plain numbers of a log line."""
        numbers = {key: float(value) for key, value in sorted(key_values.items()) if _is_number(value)}
        line = {"step": step, "seconds": round(time.time() - self._started, 1), **numbers}
        self._file.write(json.dumps(line) + "\n")
        self._file.flush()

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def _last_seconds(path: Path) -> float:
    """Seconds on the last line of the file; 0 without one."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    for line in reversed(lines):
        try:
            return float(json.loads(line)["seconds"])
        except (ValueError, KeyError, TypeError):  # a line cut short by a kill
            continue
    return 0.0


def _is_number(value: Any) -> bool:  # Any: whatever a learner logs
    return hasattr(value, "__float__") and not isinstance(value, str)
