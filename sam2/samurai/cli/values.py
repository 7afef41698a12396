"""Arguments that several commands have, and their types."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping

from samurai.config import TrackerConfig
from samurai.config.settings import setting_names
from samurai.config.text import add_flags


def whole_number(least: int) -> Callable[[str], int]:
    """A type of argparse: whole numbers from `least` on."""

    def whole(text: str) -> int:
        value = int(text) if text.strip().isdecimal() else -1
        if value < least:
            raise argparse.ArgumentTypeError(f"{text!r} is no whole number from {least} on")
        return value

    return whole


def add_tracker_flags(parser: argparse.ArgumentParser, renamed: Mapping[str, str] = {}) -> None:
    """Add the settings of a tracker that answers each frame as it comes.

    Args:
        parser: gets them as a group.
        renamed: other names of flags, by the setting's name.
    """
    names = [name for name in setting_names(TrackerConfig) if name != "offline"]
    group = parser.add_argument_group("settings of the tracker")
    add_flags(group, TrackerConfig, names, renamed=renamed)
