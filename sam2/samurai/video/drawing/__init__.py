"""Answers drawn onto frames."""

from samurai.video.drawing.drawer import Drawer, draw
from samurai.video.drawing.style import DrawStyle, style_options

__all__ = ["DrawStyle", "Drawer", "draw", "style_options"]
