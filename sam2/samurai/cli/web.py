"""`samurai web`: tracking over HTTP, and a page."""

from __future__ import annotations

import argparse
import os
import sys

from samurai.cli.served import environment, served_config
from samurai.cli.values import add_tracker_flags, whole_number
from samurai.config.text import add_flags, from_flags
from samurai.web.settings import WebSettings

HOST, PORT = "127.0.0.1", 8000

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
    settings = from_flags(WebSettings.from_environment(environment(os.environ)), parsed)
    config = served_config(parsed)
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
