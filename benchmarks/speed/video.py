"""The video of a benchmark: JPEG files of a bundled sequence at another size, and boxes.

It runs forward and backward over the sequence, so that one longer than the sequence has no cut. The
first box is the sequence's own object; further ones have the same size and random places from a
fixed seed, because the content of a box doesn't change the time.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from benchmarks.footage import SEQUENCES, pictures, resized

SEQUENCE = "camera"
QUALITY = 92

BoxTuple = tuple[float, float, float, float]
"""x, y, width, height in pixels."""


@dataclass(frozen=True)
class Video:
    """JPEG files of one size, in order, named 00000.jpg and so on in a folder of their own."""

    paths: tuple[Path, ...]
    size: tuple[int, int]

    @property
    def folder(self) -> Path:
        """The folder of the frames."""
        return self.paths[0].parent

    def __len__(self) -> int:
        return len(self.paths)

    def boxes(self, count: int) -> list[BoxTuple]:
        """Boxes of that many objects in the first frame."""
        first = _object(self.size)
        width, height = first[2:]
        random = np.random.default_rng(0)
        places = random.uniform(
            (0, 0), (self.size[0] - width, self.size[1] - height), (count - 1, 2)
        )
        return [first, *((float(x), float(y), width, height) for x, y in places)]


def make_video(folder: Path, size: tuple[int, int], frames: int) -> Video:
    """Write a video of that many frames into a new folder.

    Args:
        size: width and height.
    """
    folder.mkdir(parents=True)
    sources = pictures(SEQUENCE)
    paths = []
    for number, index in enumerate(back_and_forth(len(sources), frames)):
        path = folder / f"{number:05d}.jpg"
        picture = resized(sources[index], size)
        cv2.imwrite(str(path), picture, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
        paths.append(path)
    return Video(tuple(paths), size)


def loop(video: Video, frames: int) -> Video:
    """A longer video of the same files, forward and backward."""
    return Video(
        tuple(video.paths[index] for index in back_and_forth(len(video), frames)), video.size
    )


def back_and_forth(length: int, count: int) -> list[int]:
    """0, 1, ... length - 1, length - 2, ... 0, 1 ...: `count` places without a jump."""
    if length == 1:
        return [0] * count
    period = 2 * (length - 1)
    return [min(place, period - place) for place in (n % period for n in range(count))]


def _object(size: tuple[int, int]) -> BoxTuple:
    """The box of the sequence's object in the first frame, at that size."""
    from vot.dataset import load_sequence

    from benchmarks.against_csrt.boxes import box_of

    sequence = load_sequence(str(SEQUENCES / SEQUENCE))
    box = box_of(sequence.groundtruth(0))
    assert box is not None
    across, down = size[0] / sequence.width, size[1] / sequence.height
    left, top, right, bottom = box
    return left * across, top * down, (right - left) * across, (bottom - top) * down
