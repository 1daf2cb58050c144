"""The verb `report`: the page of each run named."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import tyro

from ..envs.errors import UsageError
from .command import Command
from .report import write_report


@dataclass
class Report(Command):
    """Write the report of one or more runs, each as one self-contained page.

    Example:
        gailforce report runs/imitate-hopper-X
    """

    # The runs' folders.
    paths: Annotated[tuple[Path, ...], tyro.conf.Positional]

    def run(self) -> dict[str, Any]:
        """Write the pages."""
        if not self.paths:
            raise UsageError("which runs? gailforce report runs/NAME")
        return {"reports": [str(write_report(path)) for path in self.paths]}

    def describe(self, result: dict[str, Any]) -> str:
        """Where the pages are."""
        return "\n".join(result["reports"])
