"""One tracker over one sequence of masks, whose objects may start late."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from samurai.benchmark.box_run import Progress
from samurai.benchmark.frames import FrameNotes, LoadedFrame, Read, Size, frames_ahead
from samurai.benchmark.mask_files import BoolMask, MaskWriter, read_mask, resized
from samurai.datasets.base import MaskObject, MaskSequence
from samurai.errors import DatasetError
from samurai.regions import Answer, Mask
from samurai.video.images import read_frame


@dataclass(frozen=True)
class MaskTimes:
    """What a tracker says of a sequence beside its masks.

    Attributes:
        confidences: (n, objects) in the order of the sequence's objects; NaN before an object
            starts.
        seconds: as `BoxAnswers.seconds`.
        notes: as `MaskSequence.notes`.
    """

    confidences: NDArray[np.float64]
    seconds: NDArray[np.float64]
    notes: tuple[str, ...]


def run_masks(
    tracker: Any,
    sequence: MaskSequence,
    writer: MaskWriter,
    count: int,
    progress: Progress,
    read: Read = read_frame,
) -> MaskTimes:
    """Track a sequence's first `count` frames, and write its masks.

    An object is background before it starts. One whose first mask can't be read or is empty stays
    so, and a note says it. An image that can't be read repeats the masks before it.

    Raises:
        DatasetError: none of the images can be read.
        StorageError: a file can't be written.
    """
    run = _MaskRun(sequence, count)
    frames = frames_ahead(sequence.images[:count], read)
    with writer.open(), closing(frames), tracker.session() as session:  # type: ignore[type-var]
        for index, loaded in enumerate(frames):
            began = time.perf_counter()
            run.show(session, index, loaded)
            run.seconds[index] = time.perf_counter() - began, loaded.seconds
            run.write(writer, index, loaded)
            progress(index + 1)
        if not run.video:
            raise DatasetError(
                f"{sequence.name}: none of its images can be read, so that its masks have no size: "
                f"{loaded.problem}"
            )
    return MaskTimes(run.confidences, run.seconds, run.notes())


class _MaskRun:
    """The newest masks, and what is noted of all frames."""

    def __init__(self, sequence: MaskSequence, count: int) -> None:
        self.confidences = np.full((count, len(sequence.objects)), np.nan)
        self.seconds = np.zeros((count, 2))
        self.video: Size | None = None
        self._place = {each.number: place for place, each in enumerate(sequence.objects)}
        self._starting: dict[int, list[MaskObject]] = defaultdict(list)
        for each in sequence.objects:
            self._starting[each.start].append(each)
        self._masks: Mapping[int, BoolMask] = {}
        self._early = 0  # frames before the first that can be read
        self._notes: list[str] = []
        self._frame_notes = FrameNotes()

    def show(self, session: Any, index: int, loaded: LoadedFrame) -> None:
        """Track the objects into a frame, and prompt those that start there."""
        self._frame_notes.see(index, loaded)
        starting = self._starting.pop(index, [])
        if loaded.pixels is None:
            self._notes += [
                f"object {each.number} starts in frame {index}, whose image can't be read: it is "
                "background"
                for each in starting
            ]
            if index:
                self.confidences[index] = self.confidences[index - 1]
            return
        prompts = self._prompts(starting, (loaded.pixels.shape[0], loaded.pixels.shape[1]))
        if self.video is None:
            self.video = loaded.size
            answers = session.start(loaded.pixels, prompts)
        else:
            answers = session.step(loaded.pixels, prompts or None)
        session.update_memory_async()
        self._take(index, answers)

    def write(self, writer: MaskWriter, index: int, loaded: LoadedFrame) -> None:
        """The newest masks at the size of the frame's image."""
        if self.video is None:
            self._early += 1
            return
        while self._early:  # background, whose size is known now
            self._early -= 1
            writer.write(index - 1 - self._early, {}, self.video)
        size = loaded.size
        masks = {number: resized(mask, size) for number, mask in self._masks.items()}
        writer.write(index, masks, size)

    def notes(self) -> tuple[str, ...]:
        """What a reader of the scores should know."""
        return (*self._notes, *self._frame_notes.notes())

    def _prompts(self, starting: list[MaskObject], size: Size) -> dict[int, Mask]:
        """First masks by object, as far as they can be used."""
        prompts = {}
        for each in starting:
            try:
                mask = read_mask(each, size)
            except (OSError, ValueError, SyntaxError) as error:  # the last by damaged PNG files
                self._notes.append(
                    f"the first mask of object {each.number} can't be read, so it is background: "
                    f"{error}"
                )
                continue
            if mask.any():
                prompts[each.number] = Mask(mask)
            else:
                self._notes.append(
                    f"the first mask of object {each.number} is empty, so it is background"
                )
        return prompts

    def _take(self, index: int, answers: list[Answer]) -> None:
        self._masks = {int(each.object_id): each.mask for each in answers}
        for each in answers:
            self.confidences[index, self._place[int(each.object_id)]] = each.confidence
