"""One tracker over one sequence of boxes."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from samurai.benchmark.frames import FrameNotes, LoadedFrame, Read, Size, frames_ahead
from samurai.benchmark.prompts import PromptRule, first_prompt
from samurai.datasets.base import Boxes, BoxSequence
from samurai.errors import RegionError
from samurai.regions import Answer
from samurai.video.images import read_frame

Progress = Callable[[float], None]
"""Takes the number of frames that are done."""

NOWHERE = (0.0, 0.0, 0.0, 0.0)
"""The box of an absent object."""


@dataclass(frozen=True)
class BoxAnswers:
    """What a tracker says of a sequence.

    Attributes:
        boxes: (n, 4) of the masks' boxes, which cover their pixels, in the data set's coordinates;
            zeros where the object is absent.
        confidences: (n,).
        seconds: (n, 2) of tracking, and of reading the image.
        notes: as `BoxSequence.notes`.
    """

    boxes: Boxes
    confidences: NDArray[np.float64]
    seconds: NDArray[np.float64]
    notes: tuple[str, ...]


def run_boxes(
    tracker: Any,
    sequence: BoxSequence,
    rule: PromptRule,
    count: int,
    progress: Progress,
    read: Read = read_frame,
) -> BoxAnswers:
    """Track a sequence's first `count` frames.

    No fault of the data is an error: an image that can't be read repeats the answer before it, and
    a sequence whose first image or first box can't be used is answered with zeros. Notes say so.

    Args:
        tracker: a `Tracker`, or what has its `session`.
    """
    run = _BoxRun(sequence, rule, count)
    frames = frames_ahead(sequence.images[:count], read)
    with closing(frames), tracker.session() as session:  # type: ignore[type-var]
        for index, loaded in enumerate(frames):
            began = time.perf_counter()
            answer = run.answer(session, index, loaded)
            if run.hopeless:
                break
            run.keep(index, loaded, answer)
            run.seconds[index] = time.perf_counter() - began, loaded.seconds
            progress(index + 1)
    return BoxAnswers(run.boxes, run.confidences, run.seconds, run.notes())


class _BoxRun:
    """The answers so far."""

    def __init__(self, sequence: BoxSequence, rule: PromptRule, count: int) -> None:
        self.boxes: Boxes = np.zeros((count, 4))
        self.confidences = np.zeros(count)
        self.seconds = np.zeros((count, 2))
        self.hopeless = ""
        self._sequence, self._rule = sequence, rule
        self._size: Size = (0, 0)
        self._frame_notes = FrameNotes()
        self._note = ""

    def answer(self, session: Any, index: int, loaded: LoadedFrame) -> Answer | None:
        """The tracker's answer; None for an image that can't be read."""
        self._frame_notes.see(index, loaded)
        if index == 0:
            return self._begin(session, loaded)
        if loaded.pixels is None:
            return None
        answer: Answer = session.step(loaded.pixels)[0]
        session.update_memory_async()
        return answer

    def keep(self, index: int, loaded: LoadedFrame, answer: Answer | None) -> None:
        """Store an answer in the image's own pixels, counted as the data set does."""
        if answer is None:
            self.boxes[index] = self.boxes[index - 1]
            self.confidences[index] = self.confidences[index - 1]
            return
        self.confidences[index] = answer.confidence
        box = answer.box
        if box is None or answer.absent:
            return
        row = (box.x, box.y, box.width, box.height)
        if loaded.size != self._size:
            across, down = loaded.scale(self._size)
            row = (row[0] * across, row[1] * down, row[2] * across, row[3] * down)
        shift = self._sequence.first_pixel
        self.boxes[index] = row[0] + shift, row[1] + shift, row[2], row[3]

    def notes(self) -> tuple[str, ...]:
        """What a reader of the scores should know."""
        if self.hopeless:
            return (self.hopeless,)
        return (*((self._note,) if self._note else ()), *self._frame_notes.notes())

    def _begin(self, session: Any, loaded: LoadedFrame) -> Answer | None:
        if loaded.pixels is None:
            self.hopeless = f"the first image can't be read, so all answers are 0: {loaded.problem}"
            return None
        self._size = loaded.size
        prompt = first_prompt(self._sequence, self._rule, loaded.size)
        self._note = prompt.note
        if prompt.box is None:
            self.hopeless = prompt.note
            return None
        try:
            answer: Answer = session.start(loaded.pixels, [prompt.box])[0]
        except RegionError as error:
            self.hopeless = f"the first box can't be used, so all answers are 0: {error}"
            return None
        session.update_memory_async()
        return answer
