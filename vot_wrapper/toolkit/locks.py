"""Locks of a workspace: one evaluation per tracker at a time, and one scoring at a time.

A run removes truncated results, so it would delete files that another run is still writing.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from samurai.errors import ConfigurationError
from samurai.runtime.locking import locked


@contextlib.contextmanager
def tracker_locks(folder: Path, identifiers: Iterable[str]) -> Iterator[None]:
    """Hold the locks of the trackers' results in a workspace.

    Raises:
        ConfigurationError: another process is running one of them.
    """
    with contextlib.ExitStack() as held:
        for identifier in dict.fromkeys(identifiers):
            held.enter_context(_tracker_lock(folder, identifier))
        yield


def scoring_lock(folder: Path) -> contextlib.AbstractContextManager[None]:
    """Waits until no other process scores the results of a workspace."""
    return locked(folder / "cache" / "scoring.lock")


def _tracker_lock(folder: Path, tracker: str) -> contextlib.AbstractContextManager[None]:
    def taken(holder: str) -> Exception:
        return ConfigurationError(
            f"another evaluation (process {holder}) is running {tracker} in {folder}. Remedy: "
            "wait until it ends, or end it; other trackers can be run at the same time"
        )

    return locked(folder / "cache" / f"tracker-{tracker}.lock", taken)
