"""The verb `bench`: a grid of methods, tasks and seeds, run on all cores, resumable, into one table."""

import json
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Literal

import tyro

from ...demos.durable import write_durably
from ...envs.cores import usable_cores
from ...envs.errors import UsageError
from ...envs.registry import env_id
from ...generative.rewards.reward_families import FAMILIES
from ..bench.cell_store import CellStore
from ..bench.gate import GATE, below, describe_gate, gate_all
from ..bench.grid import Grid, read_grid
from ..bench.local_pool import LocalPool, Outcome, Pool
from ..bench.progress import BenchProgress
from ..bench.schedule import Schedule
from ..bench.table import rows, text_table
from ..runs.process import termination_interrupts, this_command, versions
from ..runs.provenance import commit
from .command import Command, require_at_least

# Whose families `--gate` takes where no grid is named.
EVERY_FAMILY = "families"
FOOTNOTE = (
    "Normalized score: 0 is random, 1 the expert. IQM with 95 % interval over seeds; for expert and random\n"
    "over episodes. Exploring: the same policy drawing its actions. Seconds: training and scores, the mean "
    "of the seeds."
)


@dataclass
class Bench(Command):
    """Run a grid: methods x environments x demonstrations x seeds, each cell in a process of its own.

    A finished cell is one file in RESULTS/cells and is never run again; what was stopped or failed is run
    by the next call. The table is also kept as RESULTS/NAME.json.

    Examples:
        gailforce bench smoke
        gailforce bench my-grid.toml --jobs 2
        gailforce bench families --gate
        gailforce bench families --only-table
        gailforce bench paper --engine ray --ray-address 10.0.0.1:6379
    """

    # A grid file, or the name of a shipped grid: paper, families, smoke.
    grid: Annotated[str | None, tyro.conf.Positional] = None
    # Only rank the graded ladders by each family of the grid, offline: RRC, in minutes.
    gate: bool = False
    # Train families that fell short at the gate too.
    below_gate: bool = False
    # Run nothing: make the table of the cells that are finished.
    only_table: bool = False
    # Cells at once; by default one for every core this process (or the cluster) may use.
    jobs: int | None = None
    # local runs on this machine, ray on a Ray cluster.
    engine: Literal["local", "ray"] = "local"
    # Ray's cluster, as in 10.0.0.1:6379; by default the one around, or a new one on this machine.
    ray_address: str | None = None
    # Folder of the table and, in cells/, of finished cells.
    results: Path = Path("results")
    # Folder that holds the runs of the cells.
    runs: Path = Path("runs")

    def run(self) -> dict[str, Any]:
        """Run what is missing, then make the table."""
        self._check()
        grid, store = read_grid(self.grid or EVERY_FAMILY), CellStore(self.results / "cells")
        if self.gate:
            return gate_all(_bodies(grid), self.results / GATE)
        trained, held_back = _past_gate(grid, {} if self.below_gate else below(self.results / GATE))
        kept = self.results / f"{grid.name}.json"
        _require_benchmark(kept)
        failed = [] if self.only_table else self._train(trained, store)
        result = table(grid, store, failed) | {"held back": held_back}
        write_durably(kept, (json.dumps(result, indent=1) + "\n").encode())
        return {**result, "exit_code": failed[0].exit_code if failed else 0}

    def _train(self, grid: Grid, store: CellStore) -> list[Outcome]:
        """Run the missing cells; those that failed."""
        progress, runs = BenchProgress(grid.cells), self.runs / f"bench-{grid.name}"
        with termination_interrupts():
            try:
                return Schedule(store, self._pool(), runs, this_command(), progress).run(grid.cells)
            except KeyboardInterrupt:
                raise KeyboardInterrupt(f"go on with: {this_command()}") from None
            finally:
                progress.close()

    def _check(self) -> None:
        require_at_least(1, jobs=1 if self.jobs is None else self.jobs)
        if self.grid is None and not self.gate:
            raise UsageError("name a grid: a file, or one of the shipped grids families, paper, smoke")
        if self.ray_address is not None and self.engine != "ray":
            raise UsageError("--ray-address goes with --engine ray; add it, or leave the address out")

    def _pool(self) -> Pool:
        if self.engine == "local":
            return LocalPool(self.jobs or max(1, int(usable_cores())))
        from ..bench.ray_pool import RayPool  # an extra

        return RayPool(self.ray_address, self.jobs)

    def describe(self, result: dict[str, Any]) -> str:
        """The table, with what failed and what was not tried."""
        if self.gate:
            return describe_gate(result)
        held = [f"not trained, below its gate: {why}; --below-gate trains it" for why in result["held back"]]
        return "\n".join((text_table(result["rows"]), *held, "", FOOTNOTE))


def _bodies(grid: Grid) -> dict[str, list[str]]:
    """The families of a grid by environment, in their order."""
    found: dict[str, list[str]] = {}
    for cell in grid.cells:
        known = found.setdefault(env_id(cell.config.env), [])
        if cell.method in FAMILIES and cell.method not in known:
            known.append(cell.method)
    return found


def _past_gate(grid: Grid, fallen: Mapping[tuple[str, str], str]) -> tuple[Grid, list[str]]:
    """The grid without families that fell short, and what became of those."""
    keys = [(env_id(cell.config.env), cell.method) for cell in grid.cells]
    kept = tuple(cell for cell, key in zip(grid.cells, keys, strict=True) if key not in fallen)
    return replace(grid, cells=kept), [fallen[key] for key in dict.fromkeys(keys) if key in fallen]


def _require_benchmark(path: Path) -> None:
    """Refuse to write a table over some other result.

    Raises:
        UsageError: says to give the grid another name.
    """
    try:
        kind = json.loads(path.read_text(encoding="utf-8"))["kind"] if path.exists() else "benchmark"
    except (OSError, ValueError, KeyError, TypeError):
        kind = "none of ours"
    if kind != "benchmark":
        raise UsageError(
            f"{path} is no benchmark's table; give the grid another name, or --results elsewhere"
        )


def table(grid: Grid, store: CellStore, failed: Sequence[Outcome]) -> dict[str, Any]:
    """What is kept of a whole grid."""
    return {
        "kind": "benchmark",
        "name": grid.name,
        "command": this_command(),
        "commit": commit(),
        "versions": versions() | {"machine": platform.machine()},
        "evaluation_episodes": grid.evaluation_episodes,
        "rows": rows(grid.cells, store, failed),
    }
