"""How the plots of the HTML report look: like our other pages."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from vot.report import DefaultStyle, StyleManager, configure_figure

from samurai.evaluation.report_page import LINES_OF_CHARTS
from samurai.painting.colors import PAGE_PALETTE
from samurai.painting.pages import css

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MARKERS = ("o", "v", "s", "^", "D", "<", "*", ">")
DASHES = ("-", "--", ":", "-.")
SIZE = (4.0, 3.0)
"""Inches of a plot: so small that its text is readable on a phone."""

LOOK = {
    "svg.fonttype": "none",  # text as text, in the font and the color of the page
    "font.size": 10,
    "axes.edgecolor": LINES_OF_CHARTS,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "grid.color": LINES_OF_CHARTS,
    "grid.linewidth": 0.6,
    "xtick.color": LINES_OF_CHARTS,
    "ytick.color": LINES_OF_CHARTS,
    "legend.frameon": False,
    "legend.fontsize": 10,
    "savefig.transparent": True,
}


class PageStyle(DefaultStyle):  # type: ignore[misc]
    """The look of one tracker: its color; beyond the colors, other dashes and markers as well."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        turn, place = divmod(number, len(PAGE_PALETTE))
        self._color = css(PAGE_PALETTE[place])
        self._dashes = DASHES[turn % len(DASHES)]
        self._marker = MARKERS[(place + turn) % len(MARKERS)]

    def line_style(self, opacity: float = 1) -> dict[str, Any]:
        """What matplotlib draws its curves with."""
        return {"linewidth": 2, "c": self._color, "linestyle": self._dashes, "alpha": opacity}

    def point_style(self) -> dict[str, Any]:
        """What matplotlib draws its points with."""
        return {"marker": self._marker, "c": [self._color]}

    def region_style(self) -> dict[str, Any]:
        """What the toolkit draws its regions on frames with."""
        return {"color": self._color, "fill": True}


def own_style(style: StyleManager) -> StyleManager:
    """A style manager that begins with the first color, and has our looks where it had the usual.

    The toolkit has one for all workspaces of a process, which counts every tracker that it has ever
    seen, so that two of a report could get the same color.

    Args:
        style: of the workspace. What its configuration chooses by itself is kept.
    """
    own = copy.copy(style)
    own._legends = {}
    if style.plots is DefaultStyle:
        own.plots = PageStyle
    if style.figure is configure_figure:
        own.figure = _figure
    return own


@contextmanager
def page_look() -> Iterator[None]:
    """What matplotlib draws inside of the block looks like the pages."""
    from matplotlib import style

    with style.context(["default", LOOK]):
        yield


def _figure(trait: str | None = None) -> Figure:
    """An empty figure, of one size for all kinds of plots."""
    from matplotlib.figure import Figure

    return Figure(figsize=SIZE)
