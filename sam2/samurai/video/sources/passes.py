"""Passes over a video file: its pictures in order, from any frame on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from samurai.video.sources.beginning import Beginning
from samurai.video.sources.container import Reader
from samurai.video.sources.index import FrameIndex, Key
from samurai.video.sources.numbering import Numbering

if TYPE_CHECKING:
    from av.video import VideoFrame as Picture

NEAR = 64
"""Frames that are decoded on the way to another rather than sought."""

CLOSEST, PASSED_OVER = 4, 2
"""Key pictures that are tried for a frame, and after how many tries it counts as lost."""


class Numbered(NamedTuple):
    """A decoded picture and its number."""

    number: int
    picture: Picture


class Pass:
    """Decodes a file; it has one container, which it opens again where seeking fails.

    Args:
        beginning: of the file.
        index: gives its index, when a frame has to be sought.
    """

    def __init__(self, beginning: Beginning, index: Callable[[], FrameIndex]) -> None:
        self._beginning = beginning
        self._index = index
        self._reader: Reader | None = None
        self._faults = 0

    @property
    def faults(self) -> int:
        """Damaged packets and places met so far."""
        return self._faults + (self._reader.faults if self._reader else 0)

    def close(self) -> None:
        """Free the container."""
        if self._reader is not None:
            self._faults += self._reader.faults
            self._reader.close()
            self._reader = None

    def pictures(self, start: int) -> Iterator[Numbered]:
        """All pictures from a number on, in order; lost ones are missing."""
        index = self._index() if start > NEAR else None
        time = index.time(start) if index else None
        if index is None or not index.usable:
            return self._from_beginning(start)
        if time is None:
            return iter(())
        return self._sought(index, time, start) or self._from_beginning(start)

    def collect(self, first: int, last: int, wanted: set[int]) -> dict[int, Picture]:
        """The wanted pictures between two numbers."""
        kept = {}
        for number, picture in self.pictures(first):
            if number in wanted:
                kept[number] = picture
            if number >= last:
                break
        return kept

    def _from_beginning(self, start: int) -> Iterator[Numbered]:
        self.close()
        self._reader = Reader(self._beginning.address)
        numbering = Numbering(self._beginning.by_time)
        for picture in decoded(self._reader, numbering):
            number = numbering.picture(picture.pts)
            if number is None:
                self._faults += 1
            elif number >= start:
                yield Numbered(number, picture)

    def _sought(self, index: FrameIndex, time: int, start: int) -> Iterator[Numbered] | None:
        """From the frame of a time on; None where no key picture leads to it."""
        keys = index.keys_before(time)
        passed_over = 0
        for attempt in range(CLOSEST):
            place = 2**attempt - 1
            if place >= len(keys):
                return None
            numbering = Numbering(index.by_time)
            pictures = self._decoded_from(keys[place], time, numbering)
            first = next((each for each in pictures if each.pts is None or each.pts >= time), None)
            if first is None or first.pts is None:
                continue
            passed_over += first.pts > time
            if first.pts == time or passed_over == PASSED_OVER:
                number = index.number(first.pts)
                numbering.begin(first.pts, number)
                return self._follow(Numbered(number, first), pictures, numbering)
        return None

    def _decoded_from(self, key: Key, time: int, numbering: Numbering) -> Iterator[Picture]:
        """Pictures from a key picture on; none where its container goes somewhere later."""
        if self._reader is None:
            self._reader = Reader(self._beginning.address)
        if not self._reader.seek(key.seek):
            return iter(())
        return decoded(self._reader, numbering, no_later_than=time)

    def _follow(
        self, first: Numbered, pictures: Iterator[Picture], numbering: Numbering
    ) -> Iterator[Numbered]:
        yield first
        for picture in pictures:
            number = numbering.picture(picture.pts)
            if number is None:
                self._faults += 1
            else:
                yield Numbered(number, picture)


def decoded(
    reader: Reader, numbering: Numbering, no_later_than: int | None = None
) -> Iterator[Picture]:
    """The pictures from where a reader is; `numbering` learns of the packets.

    Args:
        reader: at the beginning, or after `seek`.
        numbering: for packets that are shown.
        no_later_than: after a seek, the time that the first key picture must not exceed. Pictures
            before that key picture need earlier ones, which are not there, and are left out.
    """
    landed: int | None = None
    for packet in reader.packets():
        if no_later_than is not None and landed is None:
            if not packet.is_keyframe or packet.pts is None:
                continue
            if packet.pts > no_later_than:
                return
            landed = packet.pts
        if not reader.is_hidden(packet):
            numbering.packet(packet.pts, packet.dts)
        yield from _from_key(reader.decode(packet), landed)
    yield from _from_key(reader.decode(None), landed)


def _from_key(pictures: list[Picture], landed: int | None) -> Iterator[Picture]:
    for picture in pictures:
        if landed is None or (picture.pts is not None and picture.pts >= landed):
            yield picture
