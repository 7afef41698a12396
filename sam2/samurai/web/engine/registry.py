"""All sessions of a server: limits, time to live, and the device that they share."""

from __future__ import annotations

import math
import secrets
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import TypeVar

from samurai.core.snapshots import Snapshot
from samurai.errors import ConfigurationError, SamuraiError, SourceError
from samurai.jobs import Job, Span
from samurai.regions import ObjectId
from samurai.runtime.locking import locked
from samurai.runtime.turns import Turns
from samurai.runtime.whole_files import storing
from samurai.tracker import Tracker
from samurai.video.sources.base import Source
from samurai.web.engine.client_job import ClientJob
from samurai.web.engine.live import LiveSession
from samurai.web.engine.looking import Looking
from samurai.web.engine.previews import Previews
from samurai.web.engine.prompted import Parts
from samurai.web.engine.session import WebSession
from samurai.web.problems import Busy, NotFound
from samurai.web.settings import WebSettings

S = TypeVar("S", WebSession, LiveSession)


@dataclass
class _Entry:
    session: WebSession | LiveSession
    folder: Path | None
    used: float
    on_close: Callable[[], None] | None


class Engine:
    """Makes, finds and closes sessions. One per device and folder of data.

    Attributes:
        turns: at the device.

    Args:
        tracker: loaded and warmed up; its device is shared in fair turns, and its masks are cut at
            the settings' `score_thresh`.
        settings: limits, and the folder in which sessions live.
        clock: seconds, for the time to live.
        now: for `created_at`; in UTC.

    Raises:
        ConfigurationError: another process uses the folder of data.
        StorageError: the folder can't be written.
    """

    def __init__(
        self,
        tracker: Tracker,
        settings: WebSettings,
        *,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = lambda: datetime.now(timezone.utc),
    ) -> None:
        self._tracker, self._settings, self._clock, self._now = tracker, settings, clock, now
        tracker.mask_threshold = settings.score_thresh
        self.turns = Turns()
        self._looking = Looking(tracker, self.turns, settings.detector)
        self._lock = threading.Lock()
        self._entries: dict[str, _Entry] = {}
        self._coming = 0
        self._tracked = 0
        self._folder = settings.data_path / "sessions"
        self._held = ExitStack()
        with storing(self._folder):
            self._folder.mkdir(parents=True, exist_ok=True)
        self._held.enter_context(locked(settings.data_path / "sessions.lock", self._taken))
        for left in self._folder.iterdir():
            _delete(left)

    # --- sessions

    def create(
        self,
        video_id: str,
        open_source: Callable[[], Source],
        *,
        like: str | None = None,
        on_close: Callable[[], None] | None = None,
    ) -> WebSession:
        """A new session.

        Args:
            video_id: told to clients, nothing else.
            open_source: opens the video, seekable; the session closes it. Its `frame` is called by
                several threads, also while another thread reads `frames`.
            like: a session whose objects are looked for in this video.
            on_close: called once when the session is closed, for whatever reason.

        Raises:
            Busy: too many sessions; `retry_after` says when one may have expired.
            NotFound: no session `like`.
            SourceError: the video can't be opened, or its frames can't be had by number.
            SessionError, JobError: `like` has nothing yet, or can't be used with this model.
        """
        with self._place():
            session_id = secrets.token_hex(16)
            session = self._made(session_id, video_id, open_source, like)
            entry = _Entry(session, self._folder / session_id, self._clock(), on_close)
            with self._lock:
                self._entries[session_id] = entry
        return session

    def open_live(
        self, open_source: Callable[[], Source], *, on_close: Callable[[], None] | None = None
    ) -> LiveSession:
        """A session on a live source, which begins to track at once. It expires when nobody asks
        for its answers.

        Args:
            open_source: opens the source; the session closes it.
            on_close: as for `create`.

        Raises:
            Busy: too many sessions.
            SourceError: the source can't be opened.
        """
        with self._place():
            session_id = secrets.token_hex(16)
            session = LiveSession(
                *(session_id, self._time(), open_source(), self._tracker, self.turns),
                *(self._settings.max_objects, self._count, lambda: self._touch(session_id)),
            )
            entry = _Entry(session, None, self._clock(), on_close)
            with self._lock:
                self._entries[session_id] = entry
        return session

    def add(self, session: WebSession) -> None:
        """A session that was made elsewhere, in a folder that isn't the engine's."""
        with self._lock:
            self._entries[session.session_id] = _Entry(session, None, self._clock(), None)

    @contextmanager
    def _place(self) -> Iterator[None]:
        """Keep a place for a session while it is made."""
        self.sweep()
        with self._lock:
            if len(self._entries) + self._coming >= self._settings.max_sessions:
                raise Busy(
                    f"{self._settings.max_sessions} sessions are open: close one, or wait",
                    self._retry_after(),
                )
            self._coming += 1
        try:
            yield
        finally:
            with self._lock:
                self._coming -= 1

    def session(self, session_id: str) -> WebSession:
        """A session, which counts as used now.

        Raises:
            NotFound: there is none, or none any more.
        """
        return self._find(session_id, WebSession)

    def live(self, session_id: str) -> LiveSession:
        """A session on a live source, which counts as used now.

        Raises:
            NotFound: there is none, or none any more.
        """
        return self._find(session_id, LiveSession)

    def _find(self, session_id: str, kind: type[S]) -> S:
        with self._lock:
            entry = self._entries.get(session_id)
            if entry is None or not isinstance(entry.session, kind):
                raise _no_session(session_id)
            entry.used = self._clock()
            return entry.session

    def sessions(self) -> list[WebSession]:
        """All on videos, the newest first; none of them counts as used."""
        with self._lock:
            found = [entry.session for entry in reversed(self._entries.values())]
        return [each for each in found if isinstance(each, WebSession)]

    def sessions_on(self, video_id: str) -> int:
        """How many sessions are on a video."""
        return sum(each.video_id == video_id for each in self.sessions())

    def close_session(self, session_id: str) -> None:
        """Stop its tracking after the frame at work, and delete all that it has.

        Raises:
            NotFound: there is none, or none any more.
        """
        with self._lock:
            entry = self._entries.pop(session_id, None)
        if entry is None:
            raise _no_session(session_id)
        self._end(entry)

    def sweep(self) -> int:
        """Close sessions that weren't used for `session_ttl_sec` and don't track; how many. Every
        `create` does that too; call it every few seconds."""
        now = self._clock()
        with self._lock:
            for entry in self._entries.values():
                if isinstance(entry.session, WebSession) and entry.session.running:
                    entry.used = now
            old = [
                name
                for name, entry in self._entries.items()
                if now - entry.used >= self._settings.session_ttl_sec
            ]
            entries = [self._entries.pop(name) for name in old]
        for entry in entries:
            self._end(entry)
        return len(entries)

    def stop_runs(self, error: SamuraiError) -> None:
        """Stop all tracking in videos after the frame at work, with an error for who reads it; what
        is tracked stays."""
        for session in self.sessions():
            session.stop_run(error)

    def stored_bytes(self) -> int:
        """What the sessions hold on disk."""
        return sum(_size(file) for file in self._folder.rglob("*"))

    @property
    def frames_tracked(self) -> int:
        """Of all sessions since the start."""
        return self._tracked

    def close(self) -> None:
        """Close all sessions, and give the folder back; twice is allowed."""
        with self._lock:
            entries = list(self._entries.values())
            self._entries.clear()
        for entry in entries:
            self._end(entry)
        self._looking.close()
        self._held.close()

    # --- making and ending

    def _made(
        self, session_id: str, video_id: str, open_source: Callable[[], Source], like: str | None
    ) -> WebSession:
        folder, primed = self._folder / session_id, dict[int, ObjectId]()
        with ExitStack() as undo:
            source = open_source()
            undo.callback(source.close)
            info = source.info
            if not info.seekable or info.live or not info.frame_count:
                raise SourceError(
                    f"frames of {info.name} can't be had by number: convert it to an MP4 file"
                )
            snapshot: Snapshot | None = None
            if like is not None:
                snapshot, primed = self.session(like).objects_seen()
                undo.callback(snapshot.close)
            undo.callback(_delete, folder)
            span = Span(direction="both" if snapshot is None else "forward")
            job = Job.create(folder, source, self._tracker, [], span, like=snapshot)
            undo.callback(job.close)
            parts = Parts(
                session_id=session_id,
                video_id=video_id,
                created_at=self._time(),
                source=source,
                open_source=open_source,
                job=job,
                client_job=ClientJob(job, self.turns, primed, self._count),
                previews=Previews(self._tracker, self.turns, source),
                turns=self.turns,
                looking=self._looking,
                most_objects=self._settings.max_objects,
                touched=lambda: self._touch(session_id),
            )
            session = WebSession(parts)
            undo.pop_all()
        if snapshot is not None:
            snapshot.close()
        return session

    def _time(self) -> str:
        return self._now().isoformat(timespec="seconds")

    def _end(self, entry: _Entry) -> None:
        try:
            entry.session.close()
        finally:
            if entry.folder is not None:
                _delete(entry.folder)
            if entry.on_close is not None:
                entry.on_close()

    def _touch(self, session_id: str) -> None:
        with self._lock:
            if session_id in self._entries:
                self._entries[session_id].used = self._clock()

    def _count(self) -> None:
        with self._lock:
            self._tracked += 1

    def _retry_after(self) -> int:
        """Seconds until the session that was used least recently may expire. Hold the lock."""
        used = min((entry.used for entry in self._entries.values()), default=self._clock())
        return max(1, math.ceil(used + self._settings.session_ttl_sec - self._clock()))

    def _taken(self, holder: str) -> ConfigurationError:
        return ConfigurationError(
            f"{self._settings.data_path} is used by process {holder}: stop it, or set another "
            "data_path"
        )


def _no_session(session_id: str) -> NotFound:
    return NotFound(f"there is no session {session_id[:40]!r}: create one")


def _delete(place: Path) -> None:
    if place.is_dir() and not place.is_symlink():
        shutil.rmtree(place, ignore_errors=True)
    else:
        place.unlink(missing_ok=True)


def _size(file: Path) -> int:
    try:
        return file.lstat().st_size
    except OSError:  # deleted since it was listed
        return 0
