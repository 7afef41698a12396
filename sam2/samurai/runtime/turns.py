"""Fair turns at one device: frames of several videos in the order in which they asked, and prompts
of people before them."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

PROMPTS_IN_A_ROW = 4
"""Prompts that may overtake a waiting frame, one after the other."""


class Turns:
    """A lock that is given in the order in which it was asked for; prompts overtake frames.

    Whoever releases it and asks again comes after all who wait. It can't be taken twice by one
    thread.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._frames: deque[object] = deque()
        self._prompts: deque[object] = deque()
        self._taken = False
        self._overtaken = 0

    @property
    def waiting(self) -> int:
        """How many wait for their turn."""
        with self._changed:
            return len(self._frames) + len(self._prompts)

    @contextmanager
    def frame(self, withdrawn: threading.Event | None = None) -> Iterator[bool]:
        """Hold the device for one frame of a video.

        Args:
            withdrawn: once it is set, `recheck` ends the wait.

        Yields:
            Whether the turn was given; False if it was withdrawn first.
        """
        with self._turn(self._frames, withdrawn) as given:
            yield given

    @contextmanager
    def prompt(self) -> Iterator[None]:
        """Hold the device for the prompt of a person who waits for the answer."""
        with self._turn(self._prompts, None):
            yield

    def recheck(self) -> None:
        """Let those who wait see whether they were withdrawn."""
        with self._changed:
            self._changed.notify_all()

    @contextmanager
    def _turn(self, queue: deque[object], withdrawn: threading.Event | None) -> Iterator[bool]:
        ticket = object()
        given = self._wait(queue, ticket, withdrawn)
        try:
            yield given
        finally:
            if given:
                with self._changed:
                    self._taken = False
                    self._changed.notify_all()

    def _wait(
        self, queue: deque[object], ticket: object, withdrawn: threading.Event | None
    ) -> bool:
        with self._changed:
            queue.append(ticket)
            try:
                self._changed.wait_for(
                    lambda: self._is_next(ticket) or (withdrawn is not None and withdrawn.is_set())
                )
                if withdrawn is not None and withdrawn.is_set():
                    return False
                self._taken = True
                self._overtaken = self._overtaken + 1 if queue is self._prompts else 0
                return True
            finally:
                queue.remove(ticket)
                self._changed.notify_all()

    def _is_next(self, ticket: object) -> bool:
        if self._taken:
            return False
        patient = self._overtaken < PROMPTS_IN_A_ROW or not self._frames
        first = self._prompts if self._prompts and patient else self._frames
        return first[0] is ticket
