"""Sequences of colored objects on the move, with ground truth of any kind that VOT has used.

Frames are 64x48. Every object has a color of its own and a path that is a formula. In the HIDDEN
frames it is painted as background although it is annotated (a tracker loses it); in the ABSENT
frames it is neither painted nor annotated, if the kind of data knows absence.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

WIDTH, HEIGHT = 64, 48
BACKGROUND = (70, 70, 70)
COLORS = [(230, 40, 40), (40, 220, 60), (60, 80, 240), (240, 230, 50)]
HIDDEN = range(6, 12)
ABSENT = range(20, 32)

Picture = NDArray[np.uint8]


@dataclass(frozen=True)
class Data:
    """What sequences of a stack look like.

    Attributes:
        region: how objects are annotated: rectangle, polygon, mask or point.
        starts: the first frame of each object; several objects have several files.
        length: frames per sequence.
        absence: whether objects are away in the ABSENT frames, and annotated so.
        anchors: whether there is a first (forward) and a last (backward) anchor.
        channels: image channels; the one called color is what the tracker sees.
        ignored: whether there are masks to ignore, and a tag for the frames to evaluate.
        fps: frames per second, the clock of real-time experiments.
    """

    region: str = "rectangle"
    starts: Sequence[int] = (0,)
    length: int = 30
    absence: bool = False
    anchors: bool = False
    channels: Sequence[str] = ("color",)
    ignored: bool = False
    fps: int = 20

    def write(self, folder: Path, names: Sequence[str] = ("first", "second")) -> None:
        """Writes sequences and their list, in the toolkit's default format."""
        folder.mkdir(parents=True)
        (folder / "list.txt").write_text("".join(f"{name}\n" for name in names))
        for number, name in enumerate(names):
            self._write_sequence(folder / name, phase=0.7 * number)

    def _write_sequence(self, root: Path, phase: float) -> None:
        for channel in self.channels:
            (root / channel).mkdir(parents=True)
            for frame in range(self.length):
                picture = Image.fromarray(self._picture(frame, phase))
                picture.save(root / channel / f"{frame + 1:08d}.png", compress_level=1)
        several = len(self.starts) > 1
        for index in range(len(self.starts)):
            file = f"groundtruth_{index:03d}.txt" if several else "groundtruth.txt"
            self._write_lines(root / file, [self._line(index, f, phase) for f in self._frames])
        if self.anchors:
            ends = {0: "1", self.length - 1: "-1"}
            self._write_lines(root / "anchor.value", [ends.get(f, "0") for f in self._frames])
        if self.ignored:
            corner = "m0,0,6,6,0,36"
            self._write_lines(root / "groundtruth__ignore.txt", [corner] * self.length)
            tags = [str(int(frame % 15 > 0)) for frame in self._frames]
            self._write_lines(root / "evaluation.tag", tags)
        channels = "".join(f"channels.{name}={name}/%08d.png\n" for name in self.channels)
        (root / "sequence").write_text(
            f"{channels}fps={self.fps}\nformat=default\nname={root.name}\n"
            f"width={WIDTH}\nheight={HEIGHT}\nlength={self.length}\n"
        )

    @property
    def _frames(self) -> range:
        return range(self.length)

    @staticmethod
    def _write_lines(file: Path, lines: list[str]) -> None:
        file.write_text("".join(f"{line}\n" for line in lines))

    def _picture(self, frame: int, phase: float) -> Picture:
        picture = np.full((HEIGHT, WIDTH, 3), BACKGROUND, np.uint8)
        for index in range(len(self.starts)):
            if self._is_there(frame) and frame not in HIDDEN:
                picture[inside(box(index, frame, phase))] = COLORS[index]
        return picture

    def _is_there(self, frame: int) -> bool:
        return not (self.absence and frame in ABSENT)

    def _line(self, index: int, frame: int, phase: float) -> str:
        """The annotation of an object in a frame, in VOT's text format."""
        if frame < self.starts[index]:
            return "0"
        place = box(index, frame, phase)
        x, y, width, height = place
        if self.region == "mask":
            return (
                f"m{x},{y},{width},{height},0,{width * height}" if self._is_there(frame) else EMPTY
            )
        if not self._is_there(frame):
            return "nan,nan,nan,nan" if self.region == "rectangle" else "0"
        if self.region == "point":
            return f"{x + 0.25 * width},{y + 0.5 * height}"
        if self.region == "polygon":
            corners = [(x, y), (x + width, y), (x + width, y + height), (x, y + height)]
            return ",".join(f"{a},{b}" for a, b in corners)
        return ",".join(str(value) for value in place)


EMPTY = "m0,0,0,0,0"


def box(index: int, frame: int, phase: float) -> tuple[int, int, int, int]:
    """Where an object is: left, top, width and height in whole pixels. Objects don't overlap."""
    x = 22 + 18 * math.sin(frame / 11 + phase + index)
    return round(x), 1 + 12 * index, 13 + round(3 * math.sin(frame / 7)), 10


def inside(place: tuple[int, int, int, int]) -> NDArray[np.bool_]:
    """The pixels (HEIGHT, WIDTH) of a box."""
    x, y, width, height = place
    pixels = np.zeros((HEIGHT, WIDTH), np.bool_)
    pixels[max(y, 0) : y + height, max(x, 0) : x + width] = True
    return pixels
