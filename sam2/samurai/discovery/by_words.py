"""Candidates by words: what a detector sees, decoded into masks."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from samurai.core.session import Session
from samurai.discovery.budget import TimeBudget
from samurai.discovery.candidates import Candidate
from samurai.discovery.detectors.base import Detection
from samurai.discovery.detectors.words import Words
from samurai.errors import SamuraiError
from samurai.masks import PackedMask
from samurai.regions import Answer, Box, Mask

log = logging.getLogger(__name__)


class WordDetector(Protocol):
    """What `detectors.create_detector` returns, as far as it is needed here."""

    def detect(self, frame: NDArray[np.uint8], words: Words) -> list[Detection]:
        """See `detectors.checking.CheckedDetector`."""


class WordPass:
    """Words looked for in one frame. A detector that fails is reported in one line, and finds
    nothing.

    Args:
        detector: looks at the frame; in a thread where time is short, and its boxes are decoded
            in that frame, whatever the newest one is then.
        words: to look for.
        frame: (height, width, 3) RGB uint8.
        thread: for the detector; None runs it here.
    """

    def __init__(
        self,
        detector: WordDetector,
        words: Words,
        frame: NDArray[np.uint8],
        thread: ThreadPoolExecutor | None,
    ) -> None:
        self._detector, self._words, self._frame = detector, words, frame
        self._running: Future[list[Detection]] | None = None
        if thread is not None:
            self._frame = frame.copy()
            self._running = thread.submit(detector.detect, self._frame, words)
        self._left: Iterator[Detection] | None = None
        self._held: Detection | None = None
        self._candidates: list[Candidate] = []

    def work(self, session: Session, answers: Sequence[Answer], budget: TimeBudget) -> bool:
        """Go on as long as there is time; whether it is over."""
        if self._left is None:
            if self._running is not None and not self._running.done():
                return False
            self._left = iter(self._detections())
        while True:
            detection, self._held = self._held or next(self._left, None), None
            if detection is None:
                return True
            if isinstance(detection.region, Box) and not budget.suffices:
                self._held = detection
                return False
            with budget.step():
                candidate = decoded(session, self._frame, detection)
            if candidate is not None:
                self._candidates.append(candidate)

    def candidates(self) -> list[Candidate]:
        """What was found, in the detector's order."""
        return self._candidates

    def close(self) -> None:
        """Don't wait for the detector."""
        if self._running is not None:
            self._running.cancel()

    def _detections(self) -> list[Detection]:
        try:
            if self._running is not None:
                return self._running.result()
            return self._detector.detect(self._frame, self._words)
        except SamuraiError as error:
            log.warning("%s", error)
            return []


def decoded(session: Session, frame: NDArray[np.uint8], detection: Detection) -> Candidate | None:
    """A detection with its mask; None where the network sees nothing in its box.

    Args:
        session: whose network decodes boxes; nothing of it changes.
        frame: that the detector saw, (height, width, 3) RGB uint8.
    """
    if isinstance(detection.region, Mask):
        mask = detection.region.array
    else:
        mask = session.preview(frame, detection.region).mask
    if not mask.any():
        return None
    found = f'word "{detection.label}" {detection.score:.2f}'
    return Candidate(PackedMask.of(mask), detection.score, found, detection.label)
