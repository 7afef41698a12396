"""`samurai web`: tracking over HTTP, and a page."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping, MutableMapping

from samurai.cli.values import add_tracker_flags, whole_number
from samurai.config import TrackerConfig
from samurai.config.text import add_flags, from_flags
from samurai.models.manifest import FOLDER_VARIABLE, checkpoint_path, model_card, require_weights
from samurai.web.settings import ALIASES, WebSettings

HOST, PORT = "127.0.0.1", 8000

PREFERRED, FALLBACK = "base_plus", "nano"
"""The model where none is named: the first if its weights are there."""

_LARGEST_PORT = 65535


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("--host", default=HOST, help=f"the address to listen on ({HOST})")
    parser.add_argument(
        "--port", type=whole_number(0), default=PORT, help=f"0 takes a free one ({PORT})"
    )
    add_flags(parser.add_argument_group("the server"), WebSettings)
    add_tracker_flags(parser)


def run(parsed: argparse.Namespace) -> int:
    """Serve until a signal comes.

    Returns:
        Never with success: a signal ends it.

    Raises:
        SamuraiError: the command can't be run as it is given.
        KeyboardInterrupt: Ctrl-C.
    """
    if parsed.port > _LARGEST_PORT:
        from samurai.errors import ConfigurationError

        raise ConfigurationError(f"--port {parsed.port} is above {_LARGEST_PORT}: choose another")
    environ = with_aliases(os.environ)
    if environ.get(FOLDER_VARIABLE):  # read where weights are looked for
        os.environ[FOLDER_VARIABLE] = environ[FOLDER_VARIABLE]
    settings = from_flags(WebSettings.from_environment(environ), parsed)
    config = chosen_model(from_flags(TrackerConfig.from_environment(environ), parsed))
    require_weights(model_card(config.model))
    from samurai.web.loading import tracking_app
    from samurai.web.serving import address_of, listen, serve

    listening = listen(parsed.host, parsed.port)
    with listening:
        app = tracking_app(config, settings, parsed.host)
        where = address_of(listening, parsed.host)
        said = f"{where}, model {config.model_name}, device {app.state.service.device}"
        print(f"samurai web: {said}; Ctrl-C ends it", file=sys.stderr, flush=True)
        serve(app, listening)
    return 0


def with_aliases(environ: Mapping[str, str]) -> MutableMapping[str, str]:
    """The environment with our names for the variables of SAMURAI's API; ours count where both are
    set."""
    found = dict(environ)
    for theirs, ours in ALIASES.items():
        if environ.get(theirs, "").strip() and not environ.get(ours, "").strip():
            found[ours] = environ[theirs]
    return found


def chosen_model(config: TrackerConfig) -> TrackerConfig:
    """The configuration with a model where none was named."""
    if config.source("model") != "default":
        return config
    there = checkpoint_path(model_card(PREFERRED)).is_file()
    return config.changed(model=PREFERRED if there else FALLBACK)
