"""Grouped bars: one group per measure, in it one bar per tracker."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import cv2
import numpy as np

from vot_wrapper.pictures.drawing import BRIGHT, FAINT, GROUND, LINES, PANEL, colour_of
from vot_wrapper.pictures.runs import Frame
from vot_wrapper.pictures.text import NORMAL, SMALL, line_height, text_width, write

WIDTH = 960  # pixels, as everything below
LEFT, RIGHT = 52, 14
PLOT_HEIGHT = 230
GAP = 12
TICKS = 5  # at most; round numbers


@dataclass(frozen=True)
class Bars:
    """What to draw.

    Attributes:
        title: of the picture.
        groups: a value per tracker, NaN where there is none; a name may have several lines.
        intervals: of single bars, by group and number of the tracker: lower and upper bound.
    """

    title: str
    groups: dict[str, list[float]]
    intervals: dict[tuple[str, int], tuple[float, float]] = field(default_factory=dict)


@dataclass(frozen=True)
class _Axis:
    low: float
    high: float
    step: float
    top: int

    def y(self, value: float) -> int:
        part = (value - self.low) / (self.high - self.low)
        return round(self.top + (PLOT_HEIGHT - 1) * (1 - part))


def draw_bars(bars: Bars, series: list[str]) -> Frame:
    """The picture: RGB, WIDTH wide; `series` names the bars of every group, for the legend."""
    text = line_height(SMALL)
    legend = _legend_lines(series)
    top = line_height(NORMAL) + GAP + len(legend) * (text + 4) + GAP
    lines = max(name.count("\n") + 1 for name in bars.groups)
    height = top + PLOT_HEIGHT + 6 + lines * (text + 2) + 6
    canvas: Frame = np.full((height, WIDTH, 3), GROUND, np.uint8)
    write(canvas, bars.title, (LEFT, 6), BRIGHT, NORMAL, bold=True)
    _write_legend(canvas, legend, line_height(NORMAL) + GAP)
    axis = _axis(bars, top)
    _draw_axis(canvas, axis)
    room = (WIDTH - LEFT - RIGHT) / len(bars.groups)
    for place, (name, values) in enumerate(bars.groups.items()):
        left = LEFT + place * room
        _draw_group(canvas, axis, bars, name, values, left, room)
        for number, line in enumerate(name.split("\n")):
            y = top + PLOT_HEIGHT + 6 + number * (text + 2)
            write(canvas, line, (round(left + room / 2), y), FAINT, SMALL, align=0.5)
    return canvas


def _axis(bars: Bars, top: int) -> _Axis:
    """From 0, or below it where values are, to a round number above all of them."""
    values = [v for group in bars.groups.values() for v in group if math.isfinite(v)]
    values += [bound for interval in bars.intervals.values() for bound in interval]
    low, high = min([0.0, *values]), max([0.0, *values])
    if high == low:
        high = low + 1.0
    rough = (high - low) / TICKS
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough)
    return _Axis(math.floor(low / step) * step, math.ceil(high / step) * step, step, top)


def _draw_axis(canvas: Frame, axis: _Axis) -> None:
    right, bottom = WIDTH - 1 - RIGHT, axis.top + PLOT_HEIGHT - 1
    cv2.rectangle(canvas, (LEFT, axis.top), (right, bottom), PANEL, -1)
    for tick in range(round((axis.high - axis.low) / axis.step) + 1):
        value = axis.low + tick * axis.step
        y = axis.y(value)
        zero = abs(value) < axis.step / 2
        cv2.line(canvas, (LEFT, y), (right, y), FAINT if zero else LINES, 1)
        number = f"{0.0 if zero else value:.3g}"
        write(canvas, number, (LEFT - 7, y - line_height(SMALL) // 2), FAINT, SMALL, align=1)


def _draw_group(
    canvas: Frame,
    axis: _Axis,
    bars: Bars,
    name: str,
    values: list[float],
    left: float,
    room: float,
) -> None:
    wide = room * 0.84 / len(values)
    zero = axis.y(0.0)
    for number, value in enumerate(values):
        if not math.isfinite(value):
            continue
        x = left + 0.08 * room + number * wide
        ends = (round(x), zero), (max(round(x), round(x + wide) - 2), axis.y(value))
        cv2.rectangle(canvas, *ends, colour_of(number), -1)
        if (name, number) in bars.intervals:
            low, high = (axis.y(bound) for bound in bars.intervals[name, number])
            _whisker(canvas, round(x + wide / 2 - 1), low, high)


def _whisker(canvas: Frame, x: int, low: int, high: int) -> None:
    for thickness, colour in ((3, GROUND), (1, BRIGHT)):
        cv2.line(canvas, (x, low), (x, high), colour, thickness)
        for y in (low, high):
            cv2.line(canvas, (x - 3, y), (x + 3, y), colour, thickness)


def _legend_lines(series: list[str]) -> list[list[tuple[str, int]]]:
    """Names with their numbers, as many in a line as fit."""
    lines: list[list[tuple[str, int]]] = [[]]
    x = LEFT
    for number, name in enumerate(series):
        wide = 18 + text_width(name, SMALL) + 16
        if lines[-1] and x + wide > WIDTH - RIGHT:
            lines.append([])
            x = LEFT
        lines[-1].append((name, number))
        x += wide
    return lines


def _write_legend(canvas: Frame, lines: list[list[tuple[str, int]]], top: int) -> None:
    high = line_height(SMALL)
    for row, line in enumerate(lines):
        x, y = LEFT, top + row * (high + 4)
        for name, number in line:
            cv2.rectangle(canvas, (x, y + 2), (x + 11, y + high - 3), colour_of(number), -1)
            x = write(canvas, name, (x + 18, y), BRIGHT, SMALL) + 16
