"""One run over a session's frames, and the reader of its answers."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Literal, Protocol

from samurai.discovery import Discoverer
from samurai.errors import SamuraiError
from samurai.jobs.plan import Direction
from samurai.runtime.turns import Turns
from samurai.video.tracked import TrackedFrame
from samurai.web.problems import NotFound, WebError

log = logging.getLogger(__name__)

Kind = Literal["done", "cancelled", "error"]


@dataclass(frozen=True)
class Outcome:
    """How a propagation ended for its reader.

    Attributes:
        kind: done, cancelled or error.
        frames: that were read.
        error: of kind error.
    """

    kind: Kind
    frames: int
    error: SamuraiError | None = None


@dataclass(frozen=True)
class Progress:
    """How far a propagation is.

    Attributes:
        done: frames of those asked for that are as they will stay.
        total: frames asked for.
        tracked: frames that this run has tracked, also such as aren't asked for.
    """

    done: int
    total: int
    tracked: int


@dataclass(frozen=True)
class Route:
    """The frames that are read, in their order, and what is tracked for them.

    Attributes:
        parts: of the frames that are read.
        directions: asked for, in the order of tracking.
        within: frames beyond which nothing is tracked.
    """

    parts: tuple[range, ...]
    directions: tuple[Direction, ...]
    within: range

    @classmethod
    def of(
        cls, start: int, direction: str, most: int | None, length: int, anchors: list[int]
    ) -> Route:
        """What a client asked for.

        Both ways the frames from the start on come first. Where an object begins behind the start,
        they need its way back, which is tracked first then, so that answers come early.

        Args:
            most: frames per direction, the start included; None is all.
            length: frames of the video.
            anchors: frames in which objects begin.
        """
        most = length if most is None else most
        first, stop = max(0, start - most + 1), min(length, start + most)
        if direction == "forward":
            return cls((range(start, stop),), ("forward",), range(start, stop))
        if direction == "backward":
            return cls((range(start, first - 1, -1),), ("backward",), range(first, start + 1))
        ways: tuple[Direction, ...] = ("forward", "backward")
        if any(anchor > start for anchor in anchors):
            ways = ("backward", "forward")
        return cls((range(start, stop), range(start - 1, first - 1, -1)), ways, range(first, stop))


class Tracked(Protocol):
    """What a propagation needs of its session; see `ClientJob`."""

    def track(
        self,
        route: Route,
        on_frame: Callable[[], None],
        stop: threading.Event,
        discoverer: Discoverer | None = None,
    ) -> bool:
        """Track what the route asks for; False where it was stopped."""
        ...

    def is_done(self, frame: int, directions: tuple[Direction, ...]) -> bool:
        """Whether every object that the directions reach is done in a frame."""
        ...

    def left(self, parts: Sequence[range], directions: tuple[Direction, ...]) -> int:
        """In how many frames of these ranges `is_done` says no."""
        ...

    def result(self, frame: int) -> TrackedFrame:
        """The answers of a frame."""
        ...


class Propagation:
    """A run in a thread, and a cursor over the frames that were asked for.

    Made by `WebSession.propagate`. Frames come in order: forward from the start, then backward
    from the frame before it; each once, when every object is done there that the asked directions
    reach. They are read from the session's results on disk: a slow reader holds nothing up.
    Leaving the block, or closing the iterator, cancels what is still running.

    Args:
        session: whose frames are tracked.
        route: which ones.
        turns: in which the session computes.
        on_end: called when nothing runs any more.
        discoverer: looks for new objects meanwhile; it is closed at the end.
    """

    def __init__(
        self,
        session: Tracked,
        route: Route,
        turns: Turns,
        on_end: Callable[[], None],
        discoverer: Discoverer | None = None,
    ) -> None:
        self._discoverer = discoverer
        self._session, self._route, self._turns, self._on_end = session, route, turns, on_end
        self._stop = threading.Event()
        self._why: SamuraiError | None = None
        self._news = threading.Condition()
        self._version = 0
        self._ended: tuple[Kind, SamuraiError | None] | None = None
        self._asked = chain.from_iterable(route.parts)
        self._next = next(self._asked, None)
        self._read = 0
        self._outcome: Outcome | None = None
        self._reading = threading.Lock()
        self._thread = threading.Thread(target=self._work, name="samurai-propagation", daemon=True)
        self._thread.start()

    def __enter__(self) -> Propagation:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __iter__(self) -> Iterator[TrackedFrame]:
        """All frames, to the end; closing the iterator early is `close`."""
        try:
            while (frame := self.read()) is not None:
                yield frame
        finally:
            self.close()

    def read(self, timeout: float | None = None) -> TrackedFrame | None:
        """The next frame; None where none came in time, or where there is none any more: `outcome`
        tells.

        Args:
            timeout: seconds to wait; None waits to the end.

        Raises:
            JobError: stored answers are damaged.
        """
        until = None if timeout is None else time.monotonic() + timeout
        with self._reading:
            while self._outcome is None:
                version, ended = self._seen()
                try:
                    found = self._read_next(ended)
                except NotFound:  # the session is closed, and its answers are gone
                    self._outcome = Outcome("cancelled", self._read)
                    break
                if found is not None:
                    return found
                if ended is not None:
                    self._outcome = Outcome(ended[0], self._read, ended[1])
                elif not self._wait(version, until):
                    break
            return None

    @property
    def outcome(self) -> Outcome | None:
        """How it ended; None while frames may still come."""
        return self._outcome

    @property
    def progress(self) -> Progress:
        """How far it is.

        Raises:
            NotFound: the session is closed.
        """
        parts, directions = self._route.parts, self._route.directions
        total = sum(map(len, parts))
        with self._news:
            tracked = self._version
        return Progress(total - self._session.left(parts, directions), total, tracked)

    @property
    def running(self) -> bool:
        """Whether frames are being tracked."""
        with self._news:
            return self._ended is None

    def cancel(self) -> bool:
        """Stop after the frame at work, and wait for that; answers so far stay, and are read.

        Returns:
            Whether it was running; a second call says False.
        """
        with self._news:
            first = self._ended is None and not self._stop.is_set()
            self._stop.set()
        self._turns.recheck()
        self._thread.join()
        return first and self._ended is not None and self._ended[0] == "cancelled"

    def stop(self, error: SamuraiError) -> None:
        """Stop after the frame at work, without waiting for that: it ends with this error unless it
        has ended, or was cancelled. Answers so far stay, and are read."""
        with self._news:
            if not self._stop.is_set():
                self._why = error
            self._stop.set()
        self._turns.recheck()

    def close(self) -> None:
        """The reader goes away: cancel."""
        self.cancel()

    # --- the run

    def _work(self) -> None:
        ended: tuple[Kind, SamuraiError | None]
        try:
            over = self._session.track(self._route, self._advanced, self._stop, self._discoverer)
            ended = ("done", None) if over else ("cancelled", None)
            if not over and self._why is not None:
                ended = ("error", self._why)
        except SamuraiError as error:
            ended = ("error", error)
        except Exception as error:
            log.exception("tracking failed")
            ended = (
                "error",
                WebError(
                    f"tracking failed ({type(error).__name__}: {error}): what was answered stays; "
                    "try again, and report it"
                ),
            )
        if self._discoverer is not None:
            self._discoverer.close()
        self._on_end()
        with self._news:
            self._ended = ended
            self._news.notify_all()

    def _advanced(self) -> None:
        with self._news:
            self._version += 1
            self._news.notify_all()

    # --- the reader

    def _seen(self) -> tuple[int, tuple[Kind, SamuraiError | None] | None]:
        with self._news:
            return self._version, self._ended

    def _read_next(self, ended: tuple[Kind, SamuraiError | None] | None) -> TrackedFrame | None:
        """The next frame, if it is as it will stay. After a run that came to its end each is: what
        a prompt made stale since then is for another run."""
        frame = self._next
        if frame is None:
            return None
        over = ended is not None and ended[0] == "done"
        if not over and not self._session.is_done(frame, self._route.directions):
            return None
        found = self._session.result(frame)
        self._next, self._read = next(self._asked, None), self._read + 1
        return found

    def _wait(self, version: int, until: float | None) -> bool:
        """Wait for news; False where the time is up."""
        with self._news:
            return self._news.wait_for(
                lambda: self._version != version or self._ended is not None,
                None if until is None else max(0.0, until - time.monotonic()),
            )
