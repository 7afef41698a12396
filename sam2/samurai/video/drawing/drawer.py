"""Answers drawn onto frames, one frame alone or a video's frames in their order."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from samurai.errors import FrameError
from samurai.painting.colors import Color
from samurai.painting.shapes import Pixels
from samurai.regions import Answer, Box, ObjectId
from samurai.video.drawing.colors import ObjectColors
from samurai.video.drawing.labels import Plate, draw_leads, draw_plates, label_of, place_labels
from samurai.video.drawing.layers import (
    Part,
    contours_of,
    draw_box,
    draw_contours,
    draw_trail,
    fill,
    part_of_box,
)
from samurai.video.drawing.legend import Entry, Layout, draw_legend, lay_out, legend_name
from samurai.video.drawing.placing import Area, Places
from samurai.video.drawing.style import DrawStyle, Sizes

_Seen = tuple[Answer, Part, Box]


def draw(
    frame: NDArray[np.uint8],
    answers: Sequence[Answer],
    style: DrawStyle | None = None,
    *,
    labels: Mapping[ObjectId, str] | None = None,
) -> Pixels:
    """Draw a frame's answers; without trails, which need the frames before: see `Drawer`.

    Args:
        frame: uint8 (H, W, 3) RGB, which is not changed.
        answers: of the frame; absent objects are in the legend only.
        style: what is drawn and how.
        labels: names of objects; the legend has all of them.

    Returns:
        A picture of the frame's size, uint8 (H, W, 3) RGB.

    Raises:
        FrameError: no such frame, or masks of another size.
    """
    return Drawer(style, labels).draw(frame, answers)


class Drawer:
    """Draws a video's frames in their order: colors stay, trails follow, labels keep their side.

    Args:
        style: what is drawn and how.
        labels: names of objects. These objects are in the legend from the first frame on.
    """

    def __init__(
        self, style: DrawStyle | None = None, labels: Mapping[ObjectId, str] | None = None
    ) -> None:
        self.style = style or DrawStyle()
        self._labels: dict[ObjectId, str] = dict(labels or {})
        self._colors = ObjectColors(self.style.palette)
        self._known: dict[ObjectId, Color] = {}
        self._trails: dict[ObjectId, deque[tuple[float, float] | None]] = {}
        self._places: dict[ObjectId, int] = {}
        self._legend: tuple[object, Layout | None] = (None, None)
        for object_id in self._labels:
            self._meet(object_id)

    def color(self, object_id: ObjectId) -> Color:
        """An object's color, for other pictures of it; asking introduces the object."""
        self._meet(object_id)
        return self._known[object_id]

    def name(self, object_id: ObjectId, label: str) -> None:
        """Give an object a name, or another one."""
        self._labels[object_id] = label
        self._meet(object_id)

    def paint(self, object_id: ObjectId, color: Color) -> None:
        """Give an object a color that isn't the palette's, until it is forgotten."""
        self._known[object_id] = color

    def forget(self, object_id: ObjectId) -> None:
        """Take an object that was removed out of the legend; should it come back, it has its
        color."""
        for each in (self._known, self._labels, self._trails, self._places):
            each.pop(object_id, None)

    def reset(self) -> None:
        """Start trails anew, after a jump to another place of the video."""
        self._trails.clear()
        self._places.clear()

    def draw(self, frame: NDArray[np.uint8], answers: Sequence[Answer]) -> Pixels:
        """Draw the next frame; as the function `draw`.

        Raises:
            FrameError: no such frame, or masks of another size.
        """
        _check(frame, answers)
        canvas: Pixels = np.array(frame, np.uint8, order="C")
        height, width = canvas.shape[:2]
        for answer in answers:
            self._meet(answer.object_id)
        seen = [
            (answer, part, answer.box)
            for answer in answers
            if not answer.absent
            and answer.box is not None
            and (part := part_of_box(answer.box, height, width)) is not None
        ]
        self._follow(seen)
        sizes = Sizes.of(self.style, width, height)
        self._draw_shapes(canvas, seen, sizes)
        layout, entries = self._lay_out_legend(seen, width, height, sizes)
        plates = self._place_labels(seen, Places(width, height, sizes.gap), layout, sizes)
        draw_leads(canvas, plates, sizes)
        if layout is not None:
            draw_legend(canvas, entries, layout, self.style.font)
        draw_plates(canvas, plates, self.style, sizes)
        return canvas

    def _meet(self, object_id: ObjectId) -> None:
        if object_id not in self._known:
            self._known[object_id] = self._colors[object_id]

    def _follow(self, seen: Sequence[_Seen]) -> None:
        """Trails grow by one place a frame, also by none."""
        if not self.style.draws("trails"):
            return
        centers = {
            answer.object_id: (box.x + box.width / 2, box.y + box.height / 2)
            for answer, _, box in seen
        }
        for object_id in self._known:
            trail = self._trails.setdefault(object_id, deque(maxlen=self.style.trail))
            trail.append(centers.get(object_id))

    def _draw_shapes(self, canvas: Pixels, seen: Sequence[_Seen], sizes: Sizes) -> None:
        """All masks below all lines."""
        style, colors = self.style, self._known
        masks = [answer.mask.view(np.uint8) for answer, _, _ in seen]
        if style.draws("masks"):
            for mask, (answer, part, _) in zip(masks, seen, strict=True):
                fill(canvas, mask, part, colors[answer.object_id], style.opacity)
        if style.draws("contours"):
            for mask, (answer, part, _) in zip(masks, seen, strict=True):
                lines = contours_of(mask, part)
                draw_contours(canvas, lines, colors[answer.object_id], sizes)
        if style.draws("boxes"):
            for answer, _, box in seen:
                draw_box(canvas, box, colors[answer.object_id], sizes)
        for object_id, trail in self._trails.items():
            draw_trail(canvas, tuple(trail), colors[object_id], sizes)

    def _lay_out_legend(
        self, seen: Sequence[_Seen], width: int, height: int, sizes: Sizes
    ) -> tuple[Layout | None, list[Entry]]:
        if not self.style.draws("legend") or not self._known:
            return None, []
        font, present = self.style.font, {answer.object_id for answer, _, _ in seen}
        entries = [
            Entry(legend_name(each, self._labels.get(each), font), color, each not in present)
            for each, color in self._known.items()
        ]
        names = tuple(entry.text for entry in entries)
        key = (names, height, width)
        if self._legend[0] != key:
            self._legend = (key, lay_out(names, width, height, sizes, font))
        return self._legend[1], entries

    def _place_labels(
        self, seen: Sequence[_Seen], places: Places, legend: Layout | None, sizes: Sizes
    ) -> list[Plate]:
        if legend is not None:
            places.take(legend.area)
        texts = [
            (
                answer.object_id,
                label_of(answer, self._labels.get(answer.object_id), self.style),
                Area(part[1].start, part[0].start, part[1].stop, part[0].stop),
            )
            for answer, part, _ in seen
        ]
        shown = [each for each in texts if each[1]]
        return place_labels(shown, self._known, places, self.style, sizes, self._places)


def _check(frame: NDArray[np.uint8], answers: Sequence[Answer]) -> None:
    if frame.ndim != 3 or frame.shape[2] != 3 or frame.dtype != np.uint8 or not frame.size:
        raise FrameError(
            f"a frame is uint8 (height, width, 3) RGB, not {frame.dtype} {frame.shape}"
        )
    for answer in answers:
        if answer.mask.shape != frame.shape[:2]:
            rows, columns = answer.mask.shape
            raise FrameError(
                f"the mask of object {answer.object_id} is {columns}x{rows}, the frame "
                f"{frame.shape[1]}x{frame.shape[0]}: draw answers on the frame they are of"
            )
