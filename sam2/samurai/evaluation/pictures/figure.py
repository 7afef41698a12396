"""Figures of matplotlib in the colors of the pictures, measured in pixels.

They are drawn by Agg without pyplot, so that neither a display nor the user's settings matter.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from samurai.errors import ConfigurationError
from samurai.evaluation.pictures.recording import Frame
from samurai.painting.colors import BRIGHT, FAINT, GROUND, LINES, PANEL, Color
from samurai.painting.text import SMALL

if TYPE_CHECKING:
    from matplotlib.figure import Figure

POINTS = 72  # to the inch: at so many dots, matplotlib's points are pixels
NO_MATPLOTLIB = (
    "charts need matplotlib, which isn't installed. Remedy: in the clone `make setup`, outside of "
    "one `pip install 'matplotlib>=3.7'` (the extra `evaluation`)"
)


def require_matplotlib() -> None:
    """Raise ConfigurationError, with the remedy, if matplotlib is missing."""
    try:
        import matplotlib  # noqa: F401
    except ImportError as error:
        raise ConfigurationError(NO_MATPLOTLIB) from error


def shade(color: Color) -> tuple[float, float, float]:
    """RGB of 0..255 as a matplotlib color."""
    red, green, blue = color
    return red / 255, green / 255, blue / 255


@contextmanager
def new_figure(width: int, height: int) -> Iterator[Figure]:
    """An empty figure of a size in pixels; artists added inside the block have our style."""
    require_matplotlib()
    from matplotlib import style
    from matplotlib.figure import Figure

    with style.context(["default", _style()]):
        # Slightly more, because the canvas cuts off fractions of pixels.
        yield Figure(((width + 0.01) / POINTS, (height + 0.01) / POINTS))


def to_frame(figure: Figure) -> Frame:
    """Draws a figure: RGB (height, width, 3)."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    canvas: Any = FigureCanvasAgg(figure)
    canvas.draw()
    return np.array(canvas.buffer_rgba(), np.uint8)[..., :3]


def _style() -> dict[str, object]:
    colors = {
        "figure.facecolor": GROUND,
        "axes.facecolor": PANEL,
        "axes.titlecolor": BRIGHT,
        "axes.edgecolor": LINES,
        "grid.color": LINES,
        "text.color": BRIGHT,
        "xtick.color": FAINT,
        "ytick.color": FAINT,
    }
    no_spines = {f"axes.spines.{side}": False for side in ("left", "right", "top", "bottom")}
    return {
        **{name: shade(color) for name, color in colors.items()},
        **no_spines,
        "figure.dpi": POINTS,
        "figure.constrained_layout.use": True,
        "figure.constrained_layout.w_pad": 12 / POINTS,
        "figure.constrained_layout.h_pad": 5 / POINTS,
        "font.size": SMALL,
        "axes.titlesize": SMALL,
        "axes.titlelocation": "left",
        "axes.titlepad": 4,
        "axes.grid": True,
        "axes.grid.axis": "y",
        "axes.axisbelow": True,
        "xtick.major.size": 0,
        "xtick.major.pad": 7,
        "ytick.major.size": 0,
        "legend.frameon": False,
        "legend.borderpad": 0,
    }
