"""The verb `report`: the page of each run named, and one that compares them."""

import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import tyro

from ...envs.errors import GailforceError, UsageError
from ..reports.data import read_run
from ..reports.report import write_comparison, write_page
from .command import Command


@dataclass
class Report(Command):
    """Write the report of one or more runs, each as one self-contained page; of several a comparison too.

    Examples:
        gailforce report runs/imitate-hopper-X
        gailforce report runs/imitate-hopper-X --films
        gailforce report runs/imitate-* --out comparison.html
    """

    # The runs' folders.
    paths: Annotated[tuple[Path, ...], tyro.conf.Positional]
    # The page to write: of a single run report.html in its folder, of several comparison.html beside them.
    out: Path | None = None
    # First film the best, the median and the worst episode of each run's evaluation, in some minutes.
    films: bool = False

    def run(self) -> dict[str, Any]:
        """Write the pages; a run that cannot be shown is named and the others are written."""
        if not self.paths:
            raise UsageError("which runs? gailforce report runs/NAME")
        # The same folder twice is one run.
        folders = list({path.resolve(): path for path in self.paths}.values())
        faults = _filmed(folders) if self.films else []
        runs, unread = _each(read_run, folders)
        if len(folders) == 1:
            if unread:
                raise unread[0]
            return {"reports": [str(write_page(runs[0], self.out))]} | _told(faults)
        pages, unwritten = _each(write_page, runs)
        result: dict[str, Any] = {"reports": [str(page) for page in pages]}
        if runs:
            out = self.out or _common(folders) / "comparison.html"
            result["comparison"] = str(write_comparison(runs, out, [str(fault) for fault in unread]))
        return result | _told([*faults, *unread, *unwritten])

    def describe(self, result: dict[str, Any]) -> str:
        """Where the pages are."""
        return "\n".join([*result["reports"], *filter(None, [result.get("comparison")])])


def _each(act: Callable[[Any], Any], things: Sequence[Any]) -> tuple[list[Any], list[GailforceError]]:
    """What an act gives for each thing, and the faults of those it cannot be done to."""
    done, faults = [], []
    for thing in things:
        try:
            done.append(act(thing))
        except GailforceError as fault:
            faults.append(fault)
    return done, faults


def _common(folders: Sequence[Path]) -> Path:
    """The folder above all of these, seen from here where it is below."""
    common = Path(os.path.commonpath([folder.resolve().parent for folder in folders]))
    return common.relative_to(Path.cwd()) if common.is_relative_to(Path.cwd()) else common


def _filmed(folders: Sequence[Path]) -> list[GailforceError]:
    """Film each run's ranked episodes; what went wrong costs no report."""
    # Loads what plays and draws, which pages do without.
    from .video import Video

    return _each(lambda folder: Video(folder, ranked=True).run(), folders)[1]


def _told(faults: Sequence[GailforceError]) -> dict[str, Any]:
    """Say the faults; the first one's exit code is that of the command."""
    for fault in faults:
        print(f"gailforce: {fault}", file=sys.stderr)
    return {"faults": [str(fault) for fault in faults], "exit_code": faults[0].exit_code} if faults else {}
