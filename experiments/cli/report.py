"""The verb `report`: the page of each run named, and one that compares them."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from ...envs.errors import UsageError
from ..reports.pages import Pages, write_pages
from ..runs.process import one_thread
from .command import Command


@dataclass
class Report(Command[Pages]):
    """Write the report of one or more runs, each as one self-contained page; of several a comparison too.

    Examples:
        gailforce report runs/imitate-hopper-X
        gailforce report runs/imitate-hopper-X --films
        gailforce report runs/imitate-* --out comparison.html
    """

    # The runs' folders.
    paths: Annotated[tuple[Path, ...], tyro.conf.Positional]
    # Page to write: of a single run report.html in its folder, of several comparison.html beside them.
    out: Path | None = None
    # First film the best, the median and the worst episode of each run's evaluation, in some minutes.
    films: bool = False

    def run(self) -> Pages:
        """Write the pages; a run that cannot be shown is named and the others are written."""
        if not self.paths:
            raise UsageError("which runs? gailforce report runs/NAME")
        if self.films:
            one_thread()
        pages = write_pages(self.paths, self.out, self.films)
        for fault in pages.faults:
            print(f"gailforce: {fault}", file=sys.stderr)
        return pages

    def describe(self, result: Pages) -> str:
        """Where the pages are."""
        return "\n".join(map(str, (*result.reports, *filter(None, [result.comparison]))))
