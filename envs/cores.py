"""Number of processor cores that this process may use; it can be less than the machine's."""

import os
from pathlib import Path

# Linux cgroup files with a container's CPU quota: version 2, then version 1.
QUOTA_V2 = Path("/sys/fs/cgroup/cpu.max")
QUOTA_V1 = Path("/sys/fs/cgroup/cpu/cpu.cfs_quota_us"), Path("/sys/fs/cgroup/cpu/cpu.cfs_period_us")


def usable_cores() -> float:
    """Cores in this process's affinity, limited by a container's quota, which can be a fraction."""
    all_cores = os.cpu_count() or 1
    # macOS and Windows have no affinity.
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else all_cores
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
