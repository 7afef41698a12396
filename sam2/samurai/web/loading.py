"""Weights to engine: what takes seconds when the server starts."""

from __future__ import annotations

from samurai.config import TrackerConfig
from samurai.loading import load_tracker
from samurai.web.engine import Engine
from samurai.web.settings import WebSettings


def load_engine(config: TrackerConfig, settings: WebSettings) -> Engine:
    """A warmed-up tracker, and the engine on it.

    Raises:
        SamuraiError: the model can't be loaded, or the folder of data can't be used.
    """
    return Engine(load_tracker(config), settings)
