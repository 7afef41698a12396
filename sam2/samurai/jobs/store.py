"""Answers on disk: a file per object, to which records are appended; later ones count.

In memory there is the offset of each frame's record, eight bytes. A record that a crash cut off is
cut away when the file is opened.
"""

from __future__ import annotations

import os
import struct
import zlib
from array import array
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from samurai.errors import JobError
from samurai.jobs.plan import Span
from samurai.masks import PackedMask
from samurai.regions import Answer, Box, ObjectId
from samurai.runtime.whole_files import part_of, storing, whole_file

_HEADER = struct.Struct("<4sIIQI")  # magic, CRC of the rest, length of the payload, frame, pass
_CHECKED = struct.Struct("<IQI")
_MAGIC = b"sjr1"
_ANSWER = struct.Struct("<BdddddII")  # flags, confidence, box, height, width
_ABSENT, _PROMPTED, _BOX = 1, 2, 4
_NONE = -1


class RecordFile:
    """Records by frame, in one file.

    Args:
        file: made with the first record.
        span: whose frames have records.
    """

    def __init__(self, file: Path, span: Span) -> None:
        self._file, self._span = file, span
        self._offsets = array("q")
        self._end = self._dead = 0
        if file.exists():
            self._scan()

    def places(self) -> Iterator[int]:
        """Of frames that have a record, ascending."""
        return (place for place, offset in enumerate(self._offsets) if offset != _NONE)

    def has(self, place: int) -> bool:
        """Whether a frame has a record."""
        return place < len(self._offsets) and self._offsets[place] != _NONE

    def pass_of(self, place: int) -> int:
        """The number of the pass that wrote a frame's record; -1 where there is none."""
        if not self.has(place):
            return -1
        with self._file.open("rb") as stream:
            stream.seek(self._offsets[place])
            return int(_HEADER.unpack(stream.read(_HEADER.size))[4])

    def read(self, place: int) -> bytes | None:
        """The payload of a frame's record; None where there is none.

        Raises:
            JobError: it is damaged, or can't be read.
        """
        if not self.has(place):
            return None
        try:
            with self._file.open("rb") as stream:
                stream.seek(self._offsets[place])
                return _payload(stream.read(_HEADER.size), stream.read)
        except (OSError, ValueError, struct.error) as error:
            raise JobError(
                f"the record of frame {self._span.frame(place)} in {self._file} is damaged "
                f"({error}): delete the file, and track again"
            ) from error

    def write(self, place: int, number: int, payload: bytes) -> bool:
        """Append a record unless that frame has an equal one; whether it was appended.

        Args:
            place: of the frame in the span.
            number: of the pass that writes it.
            payload: what is stored.

        Raises:
            StorageError: it can't be written; records so far are whole.
        """
        before = self.read(place)
        if before == payload:
            return False
        frame = self._span.frame(place)
        checked = _CHECKED.pack(len(payload), frame, number)
        crc = zlib.crc32(payload, zlib.crc32(checked))
        record = _HEADER.pack(_MAGIC, crc, len(payload), frame, number) + payload
        with storing(self._file):
            self._append(record)
        if before is not None:
            self._dead += _HEADER.size + len(before)
        self._note(place, self._end)
        self._end += len(record)
        return True

    def sync(self) -> None:
        """Wait until the records are on the disk, not in the system's memory alone.

        Raises:
            StorageError: they can't be written.
        """
        if self._end:
            with storing(self._file), self._file.open("rb") as stream:
                os.fsync(stream.fileno())

    def compact(self) -> None:
        """Write the file anew, in the order of frames, if it has records that don't count.

        Raises:
            StorageError: it can't be written; the file is as it was.
        """
        if not self._dead:
            return
        offsets, end = array("q", self._offsets), 0
        with whole_file(self._file) as part, self._file.open("rb") as old, part.open("wb") as new:
            for place in self.places():
                old.seek(self._offsets[place])
                header = old.read(_HEADER.size)
                new.write(header + old.read(_HEADER.unpack(header)[2]))
                offsets[place], end = end, new.tell()
            new.flush()
            os.fsync(new.fileno())
        self._offsets, self._end, self._dead = offsets, end, 0

    def delete(self) -> None:
        """Delete the file."""
        self._file.unlink(missing_ok=True)
        self._offsets, self._end, self._dead = array("q"), 0, 0

    def _append(self, record: bytes) -> None:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self._file, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o666)
        try:
            written = 0
            try:
                while written < len(record):
                    written += os.pwrite(descriptor, record[written:], self._end + written)
            except BaseException:
                os.ftruncate(descriptor, self._end)
                raise
        finally:
            os.close(descriptor)

    def _note(self, place: int, offset: int) -> None:
        missing = place + 1 - len(self._offsets)
        if missing > 0:
            self._offsets.extend([_NONE] * missing)
        self._offsets[place] = offset

    def _scan(self) -> None:
        """Find all whole records, and cut off what follows them."""
        with storing(self._file):
            part_of(self._file).unlink(missing_ok=True)
            with self._file.open("rb") as stream:
                lengths = array("q")
                while True:
                    header = stream.read(_HEADER.size)
                    try:
                        payload = _payload(header, stream.read)
                        frame = _HEADER.unpack(header)[3]
                        place, rest = divmod(frame - self._span.start, self._span.stride)
                    except (ValueError, struct.error):
                        break
                    if rest or place < 0:
                        break
                    if self.has(place):
                        self._dead += lengths[place]
                    self._note(place, self._end)
                    lengths.extend([0] * (place + 1 - len(lengths)))
                    lengths[place] = _HEADER.size + len(payload)
                    self._end += lengths[place]
            if self._end < self._file.stat().st_size:
                os.truncate(self._file, self._end)


def _payload(header: bytes, read: Callable[[int], bytes]) -> bytes:
    """What follows a header.

    Raises:
        ValueError, struct.error: header or payload aren't whole.
    """
    magic, crc, length, frame, number = _HEADER.unpack(header)
    if magic != _MAGIC:
        raise ValueError("no record begins here")
    payload = read(length)
    checked = _CHECKED.pack(length, frame, number)
    if len(payload) != length or zlib.crc32(payload, zlib.crc32(checked)) != crc:
        raise ValueError("the checksum differs")
    return payload


def packed_answer(answer: Answer) -> bytes:
    """An answer without its object's identity."""
    box = answer.box
    flags = _ABSENT * answer.absent | _PROMPTED * answer.prompted | _BOX * (box is not None)
    corners = (0.0, 0.0, 0.0, 0.0) if box is None else (box.x, box.y, box.width, box.height)
    mask = PackedMask.of(answer.mask)
    numbers = _ANSWER.pack(flags, answer.confidence, *corners, *mask.shape)
    return numbers + zlib.compress(mask.runs.astype("<u4").tobytes(), 1)


def unpacked_score(payload: bytes) -> tuple[float, bool]:
    """Confidence, and whether the object is absent, of what `packed_answer` packed."""
    flags, confidence, *_ = _ANSWER.unpack_from(payload)
    return float(confidence), bool(flags & _ABSENT)


def unpacked_answer(object_id: ObjectId, payload: bytes) -> Answer:
    """What `packed_answer` packed."""
    flags, confidence, x, y, width, height, rows, columns = _ANSWER.unpack_from(payload)
    runs = np.frombuffer(zlib.decompress(payload[_ANSWER.size :]), "<u4").astype(np.uint32)
    return Answer(
        object_id,
        PackedMask(runs, (rows, columns)).mask,
        Box(x, y, width, height) if flags & _BOX else None,
        confidence,
        bool(flags & _ABSENT),
        bool(flags & _PROMPTED),
    )


def without_pixels_of(answer: Answer, kept: Iterable[bytes | None]) -> Answer:
    """An answer without the pixels of others, which are packed and stay in its frame."""
    for payload in kept:
        if payload is not None:
            theirs = unpacked_answer(answer.object_id, payload).mask
            if (answer.mask & theirs).any():
                mask = answer.mask & ~theirs
                box = Box.of_mask(mask)
                confidence = answer.confidence if box else 0.0
                answer = replace(
                    answer, mask=mask, box=box, confidence=confidence, absent=box is None
                )
    return answer


_FRAME = struct.Struct("<?d?")


def packed_frame(seconds: float | None, name: str | None) -> bytes:
    """Time and name of a frame."""
    head = _FRAME.pack(seconds is not None, seconds or 0.0, name is not None)
    return head + (name or "").encode("utf-8", "surrogateescape")


def unpacked_frame(payload: bytes | None) -> tuple[float | None, str | None]:
    """What `packed_frame` packed; nothing is known of None."""
    if payload is None:
        return None, None
    timed, seconds, named = _FRAME.unpack_from(payload)
    name = payload[_FRAME.size :].decode("utf-8", "surrogateescape")
    return seconds if timed else None, name if named else None
