"""The style of all pages, style.css: pages contain it, so that each is one file."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from samurai.painting.colors import Color


@cache
def stylesheet() -> str:
    """The style sheet, for the element `<style>`.

    Its custom properties are the palette (`--ground` to `--third`), for light and dark, and the
    scales of type (`--size...`) and of spacing (`--space...`).
    """
    return files("samurai.painting").joinpath("style.css").read_text(encoding="utf-8")


def css(color: Color) -> str:
    """A color as CSS writes it, `#rrggbb`."""
    return "#{:02x}{:02x}{:02x}".format(*color)
