"""Pictures as inline SVG: a canvas with the few shapes that plots need, and round axis values."""

from __future__ import annotations

import html
import math

WIDTH = 920
"""Of every plot, in its own units; the page scales it."""


class Canvas:
    """Collects shapes from top to bottom; `svg()` gives the picture.

    Colours of texts and lines are classes of the page's style (`faint`, `mark` ...), so that the
    page decides about light and dark; colours of areas are given.
    """

    def __init__(self, height: float, title: str) -> None:
        self._height = height
        self._shapes = [f"<title>{html.escape(title)}</title>"]

    def text(self, x: float, y: float, text: str, anchor: str = "start", kind: str = "") -> None:
        """A line of text whose baseline is at y."""
        self._shapes.append(
            f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" class="{kind}">'
            f"{html.escape(text)}</text>"
        )

    def line(self, x0: float, y0: float, x1: float, y1: float, kind: str = "") -> None:
        self._shapes.append(
            f'<line x1="{x0:.1f}" y1="{y0:.1f}" x2="{x1:.1f}" y2="{y1:.1f}" class="{kind}"/>'
        )

    def bar(self, x: float, y: float, width: float, height: float, colour: str, tip: str) -> None:
        """A filled rectangle that says something where the pointer rests."""
        self._shapes.append(
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(width, 0):.2f}" height="{height:.1f}" '
            f'fill="{colour}"><title>{html.escape(tip)}</title></rect>'
        )

    def dot(self, x: float, y: float, radius: float, kind: str, tip: str = "") -> None:
        self._shapes.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius}" class="{kind}">'
            f"<title>{html.escape(tip)}</title></circle>"
        )

    def curve(self, points: list[tuple[float, float]], kind: str) -> None:
        places = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        self._shapes.append(f'<polyline points="{places}" class="{kind}"/>')

    def svg(self) -> str:
        body = "\n".join(self._shapes)
        return (
            f'<svg viewBox="0 0 {WIDTH} {self._height:.0f}" role="img" '
            f'xmlns="http://www.w3.org/2000/svg">\n{body}\n</svg>\n'
        )


def ticks(most: float, count: int = 5) -> list[float]:
    """Round values from 0 to at most `most`, about so many."""
    if most <= 0:
        return [0.0]
    rough = most / count
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough)
    return [step * index for index in range(int(most / step + 1e-9) + 1)]


def number(value: float) -> str:
    """Three digits that count, no more."""
    if value == 0:
        return "0"
    digits = max(0, 2 - math.floor(math.log10(abs(value))))
    return f"{value:,.{min(digits, 2)}f}"
