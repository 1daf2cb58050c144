"""The verb `doctor`: this machine looked over, with a remedy for what is missing."""

from dataclasses import dataclass
from typing import Any

from ..runs.machine import Check, diagnose, healthy, render_json, render_text
from .command import Command


@dataclass
class Doctor(Command):
    """Look at cores, threads, OpenGL, versions and disk, and say how to mend what is missing.

    Example:
        gailforce doctor
    """

    def run(self) -> dict[str, Any]:
        """All checks; exit code 4 if one of them failed."""
        checks = diagnose()
        return {"checks": render_json(checks), "exit_code": 0 if healthy(checks) else 4}

    def describe(self, result: dict[str, Any]) -> str:
        """One line a check, with its remedy."""
        return render_text(Check(**check) for check in result["checks"])
