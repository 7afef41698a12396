"""Text on arrays of pixels, in the font of matplotlib's charts."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from samurai.evaluation.pictures.recording import Frame

Color = tuple[int, int, int]
Segment = tuple[str, Color]  # a piece of a line

SMALL, NORMAL, LARGE = 12, 14, 18  # pixels


def line_height(size: int) -> int:
    """Pixels from the top of the highest letter to the bottom of the lowest."""
    return sum(_font(size).getmetrics())


def text_width(text: str, size: int) -> int:
    """The width of a text in pixels."""
    return round(_font(size).getlength(text)) + 1


def write(area: Frame, segments: list[Segment], size: int) -> None:
    """Writes pieces of text in their colors, from the left; pieces that don't fit are left out.

    Args:
        area: RGB (height, width, 3), changed in place; text below it is cut off.
        segments: the pieces.
        size: of the letters, pixels; the gap between pieces is as wide.
    """
    picture = Image.fromarray(area)
    x = 0
    for text, color in segments:
        end = x + text_width(text, size)
        if end > area.shape[1]:
            break
        ImageDraw.Draw(picture).text((x, 0), text, color, _font(size))
        x = end + size
    area[:] = np.asarray(picture)


def fits(segments: list[Segment], width: int, size: int) -> bool:
    """Whether `write` has room for all of them."""
    return sum(text_width(text, size) + size for text, _ in segments) - size <= width


@lru_cache(maxsize=4)
def _font(size: int) -> ImageFont.FreeTypeFont:
    import matplotlib

    file = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"
    return ImageFont.truetype(str(file), size)
