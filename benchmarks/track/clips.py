"""Videos for the measurements, encoded from a bundled sequence."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.footage import pictures, resized
from samurai import Box, Mask
from samurai.video.images import read_frame
from samurai.video.prompts.files import read_prompts
from samurai.video.writing.opening import open_writer

SEQUENCE = "camera"
RATE = 30.0


def frames(size: tuple[int, int]) -> list[NDArray[np.uint8]]:
    """The frames of the sequence, RGB."""
    shown = [resized(picture, size) for picture in pictures(SEQUENCE)]
    return [np.asarray(cv2.cvtColor(frame, cv2.COLOR_BGR2RGB), np.uint8) for frame in shown]


def back_and_forth(pictures: list[NDArray[np.uint8]], count: int) -> Iterator[NDArray[np.uint8]]:
    """So many frames without a cut: the sequence forward, backward, and so on."""
    for number in range(count):
        place = number % (2 * len(pictures) - 2)
        yield pictures[min(place, 2 * len(pictures) - 2 - place)]


def first_box(size: tuple[int, int]) -> Box:
    """The object of the sequence in its first frame, at another size."""
    picture = pictures(SEQUENCE)[0]
    height, width = read_frame(str(picture)).shape[:2]
    [prompt] = read_prompts(picture.parents[1] / "groundtruth.txt", frame_size=(height, width))
    assert isinstance(prompt.region, Mask)
    box = Box.of_mask(prompt.region.array)
    assert box is not None
    x, y = size[0] / width, size[1] / height
    return Box(box.x * x, box.y * y, box.width * x, box.height * y)


def write_clip(path: Path, size: tuple[int, int], count: int) -> None:
    """An MP4 (H.264) of so many frames."""
    writer = open_writer(path, size=size, rate=RATE)
    for number, frame in enumerate(back_and_forth(frames(size), count)):
        writer.add(frame, number / RATE)
    writer.finish()
