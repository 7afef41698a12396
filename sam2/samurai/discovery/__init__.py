"""Objects found by looking or by words, while others are tracked."""

from __future__ import annotations

from samurai.discovery.discoverer import Discoverer, Findings, Found
from samurai.discovery.settings import DiscoverySettings

__all__ = ["Discoverer", "DiscoverySettings", "Findings", "Found"]
