"""Answers and ground truth painted onto a frame.

An answer is filled and outlined in its object's color, a box only outlined; the ground truth is a
thin white line with a dark edge, which is visible on any background.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from samurai.evaluation.pictures.recording import (
    Frame,
    MaskShape,
    PolygonShape,
    Recording,
    Shape,
    State,
    Track,
)
from samurai.painting.colors import BLACK, BRIGHT, FAINT, PALETTE, WHITE, Color, color_of
from samurai.painting.shapes import SUBPIXEL_BITS, blend, subpixel
from samurai.painting.text import SMALL, Segment, fits, line_height, text_width, write

TRUTH: Color = WHITE
EDGE: Color = BLACK

FILL = 0.4  # opacity of a mask
WIDE = 480  # pixels; lines on narrower pictures are thinner


def fit(size: tuple[int, int], smallest: int, largest: int) -> tuple[int, int]:
    """A size (width, height) with the same shape, wide between the bounds, and even."""
    width, height = size
    wide = _even(min(max(width, smallest), largest))
    return wide, _even(wide * height / width)


def paint(recording: Recording, index: int, size: tuple[int, int]) -> Frame:
    """The run's frame at a size (width, height), with answers, ground truth and names on it."""
    picture = recording.image(index)
    shrinks = size[0] < picture.shape[1]
    scale = (size[0] / picture.shape[1], size[1] / picture.shape[0])
    how = cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
    canvas = np.ascontiguousarray(cv2.resize(picture, size, interpolation=how), np.uint8)

    thick = 1 if size[0] < WIDE else 2
    drawn = [
        (color_of(number), shape, outlines(shape, scale))
        for number, track in enumerate(recording.tracks)
        if (shape := track.answers[index]) is not None
    ]
    for color, shape, lines in drawn:
        if isinstance(shape, MaskShape):
            _fill(canvas, lines, color)
    for color, shape, lines in drawn:
        line = thick if isinstance(shape, MaskShape) else thick + 1
        draw_lines(canvas, lines, color, line)
    for track in recording.tracks:
        truth = track.truths[index]
        if truth is not None:
            lines = outlines(truth, scale)
            draw_lines(canvas, lines, EDGE, thick + 1)
            draw_lines(canvas, lines, TRUTH, 1)
    if len(recording.tracks) > 1:
        _name_objects(canvas, recording, index, scale)
    return canvas


def draw_lines(canvas: Frame, lines: list[NDArray[np.int32]], color: Color, thickness: int) -> None:
    """Draw the closed lines of `outlines`."""
    cv2.polylines(canvas, lines, True, color, thickness, cv2.LINE_AA, SUBPIXEL_BITS)


def outlines(shape: Shape, scale: tuple[float, float]) -> list[NDArray[np.int32]]:
    """A shape's closed lines on a picture scaled by x, y: int32 (n, 2), in 1/16 pixel.

    Together they are its border by the even-odd rule, so that a mask's holes stay open.
    """
    factors = np.asarray(scale, np.float64)
    if isinstance(shape, PolygonShape):
        # A polygon's coordinates are pixel corners, OpenCV's are pixel centers.
        return [subpixel(shape.points * factors - 0.5)]
    # Contours run through the centers of border pixels. On the pixels enlarged to the picture's
    # scale they are at most half a pixel of the picture inside the true border.
    zoom = max(1, math.ceil(max(scale)))
    pixels = (shape.pixels > 0).astype(np.uint8).repeat(zoom, axis=0).repeat(zoom, axis=1)
    if pixels.size == 0:
        return []
    found, _ = cv2.findContours(pixels, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    offset = np.array([shape.x, shape.y], np.float64)
    return [subpixel(((line[:, 0, :] + 0.5) / zoom + offset) * factors - 0.5) for line in found]


def describe(recording: Recording, index: int, width: int, size: int = SMALL) -> list[Segment]:
    """A caption of the run's frame: its number, and what was answered, in `width` pixels."""
    number: Segment = (f"frame {recording.frames[index]}", BRIGHT)
    if len(recording.tracks) == 1:
        return [number, *_single(recording.tracks[0], index)]
    each = [number, *(_brief(track, n, index) for n, track in enumerate(recording.tracks))]
    if fits(each, width, size):
        return each
    known = [t.overlaps[index] for t in recording.tracks if not np.isnan(t.overlaps[index])]
    mean = f"mean overlap {np.mean(known):.2f}" if known else "no answer"
    return [number, (f"{mean} of {len(recording.tracks)} objects", FAINT)]


def _single(track: Track, index: int) -> list[Segment]:
    state, overlap, confidence = (
        track.states[index],
        track.overlaps[index],
        track.confidences[index],
    )
    pieces: list[Segment] = []
    if track.hidden[index]:
        pieces.append(("not in view", BRIGHT))
    if state is not State.TRACKED:
        pieces.append((state.value, PALETTE[0]))
    if not np.isnan(overlap):
        pieces.append((f"overlap {overlap:.2f}", FAINT))
    if not np.isnan(confidence):
        pieces.append((f"confidence {confidence:.2f}", FAINT))
    return pieces


def _brief(track: Track, number: int, index: int) -> Segment:
    """One object's part of the caption, in its color."""
    state, overlap = track.states[index], track.overlaps[index]
    if state is State.TRACKED:
        return ("?" if np.isnan(overlap) else f"{overlap:.2f}", color_of(number))
    return (state.value, color_of(number))


def _fill(canvas: Frame, lines: list[NDArray[np.int32]], color: Color) -> None:
    inside = np.zeros(canvas.shape[:2], np.uint8)
    cv2.fillPoly(inside, lines, 255, cv2.LINE_AA, SUBPIXEL_BITS)
    x, y, width, height = cv2.boundingRect(inside)
    if width == 0:
        return
    part = (slice(y, y + height), slice(x, x + width))
    blend(canvas[part], inside[part], color, FILL)


def _name_objects(
    canvas: Frame, recording: Recording, index: int, scale: tuple[float, float]
) -> None:
    """A label at the top left of every object's answer."""
    high = line_height(SMALL)
    for number, track in enumerate(recording.tracks):
        answer = track.answers[index]
        lines = outlines(answer, scale) if answer is not None else []
        if not lines:
            continue
        left, top = np.concatenate(lines).min(axis=0) / 2**SUBPIXEL_BITS
        wide = text_width(track.name, SMALL) + 6
        x = int(np.clip(left, 0, max(0, canvas.shape[1] - wide)))
        y = int(np.clip(top - high, 0, max(0, canvas.shape[0] - high)))
        canvas[y : y + high, x : x + wide] = color_of(number)
        write(canvas[y : y + high, x + 3 : x + wide], [(track.name, EDGE)], SMALL)


def _even(value: float) -> int:
    """Videos store colors for blocks of 2 x 2 pixels."""
    return max(2, 2 * round(value / 2))
