"""Processor cores this process may use, which can be fewer than the machine has."""

import os
from pathlib import Path

# Where Linux says how much of the machine a container may use: version 2, then 1.
QUOTA_V2 = Path("/sys/fs/cgroup/cpu.max")
QUOTA_V1 = Path("/sys/fs/cgroup/cpu/cpu.cfs_quota_us"), Path("/sys/fs/cgroup/cpu/cpu.cfs_period_us")


def usable_cores() -> float:
    """The cores of this process's affinity, cut by a container's quota, which may be a fraction."""
    everyone = os.cpu_count() or 1
    # macOS and Windows know no affinity.
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else everyone
    return min(float(allowed), quota())


def quota() -> float:
    """Cores that a container's quota allows; infinite without one."""
    try:
        if QUOTA_V2.exists():
            limit, period = QUOTA_V2.read_text().split()
        else:
            limit, period = (path.read_text().strip() for path in QUOTA_V1)
        return float("inf") if limit in ("max", "-1") else int(limit) / int(period)
    except (OSError, ValueError, ZeroDivisionError):
        return float("inf")
