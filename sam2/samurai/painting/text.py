"""Text on arrays of pixels, in the font of matplotlib's charts, or Pillow's where that is missing.

Neither OpenCV's letters, which are ASCII only, nor fonts of the system, which differ.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from samurai.errors import ConfigurationError
from samurai.painting.colors import Color
from samurai.painting.shapes import Pixels, blend

Segment = tuple[str, Color]  # a piece of a line

SMALL, NORMAL, LARGE = 12, 14, 18  # pixels

_NO_LETTER = "\U0010fffe"  # not a character, so that no font has it


def line_height(size: int, font: str | None = None) -> int:
    """Pixels from the top of the highest letter to the bottom of the lowest.

    Args:
        size: of the letters, pixels.
        font: a TrueType or OpenType file; None: the usual one. So for all functions here.
    """
    return sum(_font(size, font).getmetrics())


@lru_cache(maxsize=1024)
def text_width(text: str, size: int, font: str | None = None) -> int:
    """The width of a text in pixels."""
    return round(_font(size, font).getlength(text)) + 1


def write(area: Pixels, segments: list[Segment], size: int) -> None:
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


def stamp(area: Pixels, text: str, color: Color, size: int, font: str | None = None) -> None:
    """Write one line at the top left of an area, which is changed; what doesn't fit is cut off."""
    letters = _letters(text, size, font)[: area.shape[0], : area.shape[1]]
    blend(area[: letters.shape[0], : letters.shape[1]], letters, color)


@lru_cache(maxsize=4096)
def writable(text: str, font: str | None = None) -> str:
    """A text in one line of letters that the font has.

    Others become the letters they are made of without accents, and `?` where there are none.
    """
    line = " ".join(unicodedata.normalize("NFC", text).split())
    return "".join(_known(letter, font) for letter in line if letter.isprintable())


def check_font(font: str) -> None:
    """Raise ConfigurationError unless a file is a font."""
    try:
        _font(SMALL, font)
    except OSError as error:
        raise ConfigurationError(
            f"{font} isn't a font that can be read ({error}). Remedy: name a .ttf or .otf file"
        ) from error


def _known(letter: str, font: str | None) -> str:
    if letter.isascii() or _drawn(letter, font) != _drawn(_NO_LETTER, font):
        return letter
    plain = [each for each in unicodedata.normalize("NFKD", letter) if each.isascii()]
    return "".join(plain) or "?"


@lru_cache(maxsize=4096)
def _drawn(letter: str, font: str | None) -> bytes:
    return bytes(_font(32, font).getmask(letter))


@lru_cache(maxsize=256)
def _letters(text: str, size: int, font: str | None) -> NDArray[np.uint8]:
    """A line's cover, 0 to 255: (line height, text width)."""
    picture = Image.new("L", (text_width(text, size, font), line_height(size, font)))
    ImageDraw.Draw(picture).text((0, 0), text, 255, _font(size, font))
    return np.asarray(picture)


@lru_cache(maxsize=16)
def _font(size: int, font: str | None = None) -> ImageFont.FreeTypeFont:
    if font is not None:
        return ImageFont.truetype(font, size)
    try:
        import matplotlib
    except ImportError:
        found = ImageFont.load_default(size)
        if isinstance(found, ImageFont.FreeTypeFont):
            return found
        raise ConfigurationError(
            "this Pillow has no font of its own. Remedy: `pip install matplotlib`, or name a font"
        ) from None
    file = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"
    return ImageFont.truetype(str(file), size)
