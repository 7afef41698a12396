"""Whether a file was cut off: whether its outermost boxes reach beyond its end.

Decoders say nothing of frames that aren't there. MP4 and MOV (boxes), Matroska and WebM (EBML),
AVI (RIFF) state the length of what follows; other containers don't.
"""

from __future__ import annotations

import os
import struct
from pathlib import Path
from typing import BinaryIO, NamedTuple

MOST_BOXES = 100_000
"""Of a fragmented MP4: a day in fragments of two seconds."""

_BOXES = frozenset(
    (b"ftyp", b"moov", b"mdat", b"moof", b"free", b"skip", b"wide", b"styp", b"sidx")
)
_EBML, _SEGMENT = b"\x1a\x45\xdf\xa3", b"\x18\x53\x80\x67"


def is_cut_off(path: Path) -> bool:
    """Whether the file ends before its container does; False where that isn't known."""
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            head = file.read(12)
            file.seek(0)
            if head[4:8] in _BOXES:
                return _last_box(file, size).end > size
            if head[:4] == _EBML:
                return _segment_end(file) > size
            if head[:4] == b"RIFF":
                return 8 + int(struct.unpack("<I", head[4:8])[0]) > size
    except (OSError, struct.error, IndexError):
        pass
    return False


def whole_bytes(path: Path) -> int | None:
    """Of an MP4 that was cut off inside the list of a fragment, the bytes before that list.

    FFmpeg reads such a file only without it. None: it reads all of the file.
    """
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            if file.read(8)[4:] not in _BOXES:
                return None
            last = _last_box(file, size)
    except (OSError, struct.error):
        return None
    cut_list = last.end > size and last.kind not in (b"mdat", b"moov")
    return last.start if cut_list and last.start else None


class _Box(NamedTuple):
    start: int
    end: int
    kind: bytes


def _last_box(file: BinaryIO, size: int) -> _Box:
    """The outermost box at the end of an MP4, which may reach beyond it."""
    box = _Box(0, 0, b"")
    for _ in range(MOST_BOXES):
        file.seek(box.end)
        head = file.read(16)
        if not head:
            return box
        length = int(struct.unpack(">I", head[:4])[0]) if len(head) >= 8 else 8
        if length == 1:
            length = int(struct.unpack(">Q", head[8:16])[0])
        if length < 8:  # 0: to the end of the file
            length = size - box.end
        box = _Box(box.end, box.end + length, head[4:8])
        if box.end >= size:
            return box
    return box


def _segment_end(file: BinaryIO) -> int:
    """Where the segment of a Matroska file ends; 0 if it doesn't say, as in recordings."""
    file.seek(len(_EBML))
    header = _number(file)
    file.seek(file.tell() + (header or 0))
    if file.read(len(_SEGMENT)) != _SEGMENT:
        return 0
    length = _number(file)
    return 0 if length is None else file.tell() + length


def _number(file: BinaryIO) -> int | None:
    """A length of EBML; None: unknown."""
    first = file.read(1)[0]
    extra = 8 - first.bit_length()
    value = int.from_bytes(bytes([first & (0xFF >> (extra + 1))]) + file.read(extra), "big")
    return None if value == (1 << 7 * (extra + 1)) - 1 else value
