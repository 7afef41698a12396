"""From settings to a server; its weights are loaded, which takes seconds, when it runs."""

from __future__ import annotations

from functools import partial

from fastapi import FastAPI

from samurai.config import TrackerConfig
from samurai.loading import load_tracker
from samurai.runtime.device import resolve_device
from samurai.web.app import create_app
from samurai.web.engine import Engine
from samurai.web.settings import WebSettings


def load_engine(config: TrackerConfig, settings: WebSettings) -> Engine:
    """A warmed-up tracker, and the engine on it.

    Raises:
        SamuraiError: the model can't be loaded, or the folder of data can't be used.
    """
    return Engine(load_tracker(config), settings)


def tracking_app(config: TrackerConfig, settings: WebSettings, host: str) -> FastAPI:
    """A server that tracks, with the folder of data taken.

    Raises:
        ConfigurationError: there is no such device, or another server uses the folder of data.
        StorageError: the folder can't be written.
    """
    app = create_app(
        settings,
        partial(load_engine, config, settings),
        host=host,
        model=config.model_name,
        device=str(resolve_device(config.device)),
    )
    app.state.service.prepare()
    return app
