"""Masks as PNG files: first masks of objects read, answers written."""

from __future__ import annotations

import os
import shutil
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from samurai.benchmark.storage import OF_A_RUN
from samurai.datasets.base import MaskObject, MaskSequence
from samurai.runtime.whole_files import storing
from samurai.video.palette import Labels, palette_image

BoolMask = NDArray[np.bool_]

BEHIND = 8
"""Frames whose files are still being written."""

PART = ".part"


def read_mask(each: MaskObject, size: tuple[int, int]) -> BoolMask:
    """An object's first mask, scaled to a frame's size (height, width).

    Raises:
        OSError, ValueError: the file can't be read as an image.
    """
    with Image.open(each.masks[each.start]) as image:
        values = np.asarray(image)
    if values.ndim == 3:
        values = values[..., :3].max(axis=2)
    return resized(each.pixels(values), size)


def resized(mask: BoolMask, size: tuple[int, int]) -> BoolMask:
    """A mask of another size (height, width), by the nearest pixels."""
    if mask.shape == size:
        return mask
    small = cv2.resize(
        mask.astype(np.uint8), (size[1], size[0]), interpolation=cv2.INTER_NEAREST_EXACT
    )
    found: BoolMask = small != 0
    return found


class MaskWriter:
    """Writes a sequence's answers in a thread, into a folder that gets its name when it is
    complete: one file per frame, or one per object and frame (`<object>/<stem>.png`).

    Args:
        folder: of the sequence.
        sequence: has the names of its frames, and which of them are asked.
        per_object: whether objects may share pixels, so that each has files of its own.
        count: of frames that are tracked.
    """

    def __init__(self, folder: Path, sequence: MaskSequence, per_object: bool, count: int) -> None:
        self._folder, self._sequence, self._per_object = folder, sequence, per_object
        self._asked = frozenset(asked_frames(sequence, count))
        self._part = folder.with_name(folder.name + PART)
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="samurai-masks")
        self._waiting: deque[Future[None]] = deque()

    def write(self, index: int, masks: Mapping[int, BoolMask], size: tuple[int, int]) -> None:
        """A frame's masks by object; objects without one have no pixels.

        Raises:
            StorageError: a file can't be written.
        """
        if index in self._asked:
            if len(self._waiting) >= BEHIND:
                self._waiting.popleft().result()
            stem = self._sequence.stems[index]
            self._waiting.append(self._pool.submit(self._save, stem, dict(masks), size))

    @contextmanager
    def open(self) -> Iterator[MaskWriter]:
        """Begin in an empty folder; at the end without an error it replaces the old one.

        Raises:
            StorageError: a file can't be written.
        """
        try:
            with storing(self._part, OF_A_RUN):
                shutil.rmtree(self._part, ignore_errors=True)
                self._part.mkdir(parents=True)
                if self._per_object:
                    for each in self._sequence.objects:
                        (self._part / object_folder(each.number)).mkdir()
            yield self
            while self._waiting:
                self._waiting.popleft().result()
            with storing(self._folder, OF_A_RUN):
                shutil.rmtree(self._folder, ignore_errors=True)
                os.replace(self._part, self._folder)
        finally:
            self._pool.shutdown(wait=True, cancel_futures=True)
            shutil.rmtree(self._part, ignore_errors=True)

    def _save(self, stem: str, masks: Mapping[int, BoolMask], size: tuple[int, int]) -> None:
        numbers = [each.number for each in self._sequence.objects]
        if self._per_object:
            for number in numbers:
                labels = np.zeros(size, np.uint8)
                if number in masks:
                    labels[masks[number]] = 1
                save_labels(self._part / object_folder(number) / f"{stem}.png", labels)
            return
        labels = np.zeros(size, np.uint8)
        for number in sorted(numbers, reverse=True):  # of two that claim a pixel the smaller wins
            if number in masks:
                labels[masks[number]] = number
        save_labels(self._part / f"{stem}.png", labels)


def object_folder(number: int) -> str:
    """The folder of an object with files of its own."""
    return f"{number:03d}"


def asked_frames(sequence: MaskSequence, count: int) -> Sequence[int]:
    """The frames with files, of the first `count`."""
    asked = range(count) if sequence.asked is None else sequence.asked
    return [index for index in asked if index < count]


def mask_files(sequence: MaskSequence, per_object: bool, count: int) -> Iterator[str]:
    """The files of a sequence's answers, relative to its folder."""
    for index in asked_frames(sequence, count):
        name = f"{sequence.stems[index]}.png"
        if per_object:
            yield from (f"{object_folder(each.number)}/{name}" for each in sequence.objects)
        else:
            yield name


def save_labels(file: Path, labels: Labels) -> None:
    """Write a palette PNG.

    Raises:
        StorageError: it can't be written.
    """
    image = palette_image(labels)
    with storing(file, OF_A_RUN):
        image.save(file, format="PNG")
