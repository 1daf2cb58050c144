"""Where a result comes from: the command, the state of the source, the versions of what decided it."""

import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...demos.durable import write_durably
from .process import this_command, versions


@dataclass(frozen=True)
class Origin:
    """What every result says of how it was made."""

    command: str
    commit: str | None
    versions: Mapping[str, str]

    @classmethod
    def here(cls) -> "Origin":
        """The origin of what this process makes."""
        return cls(this_command(), commit(), versions())

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {"command": self.command, "commit": self.commit, "versions": dict(self.versions)}


def write_result(path: Path, result: Mapping[str, Any]) -> None:
    """A result and its origin as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_durably(path, (json.dumps({**result, **Origin.here().to_json()}, indent=1) + "\n").encode())


def commit() -> str | None:
    """The commit of the checkout this code runs from; None for an installed package."""
    root = Path(__file__).resolve().parents[2]
    if not (root / ".git").exists():
        return None
    try:
        shown = subprocess.run(
            ["git", "rev-parse", "--short", "HEAD"], cwd=root, capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return shown.stdout.strip()
