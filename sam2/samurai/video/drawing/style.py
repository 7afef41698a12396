"""What is drawn and how: every option once, for functions, the command line and its help."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from samurai.errors import ConfigurationError
from samurai.painting.colors import PALETTES
from samurai.painting.text import check_font
from samurai.spelling import did_you_mean

LAYERS = ("masks", "contours", "boxes", "ids", "labels", "confidence", "trails", "legend")
"""What can be drawn."""

_METADATA = "samurai.drawing"


@dataclass(frozen=True)
class StyleOption:
    """The description of a field of `DrawStyle`.

    Attributes:
        help: what it does.
        parse: its value from a text, as of the command line; raises ConfigurationError or
            ValueError.
        form: of such a text, for help.
        unset: what None means.
        name: of the field.
        default: of the field.
    """

    help: str
    parse: Callable[[str], Any]
    form: str
    unset: str = "by the frame's size"
    name: str = ""
    default: Any = None

    @property
    def flag(self) -> str:
        """Of the command line."""
        return "--" + self.name.replace("_", "-")

    @property
    def default_text(self) -> str:
        """The default, as its text would be."""
        if self.default is None:
            return self.unset
        return ",".join(self.default) if isinstance(self.default, tuple) else str(self.default)


def layers_of(text: str) -> tuple[str, ...]:
    """Names of layers, separated by commas; `all` and `none` are allowed.

    Raises:
        ConfigurationError: an unknown name.
    """
    if text.strip() in ("all", "none"):
        return LAYERS if text.strip() == "all" else ()
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _option(default: Any, help: str, parse: Callable[[str], Any], form: str, **more: str) -> Any:
    metadata = {_METADATA: StyleOption(help, parse, form, **more)}
    return dataclasses.field(default=default, metadata=metadata)


@dataclass(frozen=True)
class DrawStyle:
    """How answers are drawn. Sizes that are None follow from the frame's size.

    Raises:
        ConfigurationError: a value that isn't allowed; the message lists those that are.
    """

    draw: tuple[str, ...] = _option(
        ("masks", "contours", "labels"),
        f"what is drawn: {', '.join(LAYERS)}; or all, or none",
        layers_of,
        "NAME,NAME...",
    )
    palette: str = _option(
        next(iter(PALETTES)),
        f"colors of objects: {', '.join(PALETTES)}; all for people with and without color "
        "blindness; objects beyond a palette's number get further colors",
        str,
        "NAME",
    )
    line_width: float | None = _option(
        None, "width of contours, boxes and trails in pixels", float, "PIXELS"
    )
    opacity: float = _option(0.45, "of masks, from 0 (invisible) to 1", float, "0...1")
    trail: int = _option(30, "frames over which a trail shows where an object was", int, "FRAMES")
    text_size: int | None = _option(None, "size of letters in pixels", int, "PIXELS")
    font: str | None = _option(
        None,
        "a font file (.ttf, .otf) for labels in scripts that the usual one lacks, as Chinese, "
        "Japanese and Korean",
        str,
        "FILE",
        unset="DejaVu Sans",
    )

    def __post_init__(self) -> None:
        for name in self.draw:
            _check_word(name, LAYERS, "draw")
        _check_word(self.palette, tuple(PALETTES), "palette")
        _check_number(self.opacity, "opacity", 0, 1)
        _check_number(self.trail, "trail", 1, 100_000)
        if self.line_width is not None:
            _check_number(self.line_width, "line_width", 1, 200)
        if self.text_size is not None:
            _check_number(self.text_size, "text_size", 4, 1000)
        if self.font is not None:
            check_font(self.font)

    def draws(self, layer: str) -> bool:
        """Whether a layer is drawn."""
        return layer in self.draw


@cache
def style_options() -> tuple[StyleOption, ...]:
    """The options of `DrawStyle`, in its order."""
    return tuple(
        dataclasses.replace(each.metadata[_METADATA], name=each.name, default=each.default)
        for each in dataclasses.fields(DrawStyle)
    )


@dataclass(frozen=True)
class Sizes:
    """Lengths in pixels for frames of one size.

    Attributes:
        line: width of contours and trails.
        dark: width of the dark line below them, which shows on both sides.
        edge: of the dark border of labels.
        text: size of letters.
        gap: between things.
    """

    line: int
    dark: int
    edge: int
    text: int
    gap: int

    @classmethod
    def of(cls, style: DrawStyle, width: int, height: int) -> Sizes:
        """From 240 lines, where letters are small but legible, to 8K."""
        side = min(height, width * 3 / 4)  # of upright pictures, whose labels have less room
        line = style.line_width if style.line_width is not None else max(3, side / 220)
        text = style.text_size if style.text_size is not None else max(11, side / 36)
        whole = max(1, round(line))
        dark = whole + 2 * max(1, round(whole / 5))
        edge = max(1, round(side / 900))
        return cls(whole, dark, edge, round(text), max(2, round(text / 4)))


def _check_word(word: str, known: tuple[str, ...], name: str) -> None:
    if word not in known:
        raise ConfigurationError(
            f"{name} can't be {word!r}: it is of {', '.join(known)}{did_you_mean(word, known)}"
        )


def _check_number(value: float, name: str, lowest: float, highest: float) -> None:
    if not (math.isfinite(value) and lowest <= value <= highest):
        raise ConfigurationError(f"{name} can't be {value}: it is from {lowest} to {highest}")
