"""Frames as image files of a folder, numbered from 0."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import cv2

from samurai.errors import ExportError
from samurai.painting.shapes import Pixels
from samurai.runtime.whole_files import part_of, storing
from samurai.video.writing.base import Writer
from samurai.video.writing.fitting import fitted
from samurai.video.writing.formats import IMAGE_SUFFIXES, is_pattern

USUAL_PATTERN = "%06d.jpg"
_JPEG = [cv2.IMWRITE_JPEG_QUALITY, 95]
# OpenCV's own choice for PNG: what packs better takes twice as long and saves a sixth.
_HOW: dict[str, list[int]] = {".jpg": _JPEG, ".jpeg": _JPEG, ".png": []}
_NUMBER = re.compile(r"%(0?\d*)d")


def folder_and_pattern(target: Path) -> tuple[Path, str]:
    """The folder that a target names, and the names of its files.

    Raises:
        ExportError: a pattern without a number, or of files that can't be written.
    """
    target = target.absolute()  # "." has no name
    if not is_pattern(target):
        return target, USUAL_PATTERN
    pattern = target.name
    if len(_NUMBER.findall(pattern)) != 1 or pattern.count("%") != 1:
        raise ExportError(
            f"{pattern} doesn't say where a frame's number goes. Remedy: write it as %06d.png"
        )
    if Path(pattern).suffix.lower() not in IMAGE_SUFFIXES:
        raise ExportError(
            f"images of frames are {', '.join(IMAGE_SUFFIXES)}, not {Path(pattern).suffix}"
        )
    return target.parent, pattern


def images_in(folder: Path, pattern: str) -> list[Path]:
    """Files of a folder that a pattern names."""
    before, after = (re.escape(part) for part in _NUMBER.split(pattern)[::2])
    named = re.compile(f"{before}\\d+{after}")
    return sorted(file for file in folder.iterdir() if named.fullmatch(file.name))


class FolderWriter(Writer):
    """Writes a folder of images into `FOLDER.part`, and moves them when all are there.

    Files of an earlier run that have such names are replaced, others stay.
    """

    def __init__(self, target: Path, size: tuple[int, int]) -> None:
        super().__init__(target)
        self._folder, self._pattern = folder_and_pattern(target)
        self._size = size
        self._suffix = Path(self._pattern).suffix.lower()
        self._part = part_of(self._folder)
        with storing(target):
            shutil.rmtree(self._part, ignore_errors=True)
            self._part.mkdir(parents=True)

    def add(self, pixels: Pixels, seconds: float | None = None) -> None:
        """As `Writer.add`; times have no place in images."""
        frame = cv2.cvtColor(fitted(pixels, self._size), cv2.COLOR_RGB2BGR)
        _, data = cv2.imencode(self._suffix, frame, _HOW[self._suffix])
        with storing(self.target):
            (self._part / (self._pattern % self._count)).write_bytes(data.tobytes())
        self._count += 1

    def finish(self) -> None:
        """As `Writer.finish`."""
        if not self._has_frames():
            return
        self._open = False
        with storing(self.target):
            self._folder.mkdir(parents=True, exist_ok=True)
            for old in images_in(self._folder, self._pattern):
                old.unlink()
            for number in range(self._count):
                name = self._pattern % number
                os.replace(self._part / name, self._folder / name)
            self._part.rmdir()

    def discard(self) -> None:
        """As `Writer.discard`."""
        if self._open:
            self._open = False
            shutil.rmtree(self._part, ignore_errors=True)
