"""Cameras and streams."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class LiveOptions:
    """How."""

    newest_only: bool = True
