"""The verb `doctor`: this machine looked over, with a remedy for what is missing."""

from dataclasses import dataclass
from typing import Any

from ..runs.machine import Check, diagnose, healthy, render_json, render_text
from .command import Command


@dataclass(frozen=True)
class Diagnosis:
    """The checks of a machine; exit code 4 if one of them failed."""

    checks: tuple[Check, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {"checks": render_json(self.checks), "exit_code": 0 if healthy(self.checks) else 4}


@dataclass
class Doctor(Command[Diagnosis]):
    """Look at cores, threads, OpenGL, versions and disk, and say how to mend what is missing.

    Example:
        gailforce doctor
    """

    def run(self) -> Diagnosis:
        """Make all checks."""
        return Diagnosis(tuple(diagnose()))

    def describe(self, result: Diagnosis) -> str:
        """One line a check, with its remedy."""
        return render_text(result.checks)
