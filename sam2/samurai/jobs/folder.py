"""The folder of a job as such: whether there is one, and its end."""

from __future__ import annotations

import shutil
from pathlib import Path

from samurai.errors import JobError
from samurai.jobs.record import NAME
from samurai.runtime.locking import locked
from samurai.runtime.whole_files import PART, storing

LOCK = "lock"

FILES = (NAME, NAME + PART, "frames.records", "frames.records" + PART, "like.snapshot")
FOLDERS = ("answers", "snapshots")
"""What a job makes in its folder beside the lock."""


def holds_job(folder: Path) -> bool:
    """Whether a job was created there."""
    return (folder / NAME).is_file()


def is_foreign(folder: Path) -> bool:
    """Whether a path holds something else than a job, or the little that is left of one that was
    interrupted while it was created."""
    if not folder.is_dir():
        return folder.exists()
    if holds_job(folder):
        return False
    return any(each.name not in (LOCK, *FILES, *FOLDERS) for each in folder.iterdir())


def delete_job(folder: Path) -> None:
    """Delete a job's files, and its folder unless that holds something else; none is fine.

    Raises:
        JobError: another process has it open.
        StorageError: it can't be deleted.
    """
    if not folder.is_dir():
        return
    with storing(folder):
        with locked(folder / LOCK, lambda holder: taken(folder, holder)):
            for name in FOLDERS:
                if (folder / name).is_dir():
                    shutil.rmtree(folder / name)
            for name in FILES:
                (folder / name).unlink(missing_ok=True)
        (folder / LOCK).unlink(missing_ok=True)
        if not any(folder.iterdir()):
            folder.rmdir()


def taken(folder: Path, holder: str) -> JobError:
    """The error where a job is open in another process."""
    return JobError(f"{folder} is open in process {holder}: close it there, or wait")
