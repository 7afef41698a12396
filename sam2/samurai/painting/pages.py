"""The style of all pages, palette.css and style.css: pages contain it, so that each is one file."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from samurai.painting.colors import Color


@cache
def palette() -> str:
    """Custom properties alone: the palette (`--ground` to `--third`), for light and dark, and the
    scales of type (`--size...`) and of spacing (`--space...`)."""
    return _text("palette.css")


@cache
def stylesheet() -> str:
    """The style sheet, with the palette, for the element `<style>`."""
    return f"{palette()}\n{_text('style.css')}"


def css(color: Color) -> str:
    """A color as CSS writes it, `#rrggbb`."""
    return "#{:02x}{:02x}{:02x}".format(*color)


def _text(name: str) -> str:
    return files("samurai.painting").joinpath(name).read_text(encoding="utf-8")
