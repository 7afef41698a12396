"""The server's process: it listens, says where, and ends at once when it is asked to."""

from __future__ import annotations

import contextlib
import socket
import threading
from types import FrameType

import uvicorn
from fastapi import FastAPI

from samurai.errors import ConfigurationError
from samurai.web.service import Service

GRACE_SECONDS = 3
"""For requests that are being answered when the server ends."""

MOST_CONNECTIONS = 512
BACKLOG = 128


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens.

    Args:
        host: an address or a name.
        port: 0 takes a free one.

    Raises:
        ConfigurationError: it isn't to be had; the message says why.
    """
    try:
        places = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (socket.gaierror, UnicodeError) as error:
        raise ConfigurationError(
            f"--host {host} isn't a name of this machine ({error}). Remedy: give an address, like "
            "127.0.0.1"
        ) from error
    family, kind, _, _, place = places[0]
    listening = socket.socket(family, kind)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(place)
        listening.listen(BACKLOG)
    except OSError as error:
        listening.close()
        raise ConfigurationError(
            f"can't listen on {host}, port {port}: {error.strerror}. Remedy: choose another --port "
            "or --host, or end the program that uses it"
        ) from error
    return listening


def address_of(listening: socket.socket, host: str) -> str:
    """The address to open in a browser."""
    name = f"[{host}]" if ":" in host else host
    return f"http://{name}:{listening.getsockname()[1]}"


def serve(app: FastAPI, listening: socket.socket, until: threading.Event | None = None) -> None:
    """Answer requests until a signal comes; it is raised again when all is closed.

    Args:
        app: made by `create_app`.
        listening: is closed.
        until: ends it, too, once it is set.

    Raises:
        KeyboardInterrupt: Ctrl-C.
        ConfigurationError, StorageError: the folder of data can't be used.
    """
    service: Service = app.state.service
    service.prepare()
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=MOST_CONNECTIONS,
        timeout_graceful_shutdown=GRACE_SECONDS,
        lifespan="on",
    )
    server = _Server(config, service)
    if until is not None:
        threading.Thread(target=server.end_after, args=[until], daemon=True).start()
    server.run(sockets=[listening])


class _Server(uvicorn.Server):
    """Ends streams when a signal comes, for which it would wait otherwise."""

    def __init__(self, config: uvicorn.Config, service: Service) -> None:
        super().__init__(config)
        self._service = service

    def end_after(self, event: threading.Event) -> None:
        """End as after a signal, once requests are answered."""
        event.wait()
        self.should_exit = True

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """See uvicorn."""
        if not self.should_exit:
            with contextlib.suppress(RuntimeError):  # no thread can be started any more
                threading.Thread(target=self._service.close_engine, daemon=True).start()
        super().handle_exit(sig, frame)
