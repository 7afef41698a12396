"""How much memory this process holds, in MiB."""

from __future__ import annotations

import resource
import sys
from pathlib import Path

STATUS = Path("/proc/self/status")


def host() -> float:
    """Resident memory now; its peak where the system tells no more than that."""
    return _status("VmRSS") or peak_host()


def peak_host() -> float:
    """The most resident memory so far. From the kernel's status of this very process: what
    `getrusage` says starts with the parent's memory at the fork."""
    return _status("VmHWM") or _usage()


def device() -> float:
    """What torch holds of the GPU now, its cache included; 0 without one."""
    import torch

    return torch.cuda.memory_reserved() / 2**20 if torch.cuda.is_available() else 0.0


def peak_device() -> float:
    """The most that tensors took on the GPU at any time; 0 without one."""
    import torch

    return torch.cuda.max_memory_allocated() / 2**20 if torch.cuda.is_available() else 0.0


def _status(key: str) -> float:
    try:
        lines = STATUS.read_text(encoding="ascii").splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith(key)), 0.0)


def _usage() -> float:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 1024)
