"""Cells on a Ray cluster: each a task of its own, tried again on another node when its node dies."""

import json
import logging
import os
import time
from dataclasses import replace
from importlib.util import find_spec
from typing import Any

from ...envs.errors import EnvironmentFault
from .cell_work import Job
from .local_pool import CRASHED, Outcome, outcome
from .ray_task import unpack, work

# How often a cell is begun anew because its node or its worker died.
RETRIES = 5
# Between two looks at the tasks [s].
PAUSE = 0.5


class RayPool:
    """Tasks of one core each on a Ray cluster.

    Args:
        address: of the cluster; None takes the one around, or starts one on this machine.
        jobs: how many at once; None takes the cores of the cluster, as nodes come and go.

    Raises:
        EnvironmentFault: Ray is not installed, or there is no cluster at that address.
    """

    def __init__(self, address: str | None = None, jobs: int | None = None):
        if find_spec("ray") is None:
            raise EnvironmentFault("the engine ray needs an extra; run: pip install 'gailforce[ray]'")
        # Ray would tell its makers how it is used.
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        import ray

        try:
            ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR)
        except ConnectionError as fault:
            raise EnvironmentFault(
                f"no Ray cluster answers at {address}: {fault}; start one with: ray start --head"
            ) from fault
        self._ray, self._jobs = ray, jobs
        self._task = ray.remote(num_cpus=1, max_retries=RETRIES)(work)
        self._running: dict[Any, Job] = {}  # Any: Ray's references

    def has_room(self) -> bool:
        """Whether another job would begin at once."""
        return len(self._running) < (self._jobs or int(self._ray.cluster_resources().get("CPU", 0)))

    def start(self, job: Job) -> None:
        """Hand a job to the cluster."""
        self._running[self._task.remote(json.dumps(job.to_json()))] = job

    def ended(self) -> list[Outcome]:
        """Jobs that ended since the last call, after a short wait where there is none."""
        if not self._running:
            time.sleep(PAUSE)
            return []
        done, _ = self._ray.wait(list(self._running), num_returns=1, timeout=PAUSE)
        return [self._outcome(reference, self._running.pop(reference)) for reference in done]

    def _outcome(self, reference: Any, job: Job) -> Outcome:
        try:
            code, content = self._ray.get(reference)
        except self._ray.exceptions.RayError as fault:
            said = f"Ray gave it up after {RETRIES} retries: {str(fault).splitlines()[0]}"
            return Outcome(job, error=said, exit_code=CRASHED)
        unpack(content, job.folder)
        ended = outcome(job, code)
        if ended.result is None or ended.result.run is None:
            return ended
        # It was another folder on its node.
        return replace(ended, result=replace(ended.result, run=str(job.folder)))

    def stop(self) -> None:
        """End all jobs, and leave the cluster."""
        for reference in self._running:
            self._ray.cancel(reference, force=True)
        self._running.clear()
        self._ray.shutdown()
