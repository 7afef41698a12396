"""DAVIS's palette images: the number of the object that each pixel belongs to."""

from __future__ import annotations

import io
from typing import ClassVar

import numpy as np

from samurai.runtime.whole_files import write_whole
from samurai.video.exports.kinds import PictureExport, without_overlap
from samurai.video.palette import palette_image
from samurai.video.tracked import TrackedFrame


class Davis(PictureExport):
    """A PNG per frame. A pixel that several objects hold goes to the one of highest confidence."""

    name = "davis"
    help = "a folder of DAVIS's palette PNGs, one per frame; up to 255 objects"
    contents = (".png",)
    most: ClassVar[int | None] = 255
    void: ClassVar[int | None] = 255  # of no object, in DAVIS's own annotations

    def add(self, frame: TrackedFrame) -> None:
        """As `Export.add`."""
        self.numbers.introduce(frame.answers)
        labels = np.zeros(self.size(frame), np.uint8)
        for answer, mask in without_overlap(frame):
            labels[mask] = self.numbers[answer.object_id]
        image = io.BytesIO()
        palette_image(labels).save(image, format="PNG", compress_level=3)
        write_whole(self.part / f"{self.stem(frame)}.png", image.getvalue())

    def taken(self, stem: str) -> bool:
        """As `PictureExport.taken`."""
        return (self.part / f"{stem}.png").exists()
