"""Motion models: a Kalman filter, point trackers and dense flows by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from samurai.errors import ConfigurationError

if TYPE_CHECKING:
    from samurai.motion.flow import DenseFlow
    from samurai.motion.points import PointTracker


def _lucas_kanade() -> PointTracker:
    from samurai.motion.points import LucasKanade

    return LucasKanade()


def _cotracker() -> PointTracker:
    from samurai.motion.cotracker import CoTracker

    return CoTracker.load()


def _dis() -> DenseFlow:
    from samurai.motion.flow import Dis

    return Dis()


def _raft() -> DenseFlow:
    from samurai.motion.raft import Raft

    return Raft.load()


POINT_TRACKERS: dict[str, Callable[[], PointTracker]] = {
    "lucas-kanade": _lucas_kanade,
    "cotracker": _cotracker,
}

FLOWS: dict[str, Callable[[], DenseFlow]] = {"dis": _dis, "raft": _raft}


def point_tracker(name: str) -> PointTracker:
    """The point tracker of that name.

    Raises:
        ConfigurationError: unknown name, or its package isn't installed.
    """
    if name not in POINT_TRACKERS:
        raise ConfigurationError(
            f"unknown point tracker {name!r}; available: {', '.join(POINT_TRACKERS)}"
        )
    return POINT_TRACKERS[name]()


def dense_flow(name: str) -> DenseFlow:
    """The dense flow of that name.

    Raises:
        ConfigurationError: unknown name, or its package isn't installed.
    """
    if name not in FLOWS:
        raise ConfigurationError(f"unknown flow {name!r}; available: {', '.join(FLOWS)}")
    return FLOWS[name]()
