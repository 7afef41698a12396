"""Text on arrays of pixels, in matplotlib's DejaVu Sans, so that it looks the same everywhere."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import matplotlib
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from vot_wrapper.pictures.runs import Frame

Colour = tuple[int, int, int]
Segment = tuple[str, Colour]  # a piece of a line

SMALL, NORMAL, LARGE = 12, 14, 18  # pixels


def line_height(size: int) -> int:
    """Pixels from the top of the highest letter to the bottom of the lowest."""
    return int(_glyphs("x", size, False).shape[0])


def text_width(text: str, size: int, bold: bool = False) -> int:
    """How many pixels a text takes."""
    return int(_glyphs(text, size, bold).shape[1])


def write(
    canvas: Frame,
    text: str,
    place: tuple[int, int],
    colour: Colour,
    size: int = NORMAL,
    *,
    bold: bool = False,
    align: float = 0.0,
) -> int:
    """Writes one line; what lies outside the canvas is cut off.

    Args:
        canvas: changed in place.
        text: the line.
        place: x, y of its top left corner; with `align` 0.5 its top centre, with 1 its top right.
        colour: RGB.
        size: in pixels.
        bold: whether the letters are bold.
        align: the part of the text that lies left of x.

    Returns:
        x of the line's right end.
    """
    alpha = _glyphs(text, size, bold)
    x, y = place[0] - round(align * alpha.shape[1]), place[1]
    left, top = max(0, x), max(0, y)
    right = min(canvas.shape[1], x + alpha.shape[1])
    bottom = min(canvas.shape[0], y + alpha.shape[0])
    if left < right and top < bottom:
        part = alpha[top - y : bottom - y, left - x : right - x, None].astype(np.float32) / 255
        below = canvas[top:bottom, left:right]
        below[:] = np.rint(below + part * (np.asarray(colour, np.float32) - below))
    end: int = x + alpha.shape[1]
    return end


def write_segments(
    canvas: Frame,
    segments: list[Segment],
    place: tuple[int, int],
    width: int,
    size: int = NORMAL,
) -> None:
    """Writes pieces of text in their colours, from the left; pieces that don't fit are left out."""
    x, y = place
    end = x + width
    for text, colour in segments:
        if x + text_width(text, size) > end:
            break
        x = write(canvas, text, (x, y), colour, size) + size


def fits(segments: list[Segment], width: int, size: int = NORMAL) -> bool:
    """Whether `write_segments` has room for all of them."""
    return sum(text_width(text, size) + size for text, _ in segments) - size <= width


@lru_cache(maxsize=2048)
def _glyphs(text: str, size: int, bold: bool) -> NDArray[np.uint8]:
    """A line's opacity, uint8 (height, width); all lines of a size are equally high."""

    font = _font(size, bold)
    ascent, descent = font.getmetrics()
    picture = Image.new("L", (max(1, round(font.getlength(text)) + 1), ascent + descent), 0)
    ImageDraw.Draw(picture).text((0, ascent), text, fill=255, font=font, anchor="ls")
    return np.asarray(picture, np.uint8)


@lru_cache(maxsize=16)
def _font(size: int, bold: bool) -> ImageFont.FreeTypeFont:

    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    return ImageFont.truetype(str(Path(matplotlib.get_data_path()) / "fonts" / "ttf" / name), size)
