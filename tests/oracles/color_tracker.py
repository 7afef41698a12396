"""A tracker with the network that finds objects by their color: hundreds of frames a second."""

from __future__ import annotations

from typing import Any
from unittest import mock

import numpy as np

from oracles.color_network import ColorNetwork
from samurai.config import TrackerConfig
from samurai.regions import Box
from samurai.tracker import Tracker
from samurai.video.sources.base import Pixels

COLORS = {"red": (220, 40, 30), "blue": (30, 60, 230), "green": (40, 200, 60)}
SIDE = 14


def color_tracker(name: str = "colors", **settings: Any) -> Tracker:
    """A tracker; `name` is its weights' fingerprint."""
    with (
        mock.patch("samurai.tracker.create_network", lambda *_: ColorNetwork()),
        mock.patch("samurai.tracker.fingerprint", lambda _: name),
    ):
        config = TrackerConfig(policy="sam2", device="cpu", dtype="float32").changed(**settings)
        return Tracker(None, config)


def place_of(color: str, index: int) -> Box:
    """Where a square is in a frame."""
    if color == "red":
        return Box(4 + index % 40, 4 + index % 20, SIDE, SIDE)
    if color == "blue":
        return Box(44 - index % 36, 30, SIDE, SIDE)
    return Box(24, 30 - index % 26, SIDE, SIDE)


def colored_video(length: int, size: tuple[int, int] = (48, 64)) -> list[Pixels]:
    """Squares that move; they cover each other now and then."""
    noise = np.random.default_rng(3).integers(0, 40, (*size, 3))
    frames = []
    for index in range(length):
        frame = (100 + noise).astype(np.uint8)
        for color, value in COLORS.items():
            box = place_of(color, index)
            x, y = int(box.x), int(box.y)
            frame[y : y + SIDE, x : x + SIDE] = value
        frames.append(frame)
    return frames
