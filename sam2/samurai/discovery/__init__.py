"""Objects found by looking or by words, while others are tracked.

The names below are imported when they are first used: detectors and words work without torch.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from samurai.discovery.discoverer import Discoverer, Findings, Found
    from samurai.discovery.settings import DiscoverySettings

_HOMES = {
    "Discoverer": "samurai.discovery.discoverer",
    "DiscoverySettings": "samurai.discovery.settings",
    "Findings": "samurai.discovery.discoverer",
    "Found": "samurai.discovery.discoverer",
}

__all__ = ["Discoverer", "DiscoverySettings", "Findings", "Found"]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'samurai.discovery' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
