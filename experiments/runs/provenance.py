"""Where a result comes from: the command, the state of the source, the versions of what decided it."""

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...demos.durable import write_durably
from .process import this_command, versions


def origin() -> dict[str, Any]:
    """What every result says of how it was made."""
    return {"command": this_command(), "commit": commit(), "versions": versions()}


def write_result(path: Path, result: Mapping[str, Any]) -> None:
    """A result and its origin as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_durably(path, (json.dumps({**result, **origin()}, indent=1) + "\n").encode())


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
