"""Pictures of the moments in which two trackers differ most, or in which one is worst."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from samurai.datasets.base import Boxes
from samurai.evaluation.measures.boxes import of_length, overlaps
from samurai.evaluation.pictures.drawing import EDGE, TRUTH, draw_lines, fit, outlines
from samurai.evaluation.pictures.recording import Frame, PolygonShape

FRAMES = 3  # of a sequence
APART = 20  # frames are at least a sequence's length by this apart
SMALLEST_GAP = 0.1  # of overlaps, below which there is nothing to see
NARROWEST, WIDEST = 240, 480  # pixels of a picture
QUALITY = 80  # of JPEG


@dataclass(frozen=True)
class SequenceBoxes:
    """Boxes of a sequence in pixels, 0 is the outer edge of the top-left one.

    Attributes:
        truth: (n, 4), NaN where there is none.
        answers: (m, 4) by tracker; rows that are missing, or NaN, are no answer.
    """

    truth: Boxes
    answers: Mapping[str, Boxes]


@dataclass(frozen=True)
class Moments:
    """Where pictures of moments come from; both return None where there is nothing.

    Attributes:
        boxes: of a sequence, by its name.
        image: of a sequence's frame, by the sequence's name and the frame's index: RGB uint8
            (height, width, 3).
    """

    boxes: Callable[[str], SequenceBoxes | None]
    image: Callable[[str, int], Frame | None]


@dataclass(frozen=True)
class Picture:
    """A frame with the true box and those of trackers.

    Attributes:
        sequence, index: which frame.
        source: the JPEG file as a data URI.
        width, height: in pixels.
        overlaps: of each tracker with the truth, 0 to 1.
    """

    sequence: str
    index: int
    source: str
    width: int
    height: int
    overlaps: dict[str, float]


def pictures_of(
    moments: Moments, sequence: str, better: str | None, worse: str, colors: Mapping[str, str]
) -> list[Picture]:
    """The frames of a sequence in which `worse` is behind most, in the order of time.

    Args:
        moments: where boxes and images come from.
        sequence: its name.
        better: the tracker that it is behind; None: behind a perfect one.
        worse: a tracker.
        colors: of trackers, as `#rrggbb`.
    """
    boxes = moments.boxes(sequence)
    trackers = [name for name in colors if name in (better, worse)]
    if boxes is None or not all(name in boxes.answers for name in trackers):
        return []
    answers = {name: of_length(boxes.answers[name], len(boxes.truth), np.nan) for name in trackers}
    found = {name: np.nan_to_num(overlaps(rows, boxes.truth)) for name, rows in answers.items()}
    level = np.ones(len(boxes.truth)) if better is None else found[better]
    gaps = np.where(np.isnan(boxes.truth).any(axis=1), -np.inf, level - found[worse])
    pictures = []
    for index in worst_frames(gaps):
        image = moments.image(sequence, index)
        if image is None:
            continue
        shapes = [(colors[name], answers[name][index]) for name in trackers]
        drawn = draw(image, boxes.truth[index], shapes)
        height, width = drawn.shape[:2]
        values = {name: float(found[name][index]) for name in trackers}
        pictures.append(Picture(sequence, index, _source(drawn), width, height, values))
    return pictures


def worst_frames(gaps: NDArray[np.float64]) -> list[int]:
    """Indices of the largest gaps (n,) that are some time apart, ascending; the first of equal."""
    left = gaps.copy()
    apart = max(1, len(gaps) // APART)
    chosen: list[int] = []
    while len(chosen) < FRAMES and len(left) and left.max() >= SMALLEST_GAP:
        index = int(left.argmax())
        chosen.append(index)
        left[max(0, index - apart + 1) : index + apart] = -np.inf
    return sorted(chosen)


def draw(
    image: Frame, truth: NDArray[np.float64], answers: Sequence[tuple[str, NDArray[np.float64]]]
) -> Frame:
    """A frame at the size of the page, with boxes; those that are NaN or empty are left out.

    The true one is wider, so that it is seen around an answer that is the same.

    Args:
        image: RGB (height, width, 3).
        truth: (4,).
        answers: color and box (4,) each.
    """
    height, width = image.shape[:2]
    size = fit((width, height), NARROWEST, WIDEST)
    how = cv2.INTER_AREA if size[0] < width else cv2.INTER_CUBIC
    canvas = np.ascontiguousarray(cv2.resize(image, size, interpolation=how), np.uint8)
    scale = (size[0] / width, size[1] / height)
    strokes = [(truth, EDGE, 5), (truth, TRUTH, 3), *((box, _rgb(c), 2) for c, box in answers)]
    for box, color, thickness in strokes:
        x, y, wide, high = (float(value) for value in box)
        if not (np.isfinite(box).all() and wide > 0 and high > 0):
            continue
        corners = [(x, y), (x + wide, y), (x + wide, y + high), (x, y + high)]
        lines = outlines(PolygonShape(np.array(corners)), scale)
        draw_lines(canvas, lines, color, thickness)
    return canvas


def _rgb(color: str) -> tuple[int, int, int]:
    red, green, blue = (int(color[place : place + 2], 16) for place in (1, 3, 5))
    return red, green, blue


def _source(picture: Frame) -> str:
    bgr = cv2.cvtColor(picture, cv2.COLOR_RGB2BGR)
    _, data = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    return f"data:image/jpeg;base64,{base64.b64encode(data.tobytes()).decode('ascii')}"
