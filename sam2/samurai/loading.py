"""A tracker in a process that is there for it: loaded, on its cores, and warmed up."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from samurai.config import TrackerConfig

if TYPE_CHECKING:
    from samurai.tracker import Tracker


def load_tracker(config: TrackerConfig, workers: int = 1) -> Tracker:
    """A tracker that has warmed up, on its share of this machine's cores.

    Args:
        config: the settings.
        workers: processes that share the cores.

    Raises:
        CheckpointError, ConfigurationError, DeviceError: see `Tracker.load` and `Tracker.warm_up`.
    """
    from samurai.runtime.allocator import keep_freed_memory
    from samurai.speed import keep_compiled

    keep_freed_memory()
    keep_compiled(os.environ)
    import cv2
    import torch

    from samurai.runtime.cpu import usable_cores
    from samurai.runtime.threads import set_thread_count
    from samurai.tracker import Tracker

    tracker = Tracker.load(config)
    threads = set_thread_count(tracker.network.spec.input_size, os.environ)
    share = max(1, usable_cores() // workers)
    if "OMP_NUM_THREADS" not in os.environ:
        torch.set_num_threads(min(threads, share))
    cv2.setNumThreads(min(cv2.getNumThreads(), share))
    tracker.warm_up()
    return tracker
