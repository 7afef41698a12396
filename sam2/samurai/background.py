"""One thread for what nobody waits for: a frame's memory write while the next one is encoded.

On a CPU a network whose layers are too small to share out keeps one core busy; a second core writes
the memory meanwhile. Kernels and graphs let go of the interpreter's lock, so that both proceed.
Networks that share their layers out have no core to spare, and a GPU works in the background by
itself.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from typing import ParamSpec, TypeVar

import torch

from samurai.cores import usable_cores

P = ParamSpec("P")
T = TypeVar("T")


def background_pays(device: torch.device) -> bool:
    """Whether a write to memory is better done beside other work."""
    return device.type == "cpu" and spare_cores(device) > 0


def spare_cores(device: torch.device) -> int:
    """Cores that a network on that device leaves idle."""
    return usable_cores() - (torch.get_num_threads() if device.type == "cpu" else 1)


def in_background(task: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Future[T]:
    """Run a task after those given before, on as many threads as torch has here; its result or
    error is in the future."""
    threads = torch.get_num_threads()

    def run() -> T:
        # oneDNN asks OpenMP, which knows nothing in a new thread of what torch was told in another
        torch.set_num_threads(threads)
        return task(*args, **kwargs)

    return _executor().submit(run)


@cache
def _executor() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="samurai-memory")
