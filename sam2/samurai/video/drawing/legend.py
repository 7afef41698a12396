"""The legend: a panel in the top left corner with the name of every object of the video."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from samurai.painting.colors import BRIGHT, FAINT, GROUND, Color
from samurai.painting.shapes import Pixels, tint
from samurai.painting.text import line_height, stamp, text_width, writable
from samurai.video.drawing.labels import shortened
from samurai.video.drawing.placing import Area
from samurai.video.drawing.style import Sizes

_OPACITY = 0.82
_SMALLEST = 8  # letters, pixels
_MOST = 0.5  # of the frame's width and height
_SMALL = 0.12  # of the frame: letters get smaller before the panel gets larger
_GRAY = (84, 88, 98)


@dataclass(frozen=True)
class Entry:
    """One object: its name, its color, and whether it is in the frame."""

    text: str
    color: Color
    absent: bool


@dataclass(frozen=True)
class Layout:
    """Where entries are: `columns` of `rows` lines with letters of a size.

    Attributes:
        area: of the panel.
        size: of letters.
        line: height of a line.
        widths: of columns.
        shown: how many entries; a last line counts the others.
    """

    area: Area
    size: int
    line: int
    rows: int
    widths: tuple[int, ...]
    texts: tuple[str, ...]
    shown: int


def lay_out(
    names: Sequence[str], width: int, height: int, sizes: Sizes, font: str | None
) -> Layout | None:
    """Room for all names in at most half of the frame's width and height.

    Where they don't fit, letters get smaller, then names are cut, and at last some are only
    counted. None where the frame has no room at all.
    """
    wide, high = int(width * _MOST) - sizes.gap, int(height * _MOST) - sizes.gap
    smallest = min(sizes.text, max(_SMALLEST, sizes.text // 2))
    for size in [*range(sizes.text, smallest, -max(1, sizes.text // 12)), smallest]:
        found = _with_letters(names, wide, high, size, font, math.inf)
        if found is not None and found.area.width * found.area.height < _SMALL * width * height:
            return found
    if found is not None:
        return found
    line = line_height(smallest, font)
    for columns in range(1, len(names) + 1):  # equally wide, names cut
        rows = math.ceil(len(names) / columns)
        if rows * line + smallest <= high and wide // columns > 4 * smallest:
            found = _with_letters(names, wide, high, smallest, font, wide / columns)
            if found is not None:
                return found
    rows = (high - smallest) // line
    columns = max(1, wide // (6 * smallest))
    if rows < 1 or rows * columns < 2:
        return None
    shown = len(names) if len(names) <= rows * columns else rows * columns - 1
    rest = [] if shown == len(names) else [f"+{len(names) - shown}"]
    texts = [*names[:shown], *rest]
    return _with_letters(texts, wide, high, smallest, font, wide / columns, shown)


def draw_legend(canvas: Pixels, entries: Sequence[Entry], layout: Layout, font: str | None) -> None:
    """Draw the panel; objects that aren't in the frame are gray.

    Args:
        canvas: changed in place.
        entries: in the layout's order.
        layout: of `lay_out`.
        font: see `samurai.painting.text`.
    """
    area, size = layout.area, layout.size
    tint(canvas[area.top : area.bottom, area.left : area.right], GROUND, _OPACITY)
    pad = size // 2
    for number, text in enumerate(layout.texts):
        column, row = divmod(number, layout.rows)
        left = area.left + pad + sum(layout.widths[:column])
        top = area.top + pad + row * layout.line
        entry = entries[number] if number < layout.shown else None
        if entry is not None:
            mark = round(size * 0.7)
            above = top + (layout.line - mark) // 2
            square = canvas[above : above + mark, left : left + mark]
            square[:] = _GRAY if entry.absent else entry.color
        shown = FAINT if entry is None or entry.absent else BRIGHT
        line = canvas[top : top + layout.line, left + size : area.right]
        stamp(line, text, shown, size, font)


def legend_name(object_id: int | str, name: str | None, font: str | None) -> str:
    """How the legend calls an object."""
    own = str(object_id)
    return writable(own if name is None or name == own else f"{own} {name}", font)


def _with_letters(
    names: Sequence[str],
    wide: int,
    high: int,
    size: int,
    font: str | None,
    longest: float,
    shown: int | None = None,
) -> Layout | None:
    """Columns from the top, as few as possible; None where they are too wide together."""
    line, pad = line_height(size, font), size // 2
    rows = min(len(names), (high - 2 * pad) // line)
    if rows < 1:
        return None
    columns = math.ceil(len(names) / rows)
    rows = math.ceil(len(names) / columns)
    if longest < math.inf:
        longest = (wide - pad) / columns
        texts = [shortened(name, int(longest) - 2 * size, size, font) for name in names]
    else:
        texts = list(names)
    widths = [
        2 * size + max(text_width(text, size, font) for text in texts[start : start + rows])
        for start in range(0, len(texts), rows)
    ]
    if sum(widths) + pad > wide:
        return None
    area = Area(0, 0, sum(widths) + pad, rows * line + 2 * pad)
    count = len(names) if shown is None else shown
    return Layout(area, size, line, rows, tuple(widths), tuple(texts), count)
