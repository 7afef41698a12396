"""The frames of a sequence, decoded ahead in a thread, all of one size.

A benchmark may look ahead, which hides the decoding behind the tracker. A challenge may not.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from samurai.errors import FrameError
from samurai.spelling import counted
from samurai.video.images import read_frame
from samurai.video.sources.reading import ReadAhead

AHEAD = 4
"""Frames that are decoded, or being decoded, beside the one that is tracked."""

Frame = NDArray[np.uint8]
Size = tuple[int, int]
Read = Callable[[str], Frame]


@dataclass(frozen=True)
class LoadedFrame:
    """A frame of a sequence.

    Attributes:
        pixels: uint8 (H, W, 3) RGB, of the size of the first frame that could be read; None for an
            image that can't be read.
        size: height and width of the image itself.
        seconds: that reading and decoding took.
        problem: why the image can't be read.
    """

    pixels: Frame | None
    size: Size
    seconds: float
    problem: str = ""

    def scale(self, video: Size) -> tuple[float, float]:
        """What x and y of a video of that size (height, width) are multiplied with for the image's
        own pixels."""
        return self.size[1] / video[1], self.size[0] / video[0]


def frames_ahead(
    paths: Sequence[Path], read: Read = read_frame, ahead: int = AHEAD
) -> Iterator[LoadedFrame]:
    """The frames in order; a thread decodes those to come, at most `ahead` of them.

    Close the iterator to end the thread before its end.
    """
    remaining = iter(paths)
    video: Size | None = None
    for path in remaining:  # until the size is known
        loaded = _load(path, read, video)
        yield loaded
        if loaded.pixels is not None:
            video = loaded.size
            break
    # one is in the thread's hands beside those that wait
    with closing(ReadAhead((_load(path, read, video) for path in remaining), ahead - 1)) as loading:
        yield from loading


def _load(path: Path, read: Read, video: Size | None) -> LoadedFrame:
    began = time.perf_counter()
    try:
        pixels = read(str(path))
    except FrameError as error:
        return LoadedFrame(None, video or (0, 0), time.perf_counter() - began, str(error))
    size = (pixels.shape[0], pixels.shape[1])
    if video is not None and size != video:
        shrinks = size[0] * size[1] > video[0] * video[1]
        way = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
        pixels = np.asarray(cv2.resize(pixels, (video[1], video[0]), interpolation=way), np.uint8)
    return LoadedFrame(pixels, size, time.perf_counter() - began)


class FrameNotes:
    """What of a sequence's images isn't as it should be, as sentences for notes."""

    def __init__(self) -> None:
        self._unreadable = 0
        self._first = ""
        self._sizes: dict[Size, int] = {}

    def see(self, index: int, loaded: LoadedFrame) -> None:
        """Take note of a frame."""
        if loaded.pixels is None:
            self._unreadable += 1
            self._first = self._first or f"frame {index} ({loaded.problem})"
        elif loaded.size not in self._sizes:
            self._sizes[loaded.size] = index

    def notes(self) -> tuple[str, ...]:
        """A sentence for each kind."""
        found = []
        if self._unreadable:
            found.append(
                f"{counted(self._unreadable, 'image')} can't be read, and the answer before is "
                f"repeated: first {self._first}"
            )
        video, *others = self._sizes or [(0, 0)]
        for size in others:
            found.append(
                f"from frame {self._sizes[size]} on there are images of {size[1]}x{size[0]}, not "
                f"{video[1]}x{video[0]}: they are resized, and their answers scaled back"
            )
        return tuple(found)
