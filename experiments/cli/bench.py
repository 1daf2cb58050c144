"""The verb `bench`: a grid of methods, tasks and seeds, run on all cores, resumable, into one table."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import tyro

from ...demos.durable import write_durably
from ...envs.cores import usable_cores
from ...envs.errors import UsageError
from ..bench.cell_store import CellStore
from ..bench.gate import gate_all
from ..bench.gate_result import GATE, GateResult, below, describe_gate
from ..bench.grid import Grid, read_grid
from ..bench.grid_result import Benched, GridResult, families_by_environment, past_gate, require_benchmark
from ..bench.local_pool import LocalPool, Outcome, Pool
from ..bench.progress import BenchProgress
from ..bench.schedule import Schedule
from ..bench.table import text_table
from ..runs.process import termination_interrupts, this_command
from .command import Command, require_at_least

# Whose families `--gate` takes where no grid is named.
EVERY_FAMILY = "families"
FOOTNOTE = (
    "Normalized score: 0 is random, 1 the expert. IQM with 95 % interval over seeds; for expert and random\n"
    "over episodes. Exploring: the same policy drawing its actions. Seconds: training and scores, the mean "
    "of the seeds."
)


@dataclass
class Bench(Command[GateResult | Benched]):
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

    def run(self) -> GateResult | Benched:
        """Run what is missing, then make the table."""
        self._check()
        grid, store = read_grid(self.grid or EVERY_FAMILY), CellStore(self.results / "cells")
        if self.gate:
            return gate_all(families_by_environment(grid), self.results / GATE)
        trained, held_back = past_gate(grid, {} if self.below_gate else below(self.results / GATE))
        path = self.results / f"{grid.name}.json"
        require_benchmark(path)
        failed = [] if self.only_table else self._train(trained, store)
        table = GridResult.of(grid, store, failed, held_back)
        write_durably(path, (json.dumps(table.to_json(), indent=1) + "\n").encode())
        return Benched(table, failed[0].exit_code if failed else 0)

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

    def describe(self, result: GateResult | Benched) -> str:
        """The table, with what failed and what was not tried."""
        if isinstance(result, GateResult):
            return describe_gate(result)
        table = result.table
        held = [f"not trained, below its gate: {why}; --below-gate trains it" for why in table.held_back]
        return "\n".join((text_table(table.rows), *held, "", FOOTNOTE))
