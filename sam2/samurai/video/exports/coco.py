"""COCO's JSON of a video: images with their frames, annotations with their tracks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from samurai.masks import to_coco_rle
from samurai.runtime.whole_files import part_of
from samurai.video.exports.base import ExportOptions
from samurai.video.exports.kinds import FileExport, json_box, json_line, json_number, visible
from samurai.video.exports.numbering import Numbering
from samurai.video.exports.parts import GrowingFile
from samurai.video.sources.base import VideoInfo
from samurai.video.tracked import TrackedFrame

VIDEO_ID = 1
INFO = {"description": "tracked by samurai"}


class Coco(FileExport):
    """`images`, `annotations`, `tracks`, `videos` and `categories`; none for an absent object.

    Annotations grow in `NAME.part`, images in `NAME.images.part`, so that memory doesn't.
    """

    name = "coco"
    help = "COCO's JSON with videos and tracks, masks run-length encoded"
    suffixes = (".json",)

    def __init__(self, target: Path, video: VideoInfo, options: ExportOptions) -> None:
        super().__init__(target, video, options)
        self.categories = Categories()
        self._tracks = Numbering(self.name)
        self._images = GrowingFile(part_of(target.with_name(f"{target.name}.images")))
        self._count, self._annotations = 0, 0
        self.part.append(f'{{"info":{json_line(INFO)},"licenses":[],"annotations":[')

    def add(self, frame: TrackedFrame) -> None:
        """As `Export.add`."""
        self._tracks.introduce(frame.answers)
        height, width = self.video.height, self.video.width
        annotations: list[str] = []
        for answer in frame.answers:
            category = self.categories.number(self.options.label(answer.object_id))
            box = visible(answer)
            height, width = answer.mask.shape
            if box is None:
                continue
            annotation = {
                "id": self._annotations + len(annotations) + 1,
                "image_id": frame.index + 1,
                "video_id": VIDEO_ID,
                "track_id": self._tracks[answer.object_id],
                "category_id": category,
                "segmentation": to_coco_rle(answer.mask),
                "area": int(np.count_nonzero(answer.mask)),
                "bbox": json_box(box),
                "iscrowd": 0,
                "score": json_number(answer.confidence, 6),
            }
            annotations.append(json_line(annotation))
        image: dict[str, Any] = {
            "id": frame.index + 1,
            "video_id": VIDEO_ID,
            "frame_index": frame.index,
            "file_name": frame.name or f"{frame.index:05d}.jpg",
            "width": width,
            "height": height,
        }
        if frame.seconds is not None:
            image["seconds"] = json_number(frame.seconds, 6)
        # The image first, so that no annotation is without one on a disk that is full in between.
        self._images.append(_listed([json_line(image)], first=self._count == 0))
        self._count += 1
        self.part.append(_listed(annotations, first=self._annotations == 0))
        self._annotations += len(annotations)

    def complete(self) -> None:
        """Add what is known at the end, and the images."""
        tracks = [
            {
                "id": number,
                "video_id": VIDEO_ID,
                "category_id": self.categories.number(self.options.label(object_id)),
                "object_id": object_id,
            }
            for object_id, number in self._tracks
        ]
        video = {
            "id": VIDEO_ID,
            "name": self.video.name,
            "width": self.video.width,
            "height": self.video.height,
            "length": self._count,
        }
        self.part.append('\n],"images":[')
        self.part.append_file(self._images)
        self.part.append(
            f'\n],"videos":[{json_line(video)}],"tracks":{json.dumps(tracks, ensure_ascii=False)},'
            f'"categories":{json_line(self.categories.described())}}}\n'
        )

    def clean(self) -> None:
        """Delete the list of images."""
        self._images.delete()


class Categories:
    """Labels by number from 1, in the order in which they come."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def number(self, label: str) -> int:
        """The number of a label, a new one if it hasn't come yet."""
        return self._numbers.setdefault(label, len(self._numbers) + 1)

    @property
    def labels(self) -> list[str]:
        """In the order of their numbers."""
        return list(self._numbers)

    def described(self) -> list[dict[str, Any]]:
        """As COCO's `categories`."""
        return [{"id": number, "name": label} for label, number in self._numbers.items()]


def _listed(items: list[str], *, first: bool) -> str:
    """Items of a list, a line each, behind those before them."""
    if not items:
        return ""
    return ("\n" if first else ",\n") + ",\n".join(items)
