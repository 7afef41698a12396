"""Whatever a detector answers is checked before anybody else sees it.

An answer that isn't one is an error, in one line. A detection that can't be used is dropped, and
the first of each kind is logged: the others count, and tracking goes on.
"""

from __future__ import annotations

import logging
import math
import threading
from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from samurai.discovery.detectors.base import Detection, Detector, Frame
from samurai.discovery.detectors.words import Words, word_key
from samurai.errors import DetectorError, RegionError, SamuraiError
from samurai.regions import Box, Mask

log = logging.getLogger(__name__)

THRESHOLD = 0.3
"""The score from which a detection counts, where neither the user nor the detector names one."""

NMS_IOU = 0.7
"""Of two detections of one word whose boxes overlap by more, the lower score is dropped."""

MOST = 100
"""Detections of a frame that are kept, the best ones."""

CANDIDATES = 1000
"""Detections above their thresholds that are compared with each other, the best ones."""


class CheckedDetector:
    """A detector whose answers can be relied on; for threads.

    Args:
        detector: anybody's.
        name: of the detector, in messages.
        iou: see `NMS_IOU`.
        most: see `MOST`.

    Attributes:
        name: see above.
        dropped: how many detections were dropped, by the reason. Those below a threshold, above
            `most` and doubles aren't among them.
    """

    def __init__(
        self, detector: Detector, name: str, *, iou: float = NMS_IOU, most: int = MOST
    ) -> None:
        self.name, self.dropped = name, Counter[str]()
        self._detector, self._iou, self._most = detector, iou, most
        self._lock, self._closed = threading.Lock(), threading.Event()

    @property
    def threshold(self) -> float:
        """The score from which detections count, where the user names none."""
        return float(getattr(self._detector, "threshold", THRESHOLD))

    def check_words(self, words: Words) -> None:
        """Say at once what is wrong with the words. Most detectors take any.

        Raises:
            PromptError: the detector doesn't know a word.
            DetectorError: it fails.
        """
        check = getattr(self._detector, "check_words", None)
        if check is not None:
            try:
                check(words.names)
            except SamuraiError:
                raise
            except Exception as error:
                raise DetectorError(
                    f"detector {self.name!r} failed at words ({cause(error)}). Remedy: correct the "
                    "detector, or choose another one"
                ) from error

    def detect(self, frame: Frame, words: Words) -> list[Detection]:
        """What of the words is in a frame, best first.

        Labels are the names of `words`, scores are finite and from 0 to 1, boxes lie in the frame
        with sides of a pixel or more, masks have the frame's size and pixels.

        Args:
            frame: (height, width, 3) RGB uint8; it isn't changed.

        Raises:
            DetectorError: the detector failed, or is closed.
        """
        with self._lock:
            if self._closed.is_set():
                raise DetectorError(f"detector {self.name!r} is closed. Remedy: create another one")
            answer = self._answer(frame, words)
            height, width = frame.shape[:2]
            usable, dropped = usable_detections(answer, words, (height, width))
            self._tell(dropped)
        default = self.threshold
        counting = [each for each in usable if each.score >= _threshold(words, each, default)]
        # Equal scores stay in the detector's order.
        counting.sort(key=lambda each: -each.score)
        return without_doubles(counting[:CANDIDATES], self._iou)[: self._most]

    def close(self) -> None:
        """Free what the detector holds; twice is allowed."""
        if self._closed.is_set():
            return
        self._closed.set()
        try:
            self._detector.close()
        except Exception as error:
            log.warning("detector %r couldn't be closed (%s)", self.name, cause(error))

    def __enter__(self) -> CheckedDetector:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _answer(self, frame: Frame, words: Words) -> Sequence[object]:
        try:
            # A copy: what a detector draws on it must not reach the tracker.
            return list(self._detector.detect(np.array(frame, order="C"), words.names))
        except SamuraiError:
            raise
        except Exception as error:
            raise DetectorError(
                f"detector {self.name!r} failed on a frame of {frame.shape[1]}x{frame.shape[0]} "
                f"pixels ({cause(error)}). Remedy: correct the detector, or choose another one"
            ) from error

    def _tell(self, dropped: Counter[str]) -> None:
        for reason, count in dropped.items():
            if reason not in self.dropped:
                log.warning(
                    "detector %r: dropped %d of its detections in a frame: %s (further ones are "
                    "dropped without a word)",
                    self.name,
                    count,
                    reason,
                )
        self.dropped += dropped


def usable_detections(
    answer: Iterable[object], words: Words, frame_size: tuple[int, int]
) -> tuple[list[Detection], Counter[str]]:
    """The detections that can be used, with boxes clipped to the frame and labels as the user
    spells them; and how many were dropped, by the reason.

    Args:
        answer: a detector's.
        frame_size: height and width.

    Raises:
        DetectorError: something in it isn't a `Detection`, or has no number as its score, or a
            region of another kind.
    """
    names = {word_key(name): name for name in words.names}
    usable: list[Detection] = []
    dropped: Counter[str] = Counter()
    for each in answer:
        if not isinstance(each, Detection):
            raise DetectorError(
                f"a detector answered {type(each).__name__} {each!r:.60}. Remedy: let it answer "
                "Detection(label, score, region)"
            )
        score = _score(each)
        name = names.get(word_key(each.label)) if isinstance(each.label, str) else None
        found = _region(each.region, frame_size)
        if not math.isfinite(score):
            dropped["the score isn't finite"] += 1
        elif not 0 <= score <= 1:
            dropped["the score isn't from 0 to 1"] += 1
        elif name is None:
            dropped["the label isn't one of the words"] += 1
        elif isinstance(found, str):
            dropped[found] += 1
        else:
            usable.append(Detection(name, score, found))
    return usable, dropped


def without_doubles(detections: Sequence[Detection], iou: float = NMS_IOU) -> list[Detection]:
    """Greedy non-maximum suppression, word by word: a detection is dropped if a better one of the
    same word was kept and the intersection over union of their boxes is above `iou`.

    Args:
        detections: best first. A mask counts by its box.
    """
    boxes = np.array([_corners(each.region) for each in detections], np.float64).reshape(-1, 4)
    labels = np.array([each.label for each in detections], dtype=object)
    alive = np.ones(len(boxes), np.bool_)
    for place in range(len(boxes)):
        if alive[place]:
            rivals = place + 1 + np.flatnonzero(labels[place + 1 :] == labels[place])
            alive[rivals[_overlaps(boxes[place], boxes[rivals]) > iou]] = False
    return [each for each, kept in zip(detections, alive, strict=True) if kept]


def _threshold(words: Words, detection: Detection, default: float) -> float:
    return words.thresholds.get(detection.label, default)


def _score(detection: Detection) -> float:
    try:
        return float(detection.score)
    except (TypeError, ValueError, RuntimeError, OverflowError) as error:
        raise DetectorError(
            f"a detector answered the score {detection.score!r:.40}. Remedy: let it answer a "
            "number from 0 to 1"
        ) from error


def _region(region: object, frame_size: tuple[int, int]) -> Box | Mask | str:
    """The region inside the frame, or the reason why there is none."""
    height, width = frame_size
    if isinstance(region, Mask):
        if region.array.shape != frame_size:
            return "the mask isn't of the frame's size"
        return region if region.array.any() else "the mask is empty"
    if not isinstance(region, Box):
        raise DetectorError(
            f"a detector answered a region of type {type(region).__name__}. Remedy: let it answer "
            "Box(x, y, width, height) or Mask(array)"
        )
    if not all(map(math.isfinite, (region.x, region.y, region.width, region.height))):
        return "the box isn't finite"
    if region.width < 0 or region.height < 0:
        return "the box is reversed; width and height are above zero"
    left, right = max(region.x, 0.0), min(region.x + region.width, float(width))
    top, bottom = max(region.y, 0.0), min(region.y + region.height, float(height))
    if region.width > 0 and region.height > 0 and (right <= left or bottom <= top):
        return "the box lies outside the frame"
    if right - left < 1 or bottom - top < 1:
        return "the box has a side of less than a pixel in the frame"
    return Box(left, top, right - left, bottom - top)


def _corners(region: Box | Mask) -> tuple[float, float, float, float]:
    box = Box.of_mask(region.array) if isinstance(region, Mask) else region
    if box is None:
        raise RegionError("the mask is empty: it must hold at least one pixel of the object")
    return box.x, box.y, box.x + box.width, box.y + box.height


def _overlaps(one: NDArray[np.float64], others: NDArray[np.float64]) -> NDArray[np.float64]:
    """Intersection over union of a (4,) box of corners with (N, 4) others, all with an area."""
    sides = np.minimum(one[2:], others[:, 2:]) - np.maximum(one[:2], others[:, :2])
    shared = np.clip(sides, 0, None).prod(axis=1)
    areas = (others[:, 2:] - others[:, :2]).prod(axis=1) + (one[2:] - one[:2]).prod()
    overlaps: NDArray[np.float64] = shared / (areas - shared)
    return overlaps


def cause(error: BaseException) -> str:
    """What an error says, in one line."""
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0]:.200}" if lines else type(error).__name__
