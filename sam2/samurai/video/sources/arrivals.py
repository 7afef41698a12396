"""Pictures between the thread that receives them and the one that uses them."""

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from av.video import VideoFrame as Picture


@dataclass(frozen=True, eq=False)
class Arrival:
    """A received picture.

    Attributes:
        index: its number among all received.
        picture: not converted yet.
        seconds: since the first one.
        at: when it came, of `time.monotonic`.
    """

    index: int
    picture: Picture
    seconds: float
    at: float


class Arrivals:
    """Holds the newest picture, or the next ones until they are taken.

    Args:
        newest_only: a new picture replaces one that waits; else `put` waits while there is no room.
        most: pictures that may wait.
    """

    def __init__(self, newest_only: bool, most: int) -> None:
        self._newest_only = newest_only
        self._most = 1 if newest_only else most
        self._waiting: deque[Arrival] = deque()
        self._changed = threading.Condition()
        self._received = self._dropped = 0
        self._closed = self._ended = False
        self._error: BaseException | None = None

    def put(self, picture: Picture, seconds: float) -> None:
        """Add a picture; after `close` nothing happens."""
        with self._changed:
            arrival = Arrival(self._received, picture, seconds, time.monotonic())
            self._received += 1
            if self._newest_only:
                self._dropped += len(self._waiting)
                self._waiting.clear()
            self._changed.wait_for(lambda: self._closed or len(self._waiting) < self._most)
            if not self._closed:
                self._waiting.append(arrival)
            self._changed.notify_all()

    def skip(self) -> None:
        """Count a picture that isn't passed on."""
        with self._changed:
            self._received += 1
            self._dropped += 1

    def take(self) -> Arrival | None:
        """The next picture, which is waited for; None at the end and after `close`.

        Raises:
            SourceError: the source was lost, after all pictures were taken.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._ended or self._waiting)
            if self._waiting and not self._closed:
                arrival = self._waiting.popleft()
                self._changed.notify_all()
                return arrival
        self.check()
        return None

    def check(self) -> None:
        """Raise the error that ended the source, if one did."""
        if self._error is not None:
            raise self._error

    def end(self, error: BaseException | None) -> None:
        """Nothing more comes."""
        with self._changed:
            self._ended, self._error = True, error
            self._changed.notify_all()

    def close(self) -> None:
        """Nothing more is taken."""
        with self._changed:
            self._closed = True
            self._waiting.clear()
            self._changed.notify_all()

    def counts(self) -> tuple[int, int]:
        """Pictures received and dropped."""
        with self._changed:
            return self._received, self._dropped
