"""Labels beside objects: a plate in the object's color, with its number, name and confidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cv2

from samurai.painting.colors import BLACK, Color, ink_on
from samurai.painting.shapes import Pixels, thickness
from samurai.painting.text import line_height, stamp, text_width, writable
from samurai.regions import Answer, ObjectId
from samurai.video.drawing.placing import Area, Places
from samurai.video.drawing.style import DrawStyle, Sizes

_LONGEST = 0.4  # of the frame's width
_CUT = "..."


def label_of(answer: Answer, name: str | None, style: DrawStyle) -> str:
    """What an object's label says; empty where nothing is asked for.

    An object without a name is called by its id.
    """
    own = str(answer.object_id)
    words = [own] if style.draws("ids") else []
    if style.draws("labels"):
        words += [name or own]
    if style.draws("confidence"):
        words += [f"{answer.confidence:.2f}"]
    return writable(" ".join(dict.fromkeys(words)), style.font)


def shortened(text: str, room: int, size: int, font: str | None) -> str:
    """A text that fits into `room` pixels, its end cut off if needed; empty if nothing fits."""
    if text_width(text, size, font) <= room:
        return text
    low, high = 0, len(text)
    while low < high:  # the longest start that fits
        middle = (low + high + 1) // 2
        if text_width(text[:middle].rstrip() + _CUT, size, font) <= room:
            low = middle
        else:
            high = middle - 1
    return text[:low].rstrip() + _CUT if low else ""


def plate_size(text: str, sizes: Sizes, font: str | None) -> tuple[int, int]:
    """Width and height of a label."""
    width = text_width(text, sizes.text, font) + 2 * sizes.gap
    return width, line_height(sizes.text, font) + 2 * sizes.edge


@dataclass(frozen=True)
class Plate:
    """A label and its place.

    Attributes:
        text, color: of the label.
        place: where it is.
        area: the object's.
        away: it isn't beside its object.
    """

    text: str
    color: Color
    place: Area
    area: Area
    away: bool


def place_labels(
    texts: Sequence[tuple[ObjectId, str, Area]],
    colors: Mapping[ObjectId, Color],
    places: Places,
    style: DrawStyle,
    sizes: Sizes,
    used: dict[ObjectId, int],
) -> list[Plate]:
    """Places for labels, none over another and each inside the frame.

    A label that is too long loses its end; one for which there is no room is left out.

    Args:
        texts: of each object its id, label and area, the most important first.
        colors: of objects.
        places: the frame's room, which the labels take.
        style, sizes: of the letters.
        used: which place around it each object's label had last; it stays there while it can, so
            that labels don't jump. It is brought up to date.
    """
    plates = []
    for object_id, text, area in texts:
        room = min(round(max(_LONGEST * places.width, area.width)), places.width)
        cut = shortened(text, room - 2 * sizes.gap, sizes.text, style.font)
        size = plate_size(cut, sizes, style.font)
        found = places.near(area, *size, used.get(object_id, 0)) if cut else None
        if found is not None:
            place, used[object_id] = found
            plates.append(Plate(cut, colors[object_id], place, area, found[1] < 0))
    return plates


def draw_leads(canvas: Pixels, plates: Sequence[Plate], sizes: Sizes) -> None:
    """Lines from labels that aren't beside their objects to the objects' centers."""
    for plate in plates:
        if plate.away:
            start, end = plate.place.center, plate.area.center
            cv2.line(canvas, start, end, BLACK, thickness(sizes.dark), cv2.LINE_AA)
            cv2.line(canvas, start, end, plate.color, thickness(sizes.line), cv2.LINE_AA)


def draw_plates(canvas: Pixels, plates: Sequence[Plate], style: DrawStyle, sizes: Sizes) -> None:
    """Labels at their places."""
    edge = sizes.edge
    for plate in plates:
        place = plate.place
        part = canvas[place.top : place.bottom, place.left : place.right]
        part[:] = BLACK
        part[edge:-edge, edge:-edge] = plate.color
        inner = part[edge:, sizes.gap :]
        stamp(inner, plate.text, ink_on(plate.color), sizes.text, style.font)
