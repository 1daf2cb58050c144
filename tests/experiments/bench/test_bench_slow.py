"""A bench that is killed again and again, or loses a node, ends in the table of an undisturbed one."""

import json
import os
import subprocess
import sys
import time

import pytest
from grids import write_grid

from gailforce.experiments.bench.cell import Cell
from gailforce.experiments.bench.cell_work import Job
from gailforce.experiments.pipeline.config import ImitationConfig
from gailforce.experiments.studies.bench_proof import prove_kill, prove_ray

pytestmark = pytest.mark.slow


@pytest.fixture
def grid(tmp_path):
    """Six cells of a few seconds each."""
    block = {"method": '["gail", "constant"]', "seed": "[1, 2]", "steps": "4096"}
    return str(write_grid(tmp_path, {"method": '["random", "expert"]'}, block))


def test_killed_at_random_and_continued_it_is_the_same_table(tmp_path, grid):
    proof = prove_kill(tmp_path, grid, kills=4)
    assert proof.kills == 4
    assert proof.equal_to_undisturbed == proof.benches


def test_three_ray_nodes_of_which_one_dies_give_the_same_table(tmp_path, grid):
    proof = prove_ray(tmp_path, grid)
    assert proof.equal_to_local
    assert proof.cells_interrupted == 1


def test_a_cells_process_ends_when_the_pipe_of_its_parent_closes(tmp_path):
    long = Job(Cell("gan", ImitationConfig("hopper", steps=10_000_000)), tmp_path, "gailforce bench x")
    (tmp_path / "job.json").write_text(json.dumps(long.to_json()))
    arguments = [sys.executable, "-m", "gailforce.experiments.bench.cell_process", str(tmp_path / "job.json")]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    with subprocess.Popen(arguments, stdin=subprocess.PIPE, env=environment) as process:
        while not (tmp_path / "config.toml").exists():
            assert process.poll() is None
            time.sleep(0.1)
        process.stdin.close()
        process.stdin = None
        assert process.wait(timeout=20) == 1
