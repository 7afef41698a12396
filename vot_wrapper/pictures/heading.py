"""The line above a picture: whose run it is, how good it was, and what the colours mean."""

from __future__ import annotations

import cv2
import numpy as np

from vot_wrapper.pictures.drawing import BRIGHT, FAINT, FILL, GROUND, LINES, TRUTH, colour_of
from vot_wrapper.pictures.runs import Frame, Run
from vot_wrapper.pictures.text import LARGE, SMALL, Colour, line_height, text_width, write

HEADING_HEIGHT = 58
MARGIN = 14
SWATCH = 16


def draw_heading(run: Run, width: int) -> Frame:
    """Two lines, RGB (58, width, 3): sequence, tracker and experiment; numbers and colours."""
    canvas: Frame = np.full((HEADING_HEIGHT, width, 3), GROUND, np.uint8)
    x = write(canvas, run.sequence, (MARGIN, 8), BRIGHT, LARGE, bold=True)
    where = "  ·  ".join(word for word in (run.tracker, run.experiment, run.title) if word)
    baseline = 8 + line_height(LARGE) - line_height(SMALL) - 2
    write(canvas, where, (x + 16, baseline), FAINT, SMALL)
    second = HEADING_HEIGHT - line_height(SMALL) - 4
    x = write(canvas, numbers(run), (MARGIN, second), FAINT, SMALL)
    _legend(canvas, run, second, x + 20)
    return canvas


def numbers(run: Run) -> str:
    """How long the run is, its mean overlap, and how often it failed."""
    words = [f"{len(run.frames)} frames"]
    if run.mean_overlap is not None:
        words.append(f"mean overlap {run.mean_overlap:.3f}")
    if run.failures:
        words.append(f"{len(run.failures)} failure{'s' if len(run.failures) > 1 else ''}")
    return ", ".join(words)


def _legend(canvas: Frame, run: Run, y: int, left: int) -> None:
    """What the colours mean, at the right end of a line; entries before `left` are left out."""
    several = len(run.tracks) > 1
    entries: list[tuple[str, Colour | None]] = [("ground truth", None)]
    for number, track in reversed(list(enumerate(run.tracks))):
        entries.append((track.name if several else "answer", colour_of(number)))
    x = canvas.shape[1] - MARGIN
    for word, colour in entries:
        x -= text_width(word, SMALL) + SWATCH + 6
        if x < left:
            return
        _swatch(canvas, (x, y + 3), colour)
        write(canvas, word, (x + SWATCH + 6, y), FAINT, SMALL)
        x -= 16


def _swatch(canvas: Frame, place: tuple[int, int], colour: Colour | None) -> None:
    """A small box like an object's answer in its colour; with None like the ground truth."""
    x, y = place
    corner = (x + SWATCH - 1, y + 9)
    if colour is None:
        cv2.rectangle(canvas, place, corner, LINES, -1)
        cv2.rectangle(canvas, place, corner, TRUTH, 1)
        return
    inside = tuple(round(FILL * c + (1 - FILL) * g) for c, g in zip(colour, GROUND, strict=True))
    cv2.rectangle(canvas, place, corner, inside, -1)
    cv2.rectangle(canvas, place, corner, colour, 2)
