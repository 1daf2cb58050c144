"""Actions of `gailforce demos` that write a file: import, export and repair."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import tyro

from ...demos.dataset import Demonstrations
from ...demos.formats.registry import export_minari, import_file
from ..pipeline.repair import Repaired, RepairOptions, repair
from .command import Command, PlainResult


@dataclass(frozen=True)
class Imported(PlainResult):
    """The written file, and its size."""

    path: Path
    episodes: int
    steps: int


@dataclass
class Import(Command[Imported]):
    """Import demonstrations from Minari or from an .npz.

    Examples:
        gailforce demos import minari:mujoco/hopper/expert-v0 --out theirs.gfd
        gailforce demos import mine.npz --env Hopper-v5 --out mine.gfd
    """

    # minari:ID, or the path of an .npz.
    source: Annotated[str, tyro.conf.Positional]
    # File to write; .gfd is added to a bare name.
    out: Path
    # Environment, where the file does not say.
    env: str | None = None

    def run(self) -> Imported:
        """Read and write."""
        demos = import_file(self.source, self.env)
        return Imported(demos.save(self.out), len(demos), demos.steps)


@dataclass(frozen=True)
class Exported(PlainResult):
    """The Minari data set that was written."""

    minari_id: str


@dataclass
class Export(Command[Exported]):
    """Export demonstrations as a Minari data set on this machine.

    Example:
        gailforce demos export hopper-expert --out mujoco/hopper/gailforce-v0
    """

    # A shipped name, a file, or minari:ID.
    name: Annotated[str, tyro.conf.Positional]
    # Minari id to export to.
    out: str

    def run(self) -> Exported:
        """Read and write."""
        export_minari(Demonstrations.load(self.name), self.out)
        return Exported(self.out)


@dataclass
class Repair(Command[Repaired]):
    """Fill gaps of lossy recordings, raise their frame rate, remove noise.

    Examples:
        gailforce demos repair lossy.npz --env hopper --out whole.gfd
        gailforce demos repair frames.npz --env hopper --rate 4 --out smooth.gfd
    """

    # An .npz with the states of one body, and NaN where a frame is missing.
    path: Annotated[str, tyro.conf.Positional]
    # Environment: hopper or walker2d.
    env: str
    # File to write; .gfd is added to a bare name.
    out: Path
    options: Annotated[RepairOptions, tyro.conf.arg(name="")] = field(default_factory=RepairOptions)

    def run(self) -> Repaired:
        """Fit a generator, fill, clean, write."""
        return repair(self.path, self.env, self.out, self.options)
