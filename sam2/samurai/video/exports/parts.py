"""Files and folders of exports while they are written: whole pieces only, named at the end."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from samurai.errors import StorageError
from samurai.runtime.whole_files import delete_file, part_of, storing


class GrowingFile:
    """A text file that grows by whole pieces; of a piece that can't be written nothing stays.

    It isn't held open, so that any number of them can grow, and one that was deleted is noticed.

    Args:
        file: to write; what it held is lost.

    Raises:
        StorageError: it can't be written.
    """

    def __init__(self, file: Path) -> None:
        self.file = file
        self._size = 0
        with storing(file):
            file.write_bytes(b"")

    def append(self, text: str) -> None:
        """Add a piece: in the file, for everybody to read, when this returns.

        Raises:
            StorageError: it can't be written.
        """
        piece = memoryview(text.encode("utf-8", "backslashreplace"))
        with storing(self.file), self.file.open("r+b", buffering=0) as stream:
            stream.seek(self._size)
            try:
                done = 0
                while done < len(piece):
                    done += stream.write(piece[done:])
                self._size += done
            except BaseException:  # Ctrl-C too
                stream.truncate(self._size)
                raise

    def append_file(self, other: GrowingFile) -> None:
        """Add what another one holds.

        Raises:
            StorageError: it can't be written or read.
        """
        for text in other.pieces():
            self.append(text)

    def pieces(self, lines: int = 512) -> Iterator[str]:
        """What it holds, some lines at a time.

        Raises:
            StorageError: it can't be read.
        """
        with storing(self.file), self.file.open(encoding="utf-8", newline="\n") as stream:
            while piece := [line for _, line in zip(range(lines), stream, strict=False)]:
                yield "".join(piece)

    def lines(self) -> Iterator[str]:
        """Its lines, without their ends.

        Raises:
            StorageError: it can't be read.
        """
        with storing(self.file), self.file.open(encoding="utf-8", newline="\n") as stream:
            for line in stream:
                yield line.removesuffix("\n")

    def rename(self, target: Path) -> None:
        """Give it its name.

        Raises:
            StorageError: it can't be had.
        """
        with storing(target):
            os.truncate(self.file, self._size)
            os.replace(self.file, target)

    def delete(self) -> None:
        """Delete it, if it is there."""
        delete_file(self.file)


def fresh_folder(folder: Path) -> Path:
    """An empty folder in place of what an interrupted run may have left.

    Raises:
        StorageError: it can't be made.
    """
    with storing(folder):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    return folder


def check_file_target(target: Path) -> None:
    """Refuse a folder as a file, before any work, and make the folder for it.

    Raises:
        StorageError: it can't be written.
    """
    if target.is_dir():
        raise StorageError(f"can't write {target}: it is a folder. Remedy: name a file")
    with storing(target):
        target.parent.mkdir(parents=True, exist_ok=True)


def check_folder_target(target: Path, suffixes: tuple[str, ...]) -> None:
    """Refuse what `replace_folder` must not delete: a file, and a folder with files that no export
    of this kind wrote.

    Raises:
        StorageError: it can't be replaced.
    """
    if not target.exists():
        return
    if not target.is_dir():
        raise StorageError(f"can't write {target}: it is a file. Remedy: name a new folder")
    with storing(target):
        for place, _, names in os.walk(target):
            strange = next((name for name in names if not name.endswith(suffixes)), None)
            if strange is not None:
                raise StorageError(
                    f"can't replace {target}: it has files of something else, such as "
                    f"{Path(place, strange)}. Remedy: name a new folder"
                )


def replace_folder(part: Path, target: Path) -> None:
    """Give a folder its name; an older one of the name is gone when the new one is there.

    Raises:
        StorageError: it can't be had.
    """
    old = part_of(part)  # NAME.part.part: of nobody else
    with storing(target):
        if target.is_symlink():
            target.unlink()
        elif target.exists():
            shutil.rmtree(old, ignore_errors=True)
            os.replace(target, old)
        os.replace(part, target)
        shutil.rmtree(old, ignore_errors=True)
