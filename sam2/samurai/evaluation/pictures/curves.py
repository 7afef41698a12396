"""The curves beneath the pictures: overlap and confidence over the whole sequence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from numpy.typing import NDArray

from samurai.evaluation.pictures.figure import new_figure, shade, to_frame
from samurai.evaluation.pictures.recording import Frame, Recording, State
from samurai.painting.colors import BRIGHT, GROUND, Color, color_of
from samurai.painting.shapes import SUBPIXEL_BITS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PLOT_HEIGHT = 104  # of a plot with its title, pixels
NUMBERS_HEIGHT = 24  # of the frame numbers below all plots
NUMBER_WIDTH = 80  # room for each of them
HIDDEN: Color = (58, 62, 72)  # background of frames in which the object is out of view


@dataclass(frozen=True)
class Curves:
    """A recording's curves, drawn once; `marked` copies them and marks frames.

    Attributes:
        picture: RGB (height, width, 3).
        plots: the first and the last row of each plot in the picture.
        points: of every object in every plot, x and y in the picture by frame of the recording;
            y is NaN where there is no value.
    """

    picture: Frame
    plots: list[tuple[int, int]]
    points: list[tuple[Color, NDArray[np.float64]]]

    def marked(self, indices: list[int], color: Color) -> Frame:
        """The curves with a line through these frames of the recording, and dots on the curves."""
        canvas = self.picture.copy()
        for index in indices:
            x = round(self.points[0][1][index, 0])
            for top, bottom in self.plots:
                cv2.line(canvas, (x, top), (x, bottom), color, 1)
        for own, points in self.points:
            for x, y in points[indices][np.isfinite(points[indices]).all(axis=1)]:
                place = (round(x * 2**SUBPIXEL_BITS), round(y * 2**SUBPIXEL_BITS))
                for radius, shown in ((4, GROUND), (3, own)):
                    size = radius * 2**SUBPIXEL_BITS
                    cv2.circle(canvas, place, size, shown, -1, cv2.LINE_AA, SUBPIXEL_BITS)
        return canvas


def draw_curves(recording: Recording, width: int) -> Curves:
    """Draws the overlap of all objects, and their confidence if the tracker gave any.

    The axis is the whole sequence. There is a gap where a value is missing.
    """
    plots = {"overlap": [track.overlaps for track in recording.tracks]}
    confidences = [track.confidences for track in recording.tracks]
    if np.isfinite(confidences).any():
        plots["confidence"] = confidences
    height = len(plots) * PLOT_HEIGHT + NUMBERS_HEIGHT
    with new_figure(width, height) as figure:
        axes = figure.subplots(len(plots), squeeze=False, sharex=True)[:, 0]
        for each, (name, values) in zip(axes, plots.items(), strict=True):
            _plot(each, recording, name, values)
        _mark_events(axes[0], recording)
        _number_frames(axes[-1], recording.length, width)
        picture = to_frame(figure)
    boxes = [each.get_window_extent() for each in axes]
    return Curves(
        picture,
        [(round(height - box.y1), round(height - box.y0) - 1) for box in boxes],
        [
            (color_of(number), _places(each, recording, one, height))
            for each, values in zip(axes, plots.values(), strict=True)
            for number, one in enumerate(values)
        ],
    )


def _places(
    axes: Axes, recording: Recording, values: NDArray[np.float64], height: int
) -> NDArray[np.float64]:
    """Where values are in the picture: x and y of pixel centers, float (n, 2); y may be NaN."""
    points = np.column_stack([recording.frames, np.nan_to_num(values)])
    x, y = axes.transData.transform(points).T
    return np.column_stack([x - 0.5, np.where(np.isnan(values), np.nan, height - y - 0.5)])


def _plot(axes: Axes, recording: Recording, name: str, values: list[NDArray[np.float64]]) -> None:
    """Lines through consecutive values; a value alone is a dot."""
    axes.set_title(name)
    if len(recording.tracks) == 1:
        hidden = np.asarray(recording.frames)[recording.tracks[0].hidden]
        axes.broken_barh(
            [(frame - 0.5, 1) for frame in hidden],
            (0, 1),
            transform=axes.get_xaxis_transform(),
            color=shade(HIDDEN),
            linewidth=0,
            antialiased=False,
        )
    for number, one in enumerate(values):
        known = np.pad(np.isfinite(one), 1)
        alone = known[1:-1] & ~known[:-2] & ~known[2:]
        style: dict[str, Any] = {"color": shade(color_of(number)), "clip_on": False}
        axes.plot(recording.frames, one, linewidth=2, **style)
        axes.plot(recording.frames, np.where(alone, one, np.nan), "o", markersize=5, **style)
    given = np.concatenate(values)
    given = given[np.isfinite(given)]
    if not given.size or (given.min() >= 0 and given.max() <= 1):
        axes.set_ylim(0, 1)
    axes.locator_params(axis="y", nbins=2)
    axes.yaxis.set_major_formatter("{x:g}")


def _mark_events(axes: Axes, recording: Recording) -> None:
    """A triangle where the object was given to the tracker, a cross where it was lost."""
    for number, track in enumerate(recording.tracks):
        looks = [
            (State.INIT, "^", color_of(number), GROUND, 1),
            (State.FAILED, "x", GROUND, GROUND, 5),
            (State.FAILED, "x", BRIGHT, BRIGHT, 2),
        ]
        for state, marker, color, edge, width in looks:
            frames = [f for f, s in zip(recording.frames, track.states, strict=True) if s is state]
            axes.plot(
                frames,
                [0.12] * len(frames),
                marker,
                transform=axes.get_xaxis_transform(),
                color=shade(color),
                markeredgecolor=shade(edge),
                markeredgewidth=width,
                markersize=10,
            )


def _number_frames(axes: Axes, length: int, width: int) -> None:
    from matplotlib.ticker import MaxNLocator

    axes.set_xlim(-0.5, length - 0.5)
    axes.xaxis.set_major_locator(
        MaxNLocator(width // NUMBER_WIDTH, integer=True, steps=[1, 2, 5, 10])
    )
    axes.xaxis.set_major_formatter(lambda frame, _: f"{'' if frame else 'frame '}{frame:.0f}")
