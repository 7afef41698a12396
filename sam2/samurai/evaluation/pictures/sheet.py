"""A run as one picture: sampled frames in a grid above the curves; and a thumbnail."""

from __future__ import annotations

import math

import numpy as np

from samurai.evaluation.pictures.curves import draw_curves
from samurai.evaluation.pictures.drawing import describe, fit, paint
from samurai.evaluation.pictures.heading import HEADING_HEIGHT, draw_heading
from samurai.evaluation.pictures.recording import Frame, Recording
from samurai.painting.colors import GROUND
from samurai.painting.text import SMALL, line_height, write

SHEET_WIDTH = 1360  # pixels
GAP = 12
COLUMNS, COLUMNS_UPRIGHT = 4, 6
LARGEST_TILE = 640
MARK = (112, 118, 130)  # color of the lines through the shown frames
THUMBNAIL_WIDTH = 320


def sample(recording: Recording, count: int) -> list[int]:
    """Which frames of the run to show: evenly spread, first and last among them, in order.

    A failure replaces the nearest other frame, so that it is shown.
    """
    count = min(count, len(recording.frames))
    chosen = sorted({round(place) for place in np.linspace(0, len(recording.frames) - 1, count)})
    free = set(chosen[1:-1]) - set(recording.failures)
    for failure in recording.failures:
        if failure not in chosen and free:
            nearest = min(free, key=lambda index: abs(index - failure))
            free.remove(nearest)
            chosen[chosen.index(nearest)] = failure
    return sorted(chosen)


def draw_sheet(recording: Recording, count: int) -> Frame:
    """The sheet of a run, with up to `count` of its frames: RGB, about 1360 pixels wide."""
    indices = sample(recording, count)
    height, width = recording.image(indices[0]).shape[:2]
    columns = min(len(indices), COLUMNS if width >= height else COLUMNS_UPRIGHT)
    room = (SHEET_WIDTH - GAP * (columns + 1)) // columns
    tile = fit((width, height), min(room, LARGEST_TILE), min(room, LARGEST_TILE))
    caption = line_height(SMALL) + 6
    rows = math.ceil(len(indices) / columns)
    top = HEADING_HEIGHT + GAP
    curves = draw_curves(recording, SHEET_WIDTH).marked(indices, MARK)
    bottom = top + rows * (tile[1] + caption + GAP)
    sheet: Frame = np.full((bottom + curves.shape[0], SHEET_WIDTH, 3), GROUND, np.uint8)

    sheet[:HEADING_HEIGHT] = draw_heading(recording, SHEET_WIDTH)
    for place, index in enumerate(indices):
        row, column = divmod(place, columns)
        x = GAP + column * (tile[0] + GAP)
        y = top + row * (tile[1] + caption + GAP)
        sheet[y : y + tile[1], x : x + tile[0]] = paint(recording, index, tile)
        below = y + tile[1] + 3
        words = describe(recording, index, tile[0])
        write(sheet[below : below + caption, x : x + tile[0]], words, SMALL)
    sheet[bottom:] = curves
    return sheet


def draw_thumbnail(recording: Recording) -> Frame:
    """The middle of the run, small: RGB."""
    index = len(recording.frames) // 2
    height, width = recording.image(index).shape[:2]
    wide = THUMBNAIL_WIDTH if width >= height else THUMBNAIL_WIDTH * width // height
    return paint(recording, index, fit((width, height), wide, wide))
