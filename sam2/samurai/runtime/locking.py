"""Locks between processes, by files.

The system releases a lock when its process ends, also by a crash. Where a file system has no locks,
or the folder is read-only, nothing is locked.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]


@contextlib.contextmanager
def locked(file: Path, taken: Callable[[str], Exception] | None = None) -> Iterator[None]:
    """Hold a lock.

    Args:
        file: made if it isn't there, and its folder too.
        taken: makes the error that is raised where another process holds it, from that process's
            number; None waits for it instead.
    """
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o666)
    except OSError:
        yield
        return
    try:
        _take(descriptor, taken)
        yield
    finally:
        os.close(descriptor)  # which gives the lock back


def _take(descriptor: int, taken: Callable[[str], Exception] | None) -> None:
    if fcntl is None:
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if taken is None else fcntl.LOCK_NB))
    except BlockingIOError as error:
        holder = os.pread(descriptor, 20, 0).decode("ascii", "replace").strip() or "unknown"
        assert taken is not None
        raise taken(holder) from error
    except OSError:  # a file system without locks
        return
    with contextlib.suppress(OSError):  # a full disk
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
