"""Types of arguments that several commands have."""

from __future__ import annotations

import argparse
from collections.abc import Callable


def whole_number(least: int) -> Callable[[str], int]:
    """A type of argparse: whole numbers from `least` on."""

    def whole(text: str) -> int:
        value = int(text) if text.strip().isdecimal() else -1
        if value < least:
            raise argparse.ArgumentTypeError(f"{text!r} is no whole number from {least} on")
        return value

    return whole
