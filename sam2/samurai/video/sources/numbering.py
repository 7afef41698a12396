"""Numbers of frames while a video is decoded, without knowing its end."""

from __future__ import annotations

import heapq


class Numbering:
    """Gives decoded pictures their places among those that the container lists.

    Packets come before their pictures, and pictures in the order of time. A packet that is earlier
    than the present picture and has given none is lost to damage: its number stays free, so that
    the others keep theirs.

    Args:
        by_time: whether a picture has the time of its packet, and each packet one picture; else
            pictures are counted.
    """

    def __init__(self, by_time: bool = True) -> None:
        self._by_time = by_time
        self._waiting: list[int] = []
        self._next = 0
        self._begun = False
        self._decoded_up_to: int | None = None
        self._shown_up_to: int | None = None

    def packet(self, pts: int | None, dts: int | None) -> None:
        """A packet goes to the decoder."""
        if not self._by_time:
            return
        last = self._decoded_up_to
        if pts is None or (dts is not None and last is not None and dts < last):
            self._by_time = False  # times are missing, or begin anew
            self._waiting.clear()
            return
        if dts is not None:
            self._decoded_up_to = dts
        heapq.heappush(self._waiting, pts)

    def begin(self, pts: int | None, number: int) -> None:
        """The next pictures follow this one, whose number is known."""
        self._drop(pts)
        self._next, self._begun, self._shown_up_to = number + 1, True, pts

    def picture(self, pts: int | None) -> int | None:
        """The number of a picture that came out of the decoder.

        None: it is earlier than one before it. Damage does that; its number has been passed.
        """
        last = self._shown_up_to
        if self._by_time and pts is not None and last is not None and pts <= last:
            return None
        self._shown_up_to = pts
        lost = self._drop(pts)
        number = self._next + (lost if self._begun else 0)
        self._next, self._begun = number + 1, True
        return number

    def _drop(self, pts: int | None) -> int:
        """Forget packets up to a time; how many are earlier than it."""
        earlier = 0
        while self._by_time and pts is not None and self._waiting and self._waiting[0] <= pts:
            earlier += heapq.heappop(self._waiting) < pts
        return earlier
