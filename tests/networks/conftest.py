"""Small networks, and a video for them."""

from __future__ import annotations

from oracles.small_networks import (
    build_predictor,
    few_threads,
    float32_maps,
    seeded,
    small_predictor,
    video,
)

__all__ = ["build_predictor", "few_threads", "float32_maps", "seeded", "small_predictor", "video"]
