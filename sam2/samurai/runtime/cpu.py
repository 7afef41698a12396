"""The number of processor cores that this process can use: affinity and the container's quota."""

from __future__ import annotations

import math
import os
from functools import cache
from pathlib import Path

CGROUPS = Path("/sys/fs/cgroup")
MEMBERSHIP = Path("/proc/self/cgroup")


@cache
def usable_cores() -> int:
    """Whole cores that the process can keep busy, at least 1; looked up once.

    The number of cores that it may be scheduled on, less where a control group (a container's CPU
    limit) grants fewer; a fraction of a core counts as one.
    """
    if hasattr(os, "sched_getaffinity"):
        cores = len(os.sched_getaffinity(0))
    else:
        cores = os.cpu_count() or 1
    quota = cpu_quota()
    return max(1, cores if quota is None else min(cores, math.ceil(quota)))


def cpu_quota(root: Path = CGROUPS, membership: Path = MEMBERSHIP) -> float | None:
    """Cores granted by the process's control groups, the least of the hierarchy; None for no limit.

    Reads version 2 (`cpu.max`: quota and period in microseconds, or "max") and version 1
    (`cpu.cfs_quota_us`, -1 for no limit, and `cpu.cfs_period_us`), see the kernel's
    documentation, admin-guide/cgroup-v2 and scheduler/sched-bwc.
    """
    quotas = []
    for hierarchy, group in _groups(root, membership):
        folder = hierarchy / group.lstrip("/")
        # in a container's own namespace the path may not exist; its root is the container's then
        for place in (folder, *folder.parents):
            if not place.is_relative_to(hierarchy):
                break
            quotas.append(_quota(place))
    granted = [quota for quota in quotas if quota is not None]
    return min(granted) if granted else None


def _groups(root: Path, membership: Path) -> list[tuple[Path, str]]:
    """Mounted hierarchies that may limit the processor, and the process's group in each."""
    try:
        lines = membership.read_text().splitlines()
    except OSError:
        return []
    groups = []
    for line in lines:
        _, controllers, group = line.split(":", 2)
        if not controllers:
            groups.append((root, group))
        elif "cpu" in controllers.split(","):
            groups += [(root / name, group) for name in (controllers, "cpu")]
    return groups


def _quota(folder: Path) -> float | None:
    """The quota of one group, in cores."""
    try:
        if (folder / "cpu.max").is_file():
            quota, period = (folder / "cpu.max").read_text().split()
        else:
            quota = (folder / "cpu.cfs_quota_us").read_text().strip()
            period = (folder / "cpu.cfs_period_us").read_text().strip()
        return None if quota in ("max", "-1") else int(quota) / int(period)
    except (OSError, ValueError, ZeroDivisionError):
        return None
