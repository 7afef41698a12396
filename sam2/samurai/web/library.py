"""The uploaded videos: a folder each, found again after a restart.

`data_path/videos/ID` holds the bytes as they came (`original`, or `pictures/`) and `meta.json`,
which is written last. A folder without it is of an upload that was cut off. No file or folder has
a name that a client chose.
"""

from __future__ import annotations

import dataclasses
import json
import os
import re
import secrets
import shutil
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from samurai.runtime.whole_files import storing, write_whole
from samurai.video.sources.base import Warn
from samurai.web.decoder import Opening
from samurai.web.decoding import DecodedVideo
from samurai.web.problems import Conflict, NotFound, StorageFull
from samurai.web.settings import WebSettings

VIDEOS = "videos"
META, POSTER, PLAYABLE, ORIGINAL, PICTURES = (
    *("meta.json", "poster.jpg", "playable.mp4", "original", "pictures"),
)

_ID = re.compile(r"[0-9a-f]{32}")
_MIB = 1 << 20


@dataclass(frozen=True)
class Upload:
    """A video that can be tracked.

    Attributes:
        id: 32 hexadecimal digits.
        filename: what the client called it; only for people.
        width, height: in pixels, as shown.
        first, stop: the part of the file that counts.
        seconds: its length.
        rate: frames per second; None if unknown.
        has_audio: there is sound.
        plays: the media type by which browsers play the file as it is; None: they don't.
        pictures: the file names of pictures in their order; none of a video.
        size: bytes of the folder.
        created: seconds since 1970.
        warnings: sentences about what may not be as intended.
    """

    id: str
    filename: str
    width: int
    height: int
    first: int
    stop: int
    seconds: float
    rate: float | None
    has_audio: bool
    plays: str | None
    pictures: tuple[str, ...]
    size: int
    created: float
    warnings: tuple[str, ...] = ()

    @property
    def frame_count(self) -> int:
        """Frames of the part that counts."""
        return self.stop - self.first


class Library:
    """All uploads. Thread-safe.

    Args:
        settings: where, how many bytes, and for how long.
        clock: seconds since 1970.
    """

    def __init__(self, settings: WebSettings, clock: Callable[[], float] = time.time) -> None:
        self._settings, self._clock = settings, clock
        self._root = settings.data_path / VIDEOS
        self._lock = threading.RLock()
        self._uploads: dict[str, Upload] = {}
        self._holders: Counter[str] = Counter()
        self._arriving = 0
        self._others = 0

    # --- what is there

    def recover(self) -> None:
        """Find the uploads of earlier runs, and delete what was cut off.

        Raises:
            StorageError: the folder can't be written.
        """
        with storing(self._root):
            self._root.mkdir(parents=True, exist_ok=True)
            folders = [each for each in self._root.iterdir() if _ID.fullmatch(each.name)]
        for folder in folders:
            found = _read(folder)
            if found is None:
                shutil.rmtree(folder, ignore_errors=True)
            else:
                self._uploads[found.id] = found

    def all(self) -> list[Upload]:
        """The newest first."""
        with self._lock:
            return sorted(self._uploads.values(), key=lambda each: (-each.created, each.id))

    def get(self, video_id: str) -> Upload:
        """An upload.

        Raises:
            NotFound: there is none.
        """
        with self._lock:
            found = self._uploads.get(video_id)
        if found is None:
            raise NotFound("there is no such video; upload it, or list them with GET /videos")
        return found

    def used_bytes(self) -> int:
        """Bytes of uploads, of those that arrive, and of sessions."""
        with self._lock:
            return sum(each.size for each in self._uploads.values()) + self._arriving + self._others

    def note_others(self, size: int) -> None:
        """Bytes of sessions, which the limit holds for too."""
        self._others = size

    def folder(self, video_id: str) -> Path:
        """Where an upload's files lie."""
        return self._root / self.get(video_id).id

    def opening(self, upload: Upload) -> Opening:
        """How its frames are decoded."""
        folder = self._root / upload.id
        names = [f"{PICTURES}/{each}" for each in upload.pictures] or [ORIGINAL]
        return Opening(
            name=upload.filename,
            files=tuple(str(folder / each) for each in names),
            pictures=bool(upload.pictures),
            names=upload.pictures,
            first=upload.first,
            stop=upload.stop,
            max_pixels=self._settings.max_pixels,
        )

    def open(self, video_id: str, warn: Warn | None = None) -> DecodedVideo:
        """Its frames, decoded by a process of their own.

        Raises:
            NotFound: there is no such upload.
            SourceError: it can't be decoded any more.
        """
        upload = self.get(video_id)
        self.touch(video_id)
        sink = warn or (lambda _: None)  # what there is to say was said at the upload
        return DecodedVideo(self.opening(upload), upload.frame_count, sink)

    # --- arriving

    def arrive(self) -> Arrival:
        """A folder for an upload; `Arrival.close` deletes it unless `accept` was called.

        Raises:
            StorageError: it can't be made.
        """
        return Arrival(self, self._root)

    def reserve(self, size: int) -> None:
        """Count bytes that arrive.

        Raises:
            StorageFull: there is no room for them.
        """
        with self._lock:
            if size > 0:
                self.check_room(size)
            self._arriving += size

    def check_room(self, size: int = 1) -> None:
        """Whether more bytes may be stored.

        Raises:
            StorageFull: uploads and sessions have all that they may have.
        """
        limit = self._settings.max_storage_mib
        if self.used_bytes() + size > limit * _MIB:
            raise StorageFull(
                f"uploads and sessions fill the {limit} MiB that they may have; delete some, or "
                "raise SAMURAI_MAX_STORAGE_MIB"
            )

    def add(self, upload: Upload) -> None:
        """An upload that has arrived.

        Raises:
            StorageError: it can't be written.
        """
        write_whole(self._root / upload.id / META, json.dumps(dataclasses.asdict(upload)))
        self.touch(upload.id)
        with self._lock:
            self._uploads[upload.id] = upload

    # --- use and end

    def now(self) -> float:
        """Seconds since 1970."""
        return self._clock()

    def touch(self, video_id: str) -> None:
        """It is used, so that it isn't deleted soon."""
        now = self._clock()
        with suppress(OSError):
            os.utime(self._root / video_id / META, (now, now))

    def hold(self, video_id: str) -> Upload:
        """A session is on it: it isn't deleted before `release`.

        Raises:
            NotFound: there is no such upload.
        """
        with self._lock:
            upload = self.get(video_id)
            self._holders[video_id] += 1
        self.touch(video_id)
        return upload

    def release(self, video_id: str) -> None:
        """A session on it has ended."""
        with self._lock:
            self._holders[video_id] -= 1
            self._holders += Counter()  # without those at zero
        self.touch(video_id)

    def discard(self, video_id: str) -> bool:
        """Delete it unless a session is on it, or it is gone; whether it was deleted."""
        with self._lock:
            if self._holders[video_id] or video_id not in self._uploads:
                return False
            gone = self._forget(video_id)
        _delete([gone])
        return True

    def delete(self, video_id: str) -> None:
        """Delete it.

        Raises:
            NotFound: there is no such upload.
            Conflict: a session is on it.
        """
        with self._lock:
            self.get(video_id)
            if self._holders[video_id]:
                raise Conflict("a session is on this video; delete the session first")
            gone = self._forget(video_id)
        _delete([gone])

    def expire(self) -> list[str]:
        """Delete what nobody used for long; their numbers."""
        oldest = self._clock() - self._settings.video_ttl_sec
        gone: dict[str, Path] = {}
        with self._lock:
            for video_id in list(self._uploads):
                if not self._holders[video_id] and self._used(video_id) < oldest:
                    gone[video_id] = self._forget(video_id)
        _delete(gone.values())
        return list(gone)

    def _used(self, video_id: str) -> float:
        try:
            return (self._root / video_id / META).stat().st_mtime
        except OSError:
            return 0.0

    def _forget(self, video_id: str) -> Path:
        """Its folder, which is no upload any more, and is to be deleted without the lock."""
        del self._uploads[video_id]
        folder = self._root / video_id
        with suppress(OSError):
            (folder / META).unlink()
        return folder


class Arrival:
    """An upload on its way.

    Attributes:
        id: of the upload.
        folder: for its files.
    """

    def __init__(self, library: Library, root: Path) -> None:
        self.id = secrets.token_hex(16)
        self.folder = root / self.id
        self._library, self._reserved, self._accepted = library, 0, False
        with storing(self.folder):
            self.folder.mkdir(parents=True)

    def reserve(self, size: int) -> None:
        """Count bytes before they are written; StorageFull where there is no room."""
        self._library.reserve(size)
        self._reserved += size

    def accept(self, facts: dict[str, Any]) -> Upload:
        """It is complete.

        Args:
            facts: the fields of `Upload` but for `id`, `size` and `created`.

        Raises:
            StorageError: it can't be written.
        """
        size = sum(each.stat().st_size for each in self.folder.rglob("*") if each.is_file())
        upload = Upload(id=self.id, size=size, created=self._library.now(), **facts)
        self._library.add(upload)
        self._accepted = True
        return upload

    def close(self) -> None:
        """Delete it unless it was accepted."""
        self._library.reserve(-self._reserved)
        self._reserved = 0
        if not self._accepted:
            shutil.rmtree(self.folder, ignore_errors=True)


def _delete(folders: Iterable[Path]) -> None:
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


def _read(folder: Path) -> Upload | None:
    """The upload in a folder; None if it isn't whole."""
    try:
        found = json.loads((folder / META).read_bytes())
        for name in ("pictures", "warnings"):
            found[name] = tuple(found[name])
        upload = Upload(**found)
        files = [folder / PICTURES / each for each in upload.pictures] or [folder / ORIGINAL]
        whole = upload.id == folder.name and all(each.is_file() for each in files)
        return upload if whole else None
    except (OSError, ValueError, TypeError, KeyError):
        return None
