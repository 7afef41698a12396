"""What a format of results is to the rest. Each format is a file beside this one."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Literal

from samurai.regions import ObjectId
from samurai.video.sources.base import VideoInfo
from samurai.video.tracked import TrackedFrame


@dataclass(frozen=True)
class ExportOptions:
    """What every format is told.

    Attributes:
        labels: names of objects; others are called "object".
    """

    labels: Mapping[ObjectId, str] = field(default_factory=dict)

    def label(self, object_id: ObjectId) -> str:
        """The name of an object."""
        return self.labels.get(object_id, "object")


class Export(ABC):
    """Writes frames in one format, in the order of their indices.

    What is written so far lies in `NAME.part`, readable while tracking goes on where the format
    allows it; `finish` gives it its name. One object writes one file or folder.

    Class attributes:
        name: of the format, and of the command's flag: `--mot FILE`.
        help: one line.
        place: what `target` is.
        suffixes: of files; the first is the usual one.

    Args:
        target: the file or folder to write.
        video: whose answers come.
        options: see `ExportOptions`.

    Raises:
        StorageError: it can't be written.
        ExportError: the format can't hold this video.
    """

    name: ClassVar[str]
    help: ClassVar[str]
    place: ClassVar[Literal["file", "folder"]]
    suffixes: ClassVar[tuple[str, ...]] = ()

    def __init__(self, target: Path, video: VideoInfo, options: ExportOptions) -> None:
        self.target, self.video, self.options = target, video, options

    @classmethod
    def side_file(cls, target: Path) -> Path | None:
        """The file beside the target that may be written, too; None if there is none."""
        return None

    @classmethod
    def check_target(cls, target: Path) -> None:
        """Refuse, before any work, a target that mustn't be replaced.

        Raises:
            StorageError: it holds something else.
        """
        return  # most formats take any

    @classmethod
    def check_objects(cls, object_ids: Sequence[ObjectId]) -> None:
        """Refuse, before any work, more objects than the format holds.

        Raises:
            ExportError: they are too many.
        """
        return  # most formats hold any number

    @abstractmethod
    def add(self, frame: TrackedFrame) -> None:
        """Write a frame's answers.

        Raises:
            StorageError: it can't be written.
            ExportError: the format can't hold it.
        """

    @abstractmethod
    def finish(self) -> None:
        """Complete it, and give it its name: whole and valid, whatever number of frames came.

        Raises:
            StorageError: it can't be written.
        """

    @abstractmethod
    def discard(self) -> None:
        """Delete what is written so far; a file of an earlier run with the name stays."""
