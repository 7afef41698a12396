"""A server that shows a job while it is tracked, and after that."""

from __future__ import annotations

import secrets
import tempfile
import threading
import time
from contextlib import ExitStack
from datetime import datetime, timezone
from pathlib import Path

from samurai.web.app import create_app
from samurai.web.arrivals import adopt
from samurai.web.engine import Engine
from samurai.web.engine.shown import Shown, ShownSession
from samurai.web.service import Service
from samurai.web.serving import address_of, listen, serve
from samurai.web.settings import WebSettings

HOST = "127.0.0.1"
NO_LIMIT = 2**31
"""MiB, and seconds: links take no room, and the session lives as long as the server."""


class ShownPage:
    """The page of a job, read only, in a thread; it listens on loopback.

    Args:
        place: the video or folder of images.
        shown: the job, which stays open until `close`.

    Raises:
        SourceError: the video can't be opened a second time.
        StorageError: there is no room for links to it.
    """

    def __init__(self, place: Path, shown: Shown) -> None:
        with ExitStack() as held:
            folder = held.enter_context(tempfile.TemporaryDirectory(prefix="samurai-show-"))
            settings = WebSettings(
                data_path=Path(folder),
                max_storage_mib=NO_LIMIT,
                session_ttl_sec=NO_LIMIT,
                score_thresh=shown.tracker.mask_threshold,
            )
            engine = Engine(shown.tracker, settings)
            held.callback(engine.close)
            config = shown.tracker.config
            device = str(shown.tracker.network.device)
            names = {"model": config.model_name, "device": device}
            app = create_app(settings, lambda: engine, host=HOST, read_only=True, **names)
            service: Service = app.state.service
            self.session = self._session(place, shown, service)
            engine.add(self.session)
            listening = held.enter_context(listen(HOST, 0))
            self.address = f"{address_of(listening, HOST)}/?view={self.session.session_id}"
            self._end = threading.Event()
            self._thread = threading.Thread(target=serve, args=(app, listening, self._end))
            self._thread.start()
            held.callback(self._thread.join)
            held.callback(self._end.set)
            while not service.ready and self._thread.is_alive():
                time.sleep(0.01)
            self._held = held.pop_all()

    def _session(self, place: Path, shown: Shown, service: Service) -> ShownSession:
        service.prepare()
        arrival = service.library.arrive()
        try:
            upload = adopt(place, arrival, service.settings, shown.source.info)
        finally:
            arrival.close()
        service.library.hold(upload.id)
        created = datetime.now(timezone.utc).isoformat(timespec="seconds")
        return ShownSession(
            *(secrets.token_hex(16), upload.id, created, shown, upload.frame_count),
            lambda: service.library.open(upload.id),
        )

    def close(self) -> None:
        """End the server; twice is allowed."""
        self._held.close()
