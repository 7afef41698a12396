"""Makes a prepared network usable in a forked process, or fails at once.

A fork copies memory but no threads: an executor's queue has no worker, and torch's OpenMP threads
    are missing too. Waiting for either never ends.
"""

from __future__ import annotations

import logging
import os

import torch

from samurai.errors import DeviceError

log = logging.getLogger(__name__)


class PreparedProcess:
    """The process that a network was prepared in.

    Args:
        device: the network's.
    """

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._number = os.getpid()

    def check(self) -> None:
        """Call it before the network is used: makes a forked copy usable.

        On a CPU the child continues with one thread, because the others weren't copied.

        Raises:
            DeviceError: the network is on a device that can't be used after a fork.
        """
        if os.getpid() == self._number:
            return
        if self._device.type != "cpu":
            raise DeviceError(
                f"the tracker was loaded on {self._device} before this process was forked, and "
                "a fork can't use it: start processes with multiprocessing's method 'spawn', or "
                "load the tracker in the child"
            )
        if torch.get_num_threads() > 1:
            log.warning("after a fork torch computes on one thread: load the tracker in the child")
            torch.set_num_threads(1)
        self._number = os.getpid()
