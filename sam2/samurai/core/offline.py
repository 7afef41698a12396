"""Answers when the video is finished: of the hypothesis that was best in the end.

A policy that follows several hypotheses (SAM2Long's pathways) knows only then which of them was
right all along. Masks are kept run-length encoded, as a tree: hypotheses share their past, and what
a dropped one leaves behind is freed. That grows with the video (a few hundred bytes a frame), so
offline sessions are for files, not for streams; a TraX server refuses them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NoReturn

import numpy as np
from numpy.typing import NDArray

from samurai.core.preprocess import Frame
from samurai.core.preview import Preview
from samurai.core.session import Objects, Session
from samurai.errors import SessionError
from samurai.masks import PackedMask
from samurai.regions import Answer, Box, ObjectId, Region


@dataclass(frozen=True)
class _Node:
    """One hypothesis's answer in one frame, and the one that it comes from."""

    before: _Node | None
    frame_index: int
    packed: PackedMask
    confidence: float

    def line(self) -> Iterator[_Node]:
        """This answer and those before it, newest first."""
        node: _Node | None = self
        while node is not None:
            yield node
            node = node.before


class OfflineSession:
    """A session whose `start` and `step` answer with nothing, and `finish` with everything.

    Made by `Tracker.session()` of a tracker with `offline=True`.

    Args:
        session: an empty one, whose answers may overlap.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._lines: dict[ObjectId, list[_Node]] = {}

    def __enter__(self) -> OfflineSession:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Forget the video and free its memory."""
        self._session.close()
        self._lines = {}

    @property
    def frame_index(self) -> int:
        """Index of the newest frame, from 0; -1 before `start`."""
        return self._session.frame_index

    @property
    def logits(self) -> NDArray[np.float32]:
        """Mask logits of the hypotheses that are best now, see `Session.logits`."""
        return self._session.logits

    @property
    def object_ids(self) -> list[ObjectId]:
        """As `Session.object_ids`."""
        return self._session.object_ids

    @property
    def memory_bytes(self) -> int:
        """As `Session.memory_bytes`; the answers so far are not in it."""
        return self._session.memory_bytes

    def preview(self, frame: Frame, prompt: Region) -> Preview:
        """As `Session.preview`."""
        return self._session.preview(frame, prompt)

    def start(self, frame: Frame, objects: Objects = ()) -> list[Answer]:
        """As `Session.start`; returns nothing yet."""
        self._lines = {}
        self._note(self._session.start(frame, objects))
        return []

    def step(self, frame: Frame, new_objects: Objects | None = None) -> list[Answer]:
        """As `Session.step`; returns nothing yet."""
        self._note(self._session.step(frame, new_objects))
        return []

    def update_memory(self) -> None:
        """As `Session.update_memory`."""
        self._session.update_memory()

    def update_memory_async(self) -> None:
        """As `Session.update_memory_async`."""
        self._session.update_memory_async()

    def _refuse(self, *_: object, **__: object) -> NoReturn:
        raise SessionError(
            "offline sessions answer at the end, so their objects can't be changed on the way: use "
            "a tracker without offline"
        )

    correct = clear_prompts = condition = remove = prime = snapshot = restore = _refuse

    def finish(self) -> list[list[Answer]]:
        """The answers of all frames so far, by the hypotheses that are best now.

        Returns:
            One list per frame, in it one answer per object that had been introduced by then.

        Raises:
            SessionError: `start` wasn't called.
        """
        if self.frame_index < 0:
            raise SessionError("there is nothing to finish: call start first")
        frames: list[list[Answer]] = [[] for _ in range(self.frame_index + 1)]
        for object_id, nodes in self._lines.items():
            for node in nodes[0].line():
                frames[node.frame_index].append(_answer(object_id, node))
        return frames

    def _note(self, answers: Sequence[Answer]) -> None:
        """Keep what every hypothesis says of the newest frame, the best ones' answers included."""
        grown: dict[ObjectId, list[_Node]] = {}
        for selected, answer in self._session.hypotheses(answers):
            lines = self._lines.get(selected.object_id)
            before = None if lines is None else lines[selected.parent]
            packed = PackedMask.of(answer.mask)
            node = _Node(before, self.frame_index, packed, answer.confidence)
            grown.setdefault(selected.object_id, []).append(node)
        self._lines = grown


def _answer(object_id: ObjectId, node: _Node) -> Answer:
    mask = node.packed.mask
    box = Box.of_mask(mask)
    return Answer(object_id, mask, box, node.confidence, box is None)
