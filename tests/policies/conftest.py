"""Few threads: nano and pictures of 160 pixels are too small to share out."""

from __future__ import annotations

from oracles.small_networks import few_threads, seeded

__all__ = ["few_threads", "seeded"]
