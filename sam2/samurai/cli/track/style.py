"""How frames are drawn, as the command line says."""

from __future__ import annotations

import argparse
from typing import Any

from samurai.errors import ConfigurationError
from samurai.video.drawing.style import DrawStyle, style_options


def style_of(parsed: argparse.Namespace) -> DrawStyle:
    """The style, with its defaults where nothing is given.

    Raises:
        ConfigurationError: a value isn't allowed.
    """
    values: dict[str, Any] = {}
    for option in style_options():
        text = getattr(parsed, f"style_{option.name}")
        if text is None:
            continue
        try:
            values[option.name] = option.parse(text)
        except ValueError as error:
            if isinstance(error, ConfigurationError):
                raise
            raise ConfigurationError(
                f"{option.flag} {text}: that is no {option.form.lower()}"
            ) from error
    return DrawStyle(**values)
