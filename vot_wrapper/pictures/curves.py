"""The curves beneath the pictures: overlap and confidence over the whole sequence."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from vot_wrapper.pictures.drawing import (
    BRIGHT,
    FAINT,
    GROUND,
    LINES,
    PANEL,
    SUBPIXEL_BITS,
    colour_of,
)
from vot_wrapper.pictures.runs import Frame, Run, State
from vot_wrapper.pictures.text import SMALL, Colour, line_height, text_width, write

LEFT, RIGHT = 46, 14  # margins in pixels: left of the plots stand the numbers of the axis
PLOT_HEIGHT = 76
HIDDEN: Colour = (58, 62, 72)  # ground of frames in which the object is not in view


@dataclass(frozen=True)
class _Plot:
    """One pair of axes: `values[object][n]` belongs to the run's n-th frame."""

    name: str
    values: list[NDArray[np.float64]]
    low: float
    high: float
    top: int = 0  # y of its upper border in the picture

    def y(self, value: float) -> float:
        part = (value - self.low) / (self.high - self.low)
        return self.top + (PLOT_HEIGHT - 1) * (1 - min(max(part, 0.0), 1.0))


@dataclass(frozen=True)
class Curves:
    """A run's curves, drawn once; `marked` copies them and marks frames.

    Attributes:
        picture: RGB (height, width, 3).
    """

    run: Run
    picture: Frame
    _plots: list[_Plot] = field(repr=False)

    def marked(self, indices: list[int], colour: Colour) -> Frame:
        """The curves with a line through these frames of the run, and dots on the curves."""
        canvas = self.picture.copy()
        for plot in self._plots:
            for index in indices:
                x = round(_x(self.run, index, canvas.shape[1]))
                bottom = plot.top + PLOT_HEIGHT - 1
                cv2.line(canvas, (x, plot.top), (x, bottom), colour, 1)
            for number, values in enumerate(plot.values):
                for index in indices:
                    if not np.isnan(values[index]):
                        place = (_x(self.run, index, canvas.shape[1]), plot.y(values[index]))
                        _dot(canvas, place, colour_of(number))
        return canvas


def draw_curves(run: Run, width: int) -> Curves:
    """Draws the overlap of all objects, and their confidence if the tracker gave any.

    The axis is the whole sequence. There is a gap where a value is missing.
    """
    plots = _arrange(run)
    text = line_height(SMALL)
    height = plots[-1].top + PLOT_HEIGHT + 4 + text + 6
    canvas: Frame = np.full((height + height % 2, width, 3), GROUND, np.uint8)
    for plot in plots:
        _axes(canvas, run, plot)
    for plot in plots:
        for number, values in enumerate(plot.values):
            _curve(canvas, run, plot, values, colour_of(number))
    for number, track in enumerate(run.tracks):
        for index, state in enumerate(track.states):
            if state in (State.INIT, State.FAILED):
                place = (_x(run, index, width), plots[0].top + PLOT_HEIGHT - 7)
                _event(canvas, place, state, colour_of(number))
    _frame_numbers(canvas, run, plots[-1].top + PLOT_HEIGHT + 4)
    return Curves(run, canvas, plots)


def _arrange(run: Run) -> list[_Plot]:
    """The plots that there is something for, one below the other."""
    overlaps = [track.overlaps for track in run.tracks]
    confidences = [track.confidences for track in run.tracks]
    first = line_height(SMALL) + 8
    plots = [_Plot("overlap", overlaps, 0.0, 1.0, first)]
    every = np.concatenate(confidences)
    known = every[np.isfinite(every)]
    if known.size:
        low, high = round_bounds(float(known.min()), float(known.max()))
        second = first + PLOT_HEIGHT + line_height(SMALL) + 14
        plots.append(_Plot("confidence", confidences, low, high, second))
    return plots


SMALLEST_UNIT = 1e-12
"""Of an axis; smaller differences are rounding."""


def round_bounds(low: float, high: float) -> tuple[float, float]:
    """Bounds with few digits around values: 0 and 1 for what lies between these."""
    if low >= 0 and high <= 1:
        return 0.0, 1.0
    unit = 10.0 ** math.floor(math.log10(max(high - low, 1e-3 * abs(high), SMALLEST_UNIT)))
    bottom, top = math.floor(low / unit) * unit, math.ceil(high / unit) * unit
    return (bottom, top) if bottom < top else (bottom - unit, top + unit)


def _x(run: Run, index: int, width: int) -> float:
    """Where a frame of the run is on a picture's horizontal axis."""
    part = run.frames[index] / max(1, run.length - 1)
    return LEFT + part * (width - 1 - LEFT - RIGHT)


def _axes(canvas: Frame, run: Run, plot: _Plot) -> None:
    right, bottom = canvas.shape[1] - 1 - RIGHT, plot.top + PLOT_HEIGHT - 1
    cv2.rectangle(canvas, (LEFT, plot.top), (right, bottom), PANEL, -1)
    if len(run.tracks) == 1:
        _shade_hidden(canvas, run, plot)
    write(canvas, plot.name, (LEFT, plot.top - line_height(SMALL) - 3), BRIGHT, SMALL)
    for value in (plot.low, (plot.low + plot.high) / 2, plot.high):
        y = round(plot.y(value))
        cv2.line(canvas, (LEFT, y), (right, y), LINES, 1)
        number = f"{value:.3g}"
        write(canvas, number, (LEFT - 7, y - line_height(SMALL) // 2), FAINT, SMALL, align=1)


def _shade_hidden(canvas: Frame, run: Run, plot: _Plot) -> None:
    half = 0.5 * (canvas.shape[1] - 1 - LEFT - RIGHT) / max(1, run.length - 1)
    left, right = LEFT, canvas.shape[1] - 1 - RIGHT
    for index in np.flatnonzero(run.tracks[0].hidden):
        x = _x(run, int(index), canvas.shape[1])
        start, end = max(left, round(x - half)), min(right, round(x + half))
        cv2.rectangle(canvas, (start, plot.top), (end, plot.top + PLOT_HEIGHT - 1), HIDDEN, -1)


def _curve(
    canvas: Frame, run: Run, plot: _Plot, values: NDArray[np.float64], colour: Colour
) -> None:
    """The line through consecutive values; a value alone is a dot."""
    known = np.isfinite(values)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], known, [False]])))
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        places = [
            (_x(run, index, canvas.shape[1]), plot.y(values[index])) for index in range(start, end)
        ]
        if len(places) == 1:
            _dot(canvas, places[0], colour)
            continue
        line = np.rint(np.array(places) * 2**SUBPIXEL_BITS).astype(np.int32)
        cv2.polylines(canvas, [line], False, colour, 2, cv2.LINE_AA, SUBPIXEL_BITS)


def _dot(canvas: Frame, place: tuple[float, float], colour: Colour) -> None:
    one = 2**SUBPIXEL_BITS
    centre = (round(place[0] * one), round(place[1] * one))
    cv2.circle(canvas, centre, 4 * one, GROUND, -1, cv2.LINE_AA, SUBPIXEL_BITS)
    cv2.circle(canvas, centre, 3 * one, colour, -1, cv2.LINE_AA, SUBPIXEL_BITS)


def _event(canvas: Frame, place: tuple[float, float], state: State, colour: Colour) -> None:
    """A triangle where the object was given to the tracker, a cross where it was lost."""
    x, y, arm = round(place[0]), round(place[1]), 5
    if state is State.INIT:
        corners = np.array([[x, y - arm], [x - arm, y + arm], [x + arm, y + arm]], np.int32)
        cv2.fillPoly(canvas, [corners], colour, cv2.LINE_AA)
        cv2.polylines(canvas, [corners], True, GROUND, 1, cv2.LINE_AA)
        return
    for thickness, shade in ((5, GROUND), (2, BRIGHT)):
        for sign in (-1, 1):
            ends = (x - arm, y - sign * arm), (x + arm, y + sign * arm)
            cv2.line(canvas, *ends, shade, thickness, cv2.LINE_AA)


def _frame_numbers(canvas: Frame, run: Run, y: int) -> None:
    """Round numbers below the plots, and the sequence's last one."""
    last = run.length - 1
    room = text_width(f"frame {last}", SMALL) + 20
    inner = canvas.shape[1] - 1 - LEFT - RIGHT
    step = _round_step(max(1, last) * room / inner)
    for number in [*range(0, last, step), last]:
        x = LEFT + number / max(1, last) * inner
        if number != last and (last - number) / max(1, last) * inner < room:
            continue
        word = f"frame {number}" if number == 0 else str(number)
        align = 0.0 if number == 0 else 1.0 if number == last else 0.5
        write(canvas, word, (round(x), y), FAINT, SMALL, align=align)


def _round_step(least: float) -> int:
    """The smallest of 1, 2, 5, 10, 20, 50, ... that is not below `least`."""
    power = int(10 ** math.floor(math.log10(max(1.0, least))))
    return next(step * power for step in (1, 2, 5, 10) if step * power >= least)
