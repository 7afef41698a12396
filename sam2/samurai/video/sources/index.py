"""Which frame is where in a video file: times of all frames, and the key pictures to begin at."""

from __future__ import annotations

import bisect
import itertools
from array import array
from collections.abc import Iterator
from typing import NamedTuple

from samurai.video.sources.container import Address, Reader

STEP = 2048
"""Packets that are read at least when more are needed."""


class Key(NamedTuple):
    """A picture at which decoding may begin.

    Attributes:
        pts: when it is shown.
        seek: the time stamp by which its container finds it.
    """

    pts: int
    seek: int


class FrameIndex:
    """Times of frames by number; it reads packets only as far as it is asked for.

    Attributes:
        usable: times tell the frames apart. Where some are missing or occur twice, decoding from
            the beginning is the only way to a frame.
        by_time: each packet gives one picture with its time. Else, or where the packets' times
            prove wrong, pictures are decoded for their times.
        may_decode: whether that is allowed; it takes as long as a pass.
    """

    def __init__(self, address: Address, first: int | None, by_time: bool) -> None:
        """Nothing is read yet.

        Args:
            address: of the video.
            first: time of frame 0; packets before it give no picture.
            by_time: see above.
        """
        self.may_decode = False
        self._address = address
        self._timed, self._first = first is not None, first or 0
        self._start(by_time, self._timed)

    def _start(self, by_time: bool, usable: bool) -> None:
        self.usable, self.by_time, self.complete = usable, by_time, False
        self._reader = Reader(self._address)
        self._rows = self._listed() if by_time else self._decoded()
        self._times = array("q")
        self._keys: list[Key] = []
        self._settled = 0

    def close(self) -> None:
        """Free the container; what is known stays."""
        self._rows = iter(())
        self._reader.close()

    def reach(self, number: int | None) -> None:
        """Read on until a frame's time is known; to the end where it is None."""
        while True:
            if not self.usable:
                if not (self._timed and self.by_time and self.may_decode):
                    return
                self.close()
                self._start(by_time=False, usable=True)
            if self.complete or (number is not None and number < self._settled):
                return
            if not (self.by_time or self.may_decode):
                return
            self._read_on()

    def count(self) -> int | None:
        """The number of all frames, after reading to the end; None if unusable."""
        self.reach(None)
        return self.known_count

    @property
    def known_count(self) -> int | None:
        """The number of all frames if the end has been read."""
        return len(self._times) if self.usable and self.complete else None

    def time(self, number: int) -> int | None:
        """When a frame is shown; None if there is no such frame."""
        self.reach(number)
        return self._times[number] if number < len(self._times) else None

    def number(self, time: int) -> int:
        """The frame that is shown at a time, or the next."""
        return bisect.bisect_left(self._times, time)

    def keys_before(self, time: int) -> list[Key]:
        """Key pictures up to a time, the nearest first."""
        end = bisect.bisect_right(self._keys, time, key=lambda key: key.pts)
        return self._keys[:end][::-1]

    def _read_on(self) -> None:
        times, limit = list(self._times), None
        enough = len(times) + max(STEP, len(times) // 8)
        for pts, dts in self._rows:
            if pts is None or (dts is not None and limit is not None and dts < limit):
                self.usable = False
                return
            limit = dts
            if pts >= self._first:
                times.append(pts)
            if dts is not None and len(times) >= enough:
                break
        else:
            self.complete = True
            self.close()
        times.sort()  # nearly sorted, which is fast
        self.usable = all(one < other for one, other in itertools.pairwise(times))
        self._times = array("q", times)
        self._keys.sort()
        self._settled = bisect.bisect_right(times, limit if limit is not None else self._first)
        if self.complete:
            self._settled = len(times)

    def _listed(self) -> Iterator[tuple[int | None, int | None]]:
        """Shown and decoding times of packets."""
        for packet in self._reader.packets():
            self._note_key(packet.is_keyframe, packet.pts, packet.dts)
            if not self._reader.is_hidden(packet):
                yield packet.pts, packet.dts

    def _decoded(self) -> Iterator[tuple[int | None, int | None]]:
        """Times of pictures, which come in their order."""
        for packet in self._reader.packets():
            self._note_key(packet.is_keyframe, packet.pts, packet.dts)
            for picture in self._reader.decode(packet):
                yield picture.pts, picture.pts
        for picture in self._reader.decode(None):
            yield picture.pts, picture.pts

    def _note_key(self, is_key: bool, pts: int | None, dts: int | None) -> None:
        if is_key and pts is not None:
            self._keys.append(Key(pts, pts if dts is None else min(dts, pts)))
