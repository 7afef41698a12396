"""Frames from outside and results to outside: image files, videos, streams, prompts, exports.

    from samurai.video import draw, open_source, open_writer

These names are imported when they are first used; reading image files needs none of them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from samurai.video.drawing.drawer import Drawer, draw
    from samurai.video.drawing.style import DrawStyle
    from samurai.video.sources.opening import open_source
    from samurai.video.writing.opening import open_writer

_HOMES = {
    "DrawStyle": "drawing.style",
    "Drawer": "drawing.drawer",
    "draw": "drawing.drawer",
    "open_source": "sources.opening",
    "open_writer": "writing.opening",
}

__all__ = ["DrawStyle", "Drawer", "draw", "open_source", "open_writer"]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'samurai.video' has no attribute {name!r}")
    return getattr(import_module(f"samurai.video.{_HOMES[name]}"), name)
