"""Snapshots of a pass on disk: at most so many, evenly spaced, and the one where it stopped."""

from __future__ import annotations

import logging
import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from samurai.core.session import Session
from samurai.core.snapshots import Snapshot
from samurai.errors import SessionError
from samurai.jobs.plan import evenly
from samurai.runtime.whole_files import storing
from samurai.tracker import Tracker

log = logging.getLogger(__name__)

MOST = 32
"""Evenly spaced snapshots of a pass."""

_NAME = re.compile(r"(last-)?(\d+)-(\d+)\.snapshot")


@dataclass(frozen=True)
class SavedSnapshot:
    """A snapshot on disk.

    Attributes:
        frame: of the session, after which it was taken.
        applied: how many of the pass's events it knows.
        last: it was taken where the pass stopped.
        file: where it is.
    """

    frame: int
    applied: int
    last: bool
    file: Path

    def load(self, tracker: Tracker) -> Snapshot | None:
        """The snapshot; None, and a warning, where it is damaged."""
        try:
            snapshot = tracker.load_snapshot(self.file)
        except (OSError, SessionError) as error:
            log.warning("a snapshot is skipped: %s", error)
            return None
        if snapshot.frame_index != self.frame:
            log.warning("a snapshot is skipped: %s is one of another frame", self.file)
            return None
        return snapshot


class PassSnapshots:
    """The snapshots of one pass.

    Args:
        folder: of the pass.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def saved(self) -> list[SavedSnapshot]:
        """Those on disk, the newest first."""
        found = []
        for file in self._folder.iterdir() if self._folder.is_dir() else ():
            name = _NAME.fullmatch(file.name)
            if name:
                number, applied = int(name[2]), int(name[3])
                found.append(SavedSnapshot(number, applied, bool(name[1]), file))
        return sorted(found, key=lambda each: (each.frame, each.applied), reverse=True)

    def save(self, session: Session, applied: int, interval: int) -> int:
        """Save the session's state, and thin out those before; how far apart they are from now on.

        Raises:
            StorageError: it can't be written.
        """
        self._save(session, f"{session.frame_index:010d}-{applied:06d}.snapshot")
        spaced = {each.frame: each.file for each in self.saved() if not each.last}
        interval, gone = evenly(spaced, interval, MOST)
        for frame in gone:
            spaced[frame].unlink(missing_ok=True)
        return interval

    def save_last(self, session: Session, applied: int) -> None:
        """Save the state where a pass stops, in place of the one where it stopped before.

        Raises:
            StorageError: it can't be written.
        """
        name = f"last-{session.frame_index:010d}-{applied:06d}.snapshot"
        before = [each.file for each in self.saved() if each.last and each.file.name != name]
        self._save(session, name)
        for file in before:
            file.unlink(missing_ok=True)

    def begin_with(self, other: SavedSnapshot) -> None:
        """Take over another pass's snapshot as the first one.

        Raises:
            StorageError: it can't be written.
        """
        with storing(self._folder):
            self._folder.mkdir(parents=True, exist_ok=True)
            target = self._folder / f"{other.frame:010d}-{0:06d}.snapshot"
            target.unlink(missing_ok=True)
            try:
                os.link(other.file, target)
            except OSError:  # a file system without links
                shutil.copyfile(other.file, target)

    def delete(self) -> None:
        """Delete them all."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _save(self, session: Session, name: str) -> None:
        snapshot = session.snapshot()
        try:
            with storing(self._folder):
                self._folder.mkdir(parents=True, exist_ok=True)
                snapshot.save(self._folder / name)
        finally:
            snapshot.close()
