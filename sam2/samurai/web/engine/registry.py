"""All sessions of a server: limits, time to live, and the device that they share."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime

from samurai.tracker import Tracker
from samurai.video.sources.base import Source
from samurai.web.engine.session import WebSession
from samurai.web.settings import WebSettings


class Engine:
    """Makes, finds and closes sessions. One per device and folder of data.

    Args:
        tracker: loaded and warmed up; its device is shared in fair turns.
        settings: limits, and the folder in which sessions live.
        clock: seconds, for the time to live.
        now: for `created_at`.

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
        now: Callable[[], datetime] | None = None,
    ) -> None:
        raise NotImplementedError

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
            SourceError: the video can't be opened.
            SessionError, JobError: `like` has nothing yet, or can't be used with this model.
        """
        raise NotImplementedError

    def session(self, session_id: str) -> WebSession:
        """A session, which counts as used now.

        Raises:
            NotFound: there is none, or none any more.
        """
        raise NotImplementedError

    def sessions(self) -> list[WebSession]:
        """All, the newest first; none of them counts as used."""
        raise NotImplementedError

    def sessions_on(self, video_id: str) -> int:
        """How many sessions are on a video."""
        raise NotImplementedError

    def close_session(self, session_id: str) -> None:
        """Stop its tracking after the frame at work, and delete all that it has.

        Raises:
            NotFound: there is none, or none any more.
        """
        raise NotImplementedError

    def sweep(self) -> int:
        """Close sessions that weren't used for `session_ttl_sec` and don't track; how many. Every
        `create` does that too; call it every few seconds."""
        raise NotImplementedError

    def stored_bytes(self) -> int:
        """What the sessions hold on disk."""
        raise NotImplementedError

    @property
    def frames_tracked(self) -> int:
        """Of all sessions since the start."""
        raise NotImplementedError

    def close(self) -> None:
        """Close all sessions, and give the folder back; twice is allowed."""
        raise NotImplementedError
