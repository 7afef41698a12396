"""Answers when the video is finished: of the hypothesis that was best in the end.

A policy that follows several hypotheses (SAM2Long's pathways) knows only then which of them was
right all along. Masks are kept run-length encoded, as a tree: hypotheses share their past, and what
a dropped one leaves behind is freed. That grows with the video (a few hundred bytes a frame), so
offline sessions are for files, not for streams; a TraX server refuses them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from samurai.core.session import Session, Survivor
from samurai.errors import SessionError
from samurai.regions import Answer, Box


@dataclass(frozen=True)
class PackedMask:
    """A mask as run lengths over its rows, the first run being background."""

    runs: NDArray[np.uint32]
    shape: tuple[int, int]

    @classmethod
    def of(cls, mask: NDArray[np.bool_]) -> PackedMask:
        flat = mask.ravel()
        edges = np.flatnonzero(flat[1:] != flat[:-1]) + 1
        bounds = np.concatenate([[0], edges, [flat.size]])
        runs = np.diff(bounds).astype(np.uint32)
        if flat[0]:
            runs = np.concatenate([[np.uint32(0)], runs])
        return cls(runs, (mask.shape[0], mask.shape[1]))

    @property
    def mask(self) -> NDArray[np.bool_]:
        """Unpacked, boolean (H, W)."""
        values = np.arange(len(self.runs)) % 2 == 1
        unpacked: NDArray[np.bool_] = np.repeat(values, self.runs).reshape(self.shape)
        return unpacked


@dataclass(frozen=True)
class _Node:
    """One hypothesis's answer in one frame, and the one that it comes from."""

    before: _Node | None
    time: int
    packed: PackedMask
    confidence: float

    def line(self) -> Iterator[_Node]:
        """This answer and those before it, newest first."""
        node: _Node | None = self
        while node is not None:
            yield node
            node = node.before


class OfflineSession(Session):
    """A session whose `start` and `step` answer with nothing, and `finish` with everything.

    Made by `Tracker.session()` of a tracker with `offline=True`.
    """

    def _reset(self) -> None:
        super()._reset()
        self._lines: dict[int, list[_Node]] = {}

    def finish(self) -> list[list[Answer]]:
        """The answers of all frames so far, by the hypotheses that are best now.

        Returns:
            One list per frame, in it one answer per object that had been introduced by then.

        Raises:
            SessionError: `start` wasn't called.
        """
        if self.time < 0:
            raise SessionError("there is nothing to finish: call start first")
        frames: list[list[Answer]] = [[] for _ in range(self.time + 1)]
        for number, nodes in sorted(self._lines.items()):
            for node in nodes[0].line():
                frames[node.time].append(_answer(number, node))
        return frames

    def _answer(
        self, survivors: Sequence[Survivor], time: int, size: tuple[int, int]
    ) -> list[Answer]:
        """Note what every hypothesis says; the best one aims the object's window."""
        super()._answer(survivors, time, size)
        grown: dict[int, list[_Node]] = {}
        logits = torch.cat([survivor.row.logits(survivor.candidate) for survivor in survivors])
        masks = self._masks(survivors, logits, size)
        for survivor, (mask, box) in zip(survivors, masks, strict=True):
            number = survivor.track.number
            before = self._lines[number][survivor.parent] if number in self._lines else None
            confidence = self._confidence(survivor) if box else 0.0
            node = _Node(before, time, PackedMask.of(mask), confidence)
            grown.setdefault(number, []).append(node)
        self._lines = grown
        return []


def _answer(number: int, node: _Node) -> Answer:
    mask = node.packed.mask
    box = Box.of_mask(mask)
    return Answer(number, mask, box, node.confidence, box is None)
