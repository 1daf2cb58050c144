"""The pages of several runs and the page that compares them; a run that cannot be shown stops no other."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from ...envs.errors import GailforceError
from .data import read_run
from .report import write_comparison, write_page

A = TypeVar("A")
B = TypeVar("B")


@dataclass(frozen=True)
class Pages:
    """The pages that were written.

    Attributes:
        reports: a page for each run.
        comparison: of several runs.
        faults: why pages or films are missing.
    """

    reports: tuple[Path, ...]
    comparison: Path | None = None
    faults: tuple[GailforceError, ...] = ()

    @property
    def exit_code(self) -> int:
        """That of the first fault."""
        return self.faults[0].exit_code if self.faults else 0

    def to_json(self) -> dict[str, Any]:
        """Plain values; without faults there is no key for them."""
        reports = {"reports": list(map(str, self.reports))}
        comparison = {} if self.comparison is None else {"comparison": str(self.comparison)}
        faults = {"faults": list(map(str, self.faults)), "exit_code": self.exit_code} if self.faults else {}
        return {**reports, **comparison, **faults}


def write_pages(paths: Sequence[Path], out: Path | None, films: bool) -> Pages:
    """Write a page for each run, and of several a comparison.

    Args:
        paths: the runs' folders; a folder named twice is one run.
        out: the page of a single run, or the comparison of several.
        films: first film the ranked episodes of each run.

    Raises:
        GailforceError: the only run cannot be shown.
    """
    folders = list({path.resolve(): path for path in paths}.values())
    unfilmed = _filmed(folders) if films else []
    runs, unread = _each(read_run, folders)
    if len(folders) == 1:
        if unread:
            raise unread[0]
        return Pages((write_page(runs[0], out),), faults=tuple(unfilmed))
    pages, unwritten = _each(write_page, runs)
    faults = (*unfilmed, *unread, *unwritten)
    if not runs:
        return Pages(tuple(pages), faults=faults)
    path = out or _common(folders) / "comparison.html"
    comparison = write_comparison(runs, path, [str(fault) for fault in unread])
    return Pages(tuple(pages), comparison, faults)


def _each(act: Callable[[A], B], things: Sequence[A]) -> tuple[list[B], list[GailforceError]]:
    """What an act gives for each thing, and the faults of those it cannot be done to."""
    results, faults = [], []
    for thing in things:
        try:
            results.append(act(thing))
        except GailforceError as fault:
            faults.append(fault)
    return results, faults


def _common(folders: Sequence[Path]) -> Path:
    """The folder above all of these, seen from here where it is below."""
    common = Path(os.path.commonpath([folder.resolve().parent for folder in folders]))
    return common.relative_to(Path.cwd()) if common.is_relative_to(Path.cwd()) else common


def _filmed(folders: Sequence[Path]) -> list[GailforceError]:
    """Film each run's ranked episodes; a fault costs no report."""
    # Loads what plays and draws, which pages do without.
    from ...agents.loading import PolicyOptions
    from ..runs.target import resolve
    from ..video.policy_film import FilmConfig, film_evaluation

    films = FilmConfig(ranked=True)
    return _each(lambda folder: film_evaluation(resolve(folder, None, PolicyOptions()), films), folders)[1]
