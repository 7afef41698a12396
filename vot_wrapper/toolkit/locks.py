"""Locks of a workspace: one evaluation per tracker at a time, and one scoring at a time.

A run removes truncated results, so it would delete files that another run is still writing. The
system releases a lock when its process ends, also by a crash. Where a file system has no locks, or
the workspace is read-only, nothing is locked.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from samurai.errors import ConfigurationError

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]


@contextlib.contextmanager
def tracker_locks(folder: Path, identifiers: Iterable[str]) -> Iterator[None]:
    """Hold the locks of the trackers' results in a workspace.

    Raises:
        ConfigurationError: another process is running one of them.
    """
    with contextlib.ExitStack() as held:
        for identifier in dict.fromkeys(identifiers):
            held.enter_context(_lock(folder, f"tracker-{identifier}", identifier))
        yield


@contextlib.contextmanager
def scoring_lock(folder: Path) -> Iterator[None]:
    """Waits until no other process scores the results of a workspace."""
    with _lock(folder, "scoring", None):
        yield


@contextlib.contextmanager
def _lock(folder: Path, name: str, tracker: str | None) -> Iterator[None]:
    """Holds a lock; waits for it, unless it is a tracker's."""
    try:
        (folder / "cache").mkdir(parents=True, exist_ok=True)
        descriptor = os.open(folder / "cache" / f"{name}.lock", os.O_RDWR | os.O_CREAT, 0o666)
    except OSError:
        yield
        return
    try:
        _take(descriptor, folder, tracker)
        yield
    finally:
        os.close(descriptor)  # which gives the lock back


def _take(descriptor: int, folder: Path, tracker: str | None) -> None:
    if fcntl is None:
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (fcntl.LOCK_NB if tracker else 0))
    except BlockingIOError as error:
        holder = os.pread(descriptor, 20, 0).decode("ascii", "replace").strip() or "unknown"
        raise ConfigurationError(
            f"another evaluation (process {holder}) is running {tracker} in {folder}. Remedy: "
            "wait until it ends, or end it; other trackers can be run at the same time"
        ) from error
    except OSError:  # a file system without locks
        return
    with contextlib.suppress(OSError):  # a full disk
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
