"""A background thread: it writes a frame's memory while the next frame is read and encoded.

On a CPU a network whose layers are too small for several threads uses one core; a second core can
do other work meanwhile. Kernels and graphs release the interpreter's lock, so that both proceed.
Networks with larger layers use all cores, and a GPU is asynchronous by itself.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from threading import current_thread
from typing import ParamSpec, TypeVar

import torch

from samurai.runtime.cpu import usable_cores

ONE_THREAD_UP_TO = 256
"""Input size up to which one thread serves: the layers of nano are too small for several threads,
and a second thread that waits for them takes the core that the toolkit and the memory write
need."""

P = ParamSpec("P")
T = TypeVar("T")
U = TypeVar("U")


def background_pays(device: torch.device) -> bool:
    """Whether background work pays: whether there is a spare core."""
    return device.type == "cpu" and spare_cores(device) > 0


def spare_cores(device: torch.device) -> int:
    """Cores that a network on that device leaves idle."""
    return usable_cores() - (torch.get_num_threads() if device.type == "cpu" else 1)


def in_background(task: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Future[T]:
    """Run a task after those given before, on as many threads and with gradients or inference as
    torch has here; its result or error is in the future."""
    threads, inference = torch.get_num_threads(), torch.is_inference_mode_enabled()

    def run() -> T:
        # oneDNN reads OpenMP's setting, which a new thread doesn't inherit from torch's
        torch.set_num_threads(threads)
        with torch.inference_mode(inference):
            return task(*args, **kwargs)

    return _executor().submit(run)


THREAD_NAME = "samurai-memory"


@cache
def _executor() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix=THREAD_NAME)


def _finish_tasks() -> None:
    """Wait for the tasks given so far: a forked child inherits their results, but not the thread
    that would complete them."""
    if _executor.cache_info().currsize and not current_thread().name.startswith(THREAD_NAME):
        _executor().submit(int).result()


os.register_at_fork(before=_finish_tasks, after_in_child=_executor.cache_clear)


def set_thread_count(image_size: int, environ: Mapping[str, str]) -> int:
    """Set and return torch's number of threads, unless the user has chosen: one for a small
    network, else as many as the process may really use (torch doesn't see a container's quota)."""
    if "OMP_NUM_THREADS" not in environ:
        shared = min(torch.get_num_threads(), usable_cores())
        torch.set_num_threads(1 if image_size <= ONE_THREAD_UP_TO else shared)
    return torch.get_num_threads()
