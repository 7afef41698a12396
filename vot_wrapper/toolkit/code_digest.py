"""Digests of the code between image and reply: the tracker's, and that of the process around it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import vot_wrapper
from samurai.fingerprints import code
from samurai.fingerprints.code import MEMORY_CHECK, TRACKER, Places

__all__ = ["MEMORY_CHECK", "Places", "code_of", "own_places"]

ROOTS = ("vot_wrapper.trax.process", "vot_wrapper.__main__", TRACKER)
LEAVES = ("vot_wrapper.settings",)
IRRELEVANT = ("vot_wrapper.needs", "vot_wrapper.trax.stdio")


def own_places() -> dict[str, Path]:
    """Where this process has the packages of the tracker; sam2 only where it is installed."""
    return {**code.own_places(), vot_wrapper.__name__: Path(str(vot_wrapper.__file__)).parent}


def code_of(
    policy: str, places: Places | None = None, targets: Iterable[str] = ()
) -> dict[str, str]:
    """A digest per module that a policy's replies come from, see `samurai.fingerprints.code`."""
    places = own_places() if places is None else places
    return code.code_of(policy, places, targets, ROOTS, leaves=LEAVES, irrelevant=IRRELEVANT)
