"""samurai: a streaming, motion-aware SAM 2.1 tracker with memory that doesn't grow.

    from samurai import Box, Tracker

    tracker = Tracker.load("nano")
    with tracker.session() as session:
        answers = session.start(first_frame, [Box(x, y, width, height)])
        for frame in frames:
            answers = session.step(frame)

The names below are imported when they are first used: regions, policies and the model manifest
work without torch, and importing the package costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from samurai.version import __version__

if TYPE_CHECKING:
    from samurai.config import TrackerConfig
    from samurai.core.session import Session
    from samurai.errors import SamuraiError
    from samurai.regions import Answer, Box, Mask, Points, Region
    from samurai.tracker import Tracker

_HOMES = {
    "Answer": "samurai.regions",
    "Box": "samurai.regions",
    "Mask": "samurai.regions",
    "Points": "samurai.regions",
    "Region": "samurai.regions",
    "SamuraiError": "samurai.errors",
    "Session": "samurai.core.session",
    "Tracker": "samurai.tracker",
    "TrackerConfig": "samurai.config",
}

__all__ = [
    "Answer",
    "Box",
    "Mask",
    "Points",
    "Region",
    "SamuraiError",
    "Session",
    "Tracker",
    "TrackerConfig",
    "__version__",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'samurai' has no attribute {name!r}")
    if name in ("Session", "Tracker"):
        from samurai.networks.sam2.dependency import import_sam2

        import_sam2()
    return getattr(import_module(_HOMES[name]), name)
