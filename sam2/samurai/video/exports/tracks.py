"""Files that grow per object, for formats that list a whole track at once."""

from __future__ import annotations

import shutil
from pathlib import Path

from samurai.regions import ObjectId
from samurai.runtime.whole_files import part_of
from samurai.video.exports.parts import GrowingFile, fresh_folder


class TrackFiles:
    """A growing file for each object, in the folder `NAME.tracks.part`.

    Raises:
        StorageError: it can't be written.
    """

    def __init__(self, target: Path) -> None:
        self._folder = fresh_folder(part_of(target.with_name(f"{target.name}.tracks")))
        self._files: dict[ObjectId, GrowingFile] = {}

    def __contains__(self, object_id: ObjectId) -> bool:
        return object_id in self._files

    def append(self, object_id: ObjectId, text: str) -> None:
        """Add to an object's file.

        Raises:
            StorageError: it can't be written.
        """
        if object_id not in self._files:
            self._files[object_id] = GrowingFile(self._folder / str(len(self._files)))
        self._files[object_id].append(text)

    def items(self) -> list[tuple[ObjectId, GrowingFile]]:
        """In the order in which they came."""
        return list(self._files.items())

    def delete(self) -> None:
        """Delete all of them."""
        shutil.rmtree(self._folder, ignore_errors=True)
