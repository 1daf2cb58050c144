"""Proofs that a benchmark killed again and again, or on a cluster that loses a node, ends in the same table.

`python -m gailforce.experiments.studies.bench_proof kill|ray [GRID]` from the root of a checkout writes
`results/bench-kill.json` or `results/bench-ray.json`; the default grid is `smoke`.
"""

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ..bench.grid import read_grid
from ..bench.table import TIMES
from ..runs.provenance import write_result

# Kills come at a random time before a limit, at first the time of an undisturbed run. The limit follows the
# machine's load: shorter by one factor where a bench ended before its kill, longer by the other after a kill.
SHORTER, LONGER = 0.7, 1.1


@dataclass(frozen=True)
class KillProof:
    """What came of killing a bench at random times and continuing it.

    Attributes:
        kills: number of kills.
        benches: number of benches that ran to their end.
        equal_to_undisturbed: of those, the ones with the figures of an undisturbed bench.
        cells_finished_at_each_kill: number of cells on disk after each kill.
        cells: number of cells of the grid.
    """

    kills: int
    benches: int
    equal_to_undisturbed: int
    cells_finished_at_each_kill: tuple[int, ...]
    cells: int

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


@dataclass(frozen=True)
class RayProof:
    """What came of killing a node of a Ray cluster while a bench ran on it.

    Attributes:
        nodes: number of nodes at the start.
        killed: number of nodes killed.
        cells_interrupted: number of cells that were at work on the killed node.
        cells: number of cells of the grid.
        equal_to_local: whether the figures are those of the local engine.
    """

    nodes: int
    killed: int
    cells_interrupted: int
    cells: int
    equal_to_local: bool

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


def read_figures(results: Path, grid: str) -> str:
    """All figures of a bench but its times, as one text to compare: its rows, and every cell's returns."""
    rows = json.loads((results / f"{read_grid(grid).name}.json").read_text())["rows"]
    cells = {path.name: json.loads(path.read_text()) for path in (results / "cells").glob("*.json")}
    figures = {
        "rows": [{key: value for key, value in row.items() if key not in TIMES} for row in rows],
        "agents": {name: cell["agent"] for name, cell in cells.items()},
    }
    return json.dumps(figures, sort_keys=True)


def bench_command(folder: Path, grid: str) -> Sequence[str]:
    """The command line of a bench whose files are all in one folder."""
    python = (sys.executable, "-c", "from gailforce.experiments.cli.main import main; main()")
    places = ("--results", str(folder / "results"), "--runs", str(folder / "runs"))
    return (*python, "bench", grid, *places)


def run_to_the_end(folder: Path, grid: str) -> float:
    """Run a bench undisturbed; returns the time it took [s]."""
    started = time.time()
    subprocess.run(bench_command(folder, grid), check=True, capture_output=True)
    return time.time() - started


def run_and_kill(folder: Path, grid: str, seconds: float) -> bool:
    """Start a bench and kill its whole process group; returns False where it ended before."""
    with subprocess.Popen(
        bench_command(folder, grid),
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            return True
    return False


def prove_kill(folder: Path, grid: str, kills: int, seed: int = 0) -> KillProof:
    """Kill a bench at random times, continue it, compare its figures with those of an undisturbed one.

    A bench that ends before all kills are done is compared, and another begins in an empty folder.
    """
    draw = random.Random(seed)
    limit = run_to_the_end(folder / "undisturbed", grid)
    expected = read_figures(folder / "undisturbed" / "results", grid)
    finished: list[int] = []
    equal: list[bool] = []
    while len(finished) < kills:
        place = folder / f"killed-{len(equal)}"
        if run_and_kill(place, grid, draw.uniform(0, limit)):
            limit *= LONGER
            finished.append(_whole_cells(place))
        else:
            limit *= SHORTER
            equal.append(read_figures(place / "results", grid) == expected)
    place = folder / f"killed-{len(equal)}"
    run_to_the_end(place, grid)
    equal.append(read_figures(place / "results", grid) == expected)
    return KillProof(kills, len(equal), sum(equal), tuple(finished), len(read_grid(grid).cells))


def _whole_cells(folder: Path) -> int:
    """Number of cells on disk after a kill; each must be whole."""
    return len([json.loads(path.read_text()) for path in (folder / "results" / "cells").glob("*.json")])


def prove_ray(folder: Path, grid: str, nodes: int = 3) -> RayProof:
    """Run a bench on a Ray cluster of local nodes, kill one at work, compare with the local engine's."""
    run_to_the_end(folder / "local", grid)
    # Every task works in a folder of its own here; a folder that remains belongs to a task that was killed.
    tasks = folder / "tasks"
    tasks.mkdir()
    # Ray's workers would give way to everything else on this machine.
    os.environ |= {"RAY_TMPDIR": tempfile.gettempdir(), "TMPDIR": str(tasks), "RAY_worker_niceness": "0"}
    from ray.cluster_utils import Cluster

    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
    others = [cluster.add_node(num_cpus=1) for _ in range(nodes - 1)]
    kill = threading.Thread(target=_kill_when_all_work, args=(cluster, others[-1], tasks), daemon=True)
    kill.start()
    try:
        on_ray = ("--engine", "ray", "--ray-address", cluster.address)
        subprocess.run([*bench_command(folder / "ray", grid), *on_ray], check=True)
    finally:
        cluster.shutdown()
        os.environ.pop("TMPDIR")
    same = read_figures(folder / "ray" / "results", grid) == read_figures(folder / "local" / "results", grid)
    interrupted = list(tasks.glob("*/job.json"))
    return RayProof(nodes, 1, len(interrupted), len(read_grid(grid).cells), same)


def _kill_when_all_work(cluster: Any, node: Any, tasks: Path) -> None:  # Any: Ray is an extra
    """Kill a node while every node is at a cell, one core and so one cell each."""
    while len(list(tasks.glob("*/job.json"))) < len(cluster.list_all_nodes()):
        time.sleep(0.1)
    time.sleep(1.0)
    cluster.remove_node(node, allow_graceful=False)


def main(kind: str, grid: str = "smoke") -> None:
    """Prove, and write the proof."""
    with tempfile.TemporaryDirectory() as folder:
        proof: KillProof | RayProof
        proof = prove_kill(Path(folder), grid, kills=20) if kind == "kill" else prove_ray(Path(folder), grid)
    write_result(Path("results") / f"bench-{kind}.json", {"grid": grid, **proof.to_json()})
    print(json.dumps(proof.to_json(), indent=1))


if __name__ == "__main__":
    main(*sys.argv[1:])
