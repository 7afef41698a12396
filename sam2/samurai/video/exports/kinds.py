"""What exports have in common: of files, and of folders."""

from __future__ import annotations

import json
import shutil
from abc import abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from samurai.masks import separated
from samurai.regions import Answer, Box, ObjectId
from samurai.runtime.whole_files import delete_file, part_of, write_whole
from samurai.video.exports.base import Export, ExportOptions
from samurai.video.exports.numbering import Numbering
from samurai.video.exports.parts import (
    GrowingFile,
    check_file_target,
    check_folder_target,
    fresh_folder,
    replace_folder,
)
from samurai.video.sources.base import VideoInfo
from samurai.video.tracked import TrackedFrame

BoolMask = NDArray[np.bool_]

OBJECTS = "objects.json"
"""The file that says which number is which object."""


class FileExport(Export):
    """An export of one file, which grows in `NAME.part`.

    Attributes:
        part: the growing file.
        numbers: of objects, for formats that number them. Where a number isn't the object's id, or
            where objects have labels, `NAME.objects.json` says which is which.
    """

    place: ClassVar[Literal["file", "folder"]] = "file"
    numbers: Numbering | None = None

    def __init__(self, target: Path, video: VideoInfo, options: ExportOptions) -> None:
        super().__init__(target, video, options)
        check_file_target(target)
        self.part = GrowingFile(part_of(target))

    @classmethod
    def side_file(cls, target: Path) -> Path:
        """As `Export.side_file`."""
        return target.with_name(f"{target.name}.{OBJECTS}")

    def complete(self) -> None:
        """Write what belongs at the end of the file.

        Raises:
            StorageError: it can't be written.
        """

    def clean(self) -> None:
        """Delete what else was written."""

    def finish(self) -> None:
        """As `Export.finish`."""
        self.complete()
        objects = self.side_file(self.target)
        if self.numbers is not None:
            if self.numbers.tells(self.options):
                write_whole(objects, self.numbers.described(self.options))
            else:
                delete_file(objects)  # of an earlier run, whose file is replaced
        self.part.rename(self.target)
        self.clean()

    def discard(self) -> None:
        """As `Export.discard`."""
        self.part.delete()
        self.clean()


class FolderExport(Export):
    """An export of a folder, which fills as `NAME.part`.

    Class attributes:
        contents: suffixes of the files in it. An older folder is replaced only if it has no others.

    Attributes:
        part: the folder while it fills.
        numbers: of objects. Where a number isn't the object's id, or where objects have labels, the
            folder's `objects.json` says which is which.
    """

    place: ClassVar[Literal["file", "folder"]] = "folder"
    contents: ClassVar[tuple[str, ...]]
    most: ClassVar[int | None] = None
    """Largest number of an object."""
    void: ClassVar[int | None] = None
    """A number that readers may take for something else."""

    def __init__(self, target: Path, video: VideoInfo, options: ExportOptions) -> None:
        super().__init__(target, video, options)
        self.check_target(target)
        self.part = fresh_folder(part_of(target))
        self.numbers = Numbering(self.name, self.most, self.void)

    @classmethod
    def check_target(cls, target: Path) -> None:
        """As `Export.check_target`."""
        check_folder_target(target, (*cls.contents, OBJECTS))

    @classmethod
    def check_objects(cls, object_ids: Sequence[ObjectId]) -> None:
        """As `Export.check_objects`."""
        Numbering(cls.name, cls.most, cls.void).check(object_ids)

    def complete(self) -> None:
        """Write what belongs to the whole.

        Raises:
            StorageError: it can't be written.
        """

    def finish(self) -> None:
        """As `Export.finish`."""
        self.complete()
        if self.numbers.tells(self.options):
            write_whole(self.part / OBJECTS, self.numbers.described(self.options))
        replace_folder(self.part, self.target)

    def discard(self) -> None:
        """As `Export.discard`."""
        shutil.rmtree(self.part, ignore_errors=True)


class PictureExport(FolderExport):
    """A folder with files per frame, named after the frames' own files, or by their numbers.

    Two frames never share a name, and none has one of `reserved`.
    """

    reserved: ClassVar[tuple[str, ...]] = ()

    def __init__(self, target: Path, video: VideoInfo, options: ExportOptions) -> None:
        super().__init__(target, video, options)
        self._digits = max(5, len(str((video.frame_count or 0) - 1)))

    def stem(self, frame: TrackedFrame) -> str:
        """The name of a frame's files, without suffix."""
        number = f"{frame.index:0{self._digits}d}"
        stem = Path(frame.name).stem if frame.name else number
        return f"{stem}-{number}" if stem in self.reserved or self.taken(stem) else stem

    @abstractmethod
    def taken(self, stem: str) -> bool:
        """Whether an earlier frame has the name."""

    def size(self, frame: TrackedFrame) -> tuple[int, int]:
        """Height and width of a frame."""
        for answer in frame.answers:
            return answer.mask.shape[0], answer.mask.shape[1]
        return self.video.height, self.video.width


def visible(answer: Answer) -> Box | None:
    """Where the object is; None if it is absent."""
    return None if answer.absent else answer.box


def without_overlap(frame: TrackedFrame) -> list[tuple[Answer, BoolMask]]:
    """The visible objects with masks that share no pixel: the object of the highest confidence has
    it, of equals the first. One that has none left is not among them."""
    answers = [answer for answer in frame.answers if visible(answer) is not None]
    if not answers:
        return []
    confidence = [np.float32(answer.confidence) for answer in answers]
    masks = separated(
        [answer.mask for answer in answers],
        lambda number: np.broadcast_to(confidence[number], answers[number].mask.shape),
    )
    return [(answer, mask) for answer, mask in zip(answers, masks, strict=True) if mask.any()]


def decimal(value: float, digits: int = 4) -> str:
    """A number as short as it can be."""
    return repr(round(float(value), digits)).removesuffix(".0")


def json_number(value: float, digits: int = 4) -> float | int:
    """A number that JSON writes as short as it can be."""
    rounded = round(float(value), digits)
    return int(rounded) if rounded.is_integer() else rounded


def json_box(box: Box) -> list[float | int]:
    """x, y, width, height."""
    return [json_number(value) for value in (box.x, box.y, box.width, box.height)]


def json_line(value: Any) -> str:
    """JSON on one line, without a line end."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
