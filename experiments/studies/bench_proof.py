"""Proofs that a benchmark stopped again and again, or bereft of a node, ends in the same table.

`python -m gailforce.experiments.studies.bench_proof kill|ray [GRID]` from the root of a checkout writes
`results/bench-kill.json` or `results/bench-ray.json`; the grid is `smoke` unless told otherwise.
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
from pathlib import Path
from typing import Any

from ..bench.grid import read_grid
from ..bench.table import TIMES
from ..runs.provenance import write_result

# Kills come at a random time before a limit, at first that of an undisturbed run. It follows the machine's
# load: shorter by one factor where a bench ended before its kill, longer by the other after a kill.
SHORTER, LONGER = 0.7, 1.1


def figures(results: Path, grid: str) -> dict[str, Any]:
    """All that a bench found, times aside: its rows, and every return of every cell."""
    read = read_grid(grid)
    rows = json.loads((results / f"{read.name}.json").read_text())["rows"]
    cells = {path.name: json.loads(path.read_text()) for path in sorted((results / "cells").glob("*.json"))}
    return {
        "rows": [{key: value for key, value in row.items() if key not in TIMES} for row in rows],
        "agents": {name: cell["agent"] for name, cell in cells.items()},
    }


def bench_command(folder: Path, grid: str) -> Sequence[str]:
    """The command line of a bench whose files are all in one folder."""
    places = ("--results", str(folder / "results"), "--runs", str(folder / "runs"))
    return (
        sys.executable,
        "-c",
        "from gailforce.experiments.cli.main import main; main()",
        "bench",
        grid,
        *places,
    )


def run_to_the_end(folder: Path, grid: str) -> float:
    """Run a bench undisturbed; the seconds it took."""
    started = time.time()
    subprocess.run(bench_command(folder, grid), check=True, capture_output=True)
    return time.time() - started


def run_and_kill(folder: Path, grid: str, seconds: float) -> bool:
    """Start a bench and kill its whole process group; False where it ended before."""
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


def prove_kill(folder: Path, grid: str, kills: int, seed: int = 0) -> dict[str, Any]:
    """Kill a bench at random times, continue it, compare what it found with an undisturbed one's.

    One that ends before all kills are done is compared, and another begins in an empty folder.
    """
    draw = random.Random(seed)
    limit = run_to_the_end(folder / "undisturbed", grid)
    expected = figures(folder / "undisturbed" / "results", grid)
    done, kept, equal, number = 0, [], [], 0
    while done < kills:
        place = folder / f"killed-{number}"
        if run_and_kill(place, grid, draw.uniform(0, limit)):
            done, limit = done + 1, limit * LONGER
            kept.append(_whole_cells(place))
        else:
            equal.append(figures(place / "results", grid) == expected)
            number, limit = number + 1, limit * SHORTER
    run_to_the_end(folder / f"killed-{number}", grid)
    equal.append(figures(folder / f"killed-{number}" / "results", grid) == expected)
    found = {"kills": done, "benches": len(equal), "equal_to_undisturbed": sum(equal)}
    return {**found, "cells_finished_at_each_kill": kept, "cells": len(read_grid(grid).cells)}


def _whole_cells(folder: Path) -> int:
    """Cells on disk after a kill; each must be whole."""
    return len([json.loads(path.read_text()) for path in (folder / "results" / "cells").glob("*.json")])


def prove_ray(folder: Path, grid: str, nodes: int = 3) -> dict[str, Any]:
    """Run a bench on a Ray cluster of local nodes, kill one at work, compare with the local engine's."""
    run_to_the_end(folder / "local", grid)
    # Every task works in a folder of its own here; what remains belonged to one that was killed.
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
    same = figures(folder / "ray" / "results", grid) == figures(folder / "local" / "results", grid)
    interrupted = list(tasks.glob("*/job.json"))
    found = {"nodes": nodes, "killed": 1, "cells_interrupted": len(interrupted)}
    return {**found, "cells": len(read_grid(grid).cells), "equal_to_local": same}


def _kill_when_all_work(cluster: Any, node: Any, tasks: Path) -> None:  # Any: Ray is an extra
    """Kill a node while every node is at a cell, one core and so one cell each."""
    while len(list(tasks.glob("*/job.json"))) < len(cluster.list_all_nodes()):
        time.sleep(0.1)
    time.sleep(1.0)
    cluster.remove_node(node, allow_graceful=False)


def main(kind: str, grid: str = "smoke") -> None:
    """Prove, and write what was found."""
    with tempfile.TemporaryDirectory() as folder:
        found = prove_kill(Path(folder), grid, kills=20) if kind == "kill" else prove_ray(Path(folder), grid)
    write_result(Path("results") / f"bench-{kind}.json", {"grid": grid, **found})
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main(*sys.argv[1:])
