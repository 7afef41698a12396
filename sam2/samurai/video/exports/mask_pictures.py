"""Masks as images, one per object and frame."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from samurai.runtime.whole_files import storing, write_whole
from samurai.video.exports.base import ExportOptions
from samurai.video.exports.kinds import PictureExport
from samurai.video.sources.base import VideoInfo
from samurai.video.tracked import TrackedFrame


class MaskPictures(PictureExport):
    """`001/00000.png`: a folder per object, 255 on the object and 0 elsewhere; objects may share
    pixels. An absent object has an empty mask."""

    name = "masks"
    help = "a folder per object with a black and white PNG per frame"
    contents = (".png",)

    def __init__(self, target: Path, video: VideoInfo, options: ExportOptions) -> None:
        super().__init__(target, video, options)
        self._stems: set[str] = set()

    def add(self, frame: TrackedFrame) -> None:
        """As `Export.add`."""
        self.numbers.introduce(frame.answers)
        stem = self.stem(frame)
        if frame.name:  # numbers are never taken twice
            self._stems.add(stem)
        for answer in frame.answers:
            folder = self.part / f"{self.numbers[answer.object_id]:03d}"
            with storing(folder):
                folder.mkdir(exist_ok=True)
            mask = np.zeros_like(answer.mask) if answer.absent else answer.mask
            write_whole(folder / f"{stem}.png", _png(mask))

    def taken(self, stem: str) -> bool:
        """As `PictureExport.taken`."""
        return stem in self._stems


def _png(mask: NDArray[np.bool_]) -> bytes:
    from PIL import Image

    image = io.BytesIO()
    Image.fromarray(mask.astype(np.uint8) * np.uint8(255)).save(
        image, format="PNG", compress_level=3
    )
    return image.getvalue()
