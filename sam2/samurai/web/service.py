"""What the routes share: uploads, frames, the engine once it is loaded, and threads for each."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import logging
import shutil
import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Literal, TypeVar

from anyio import CapacityLimiter, to_thread

from samurai.errors import ConfigurationError, SamuraiError
from samurai.runtime.locking import locked
from samurai.video.prompts.base import ObjectPrompt
from samurai.web.engine import Engine, WebSession
from samurai.web.frames import FrameImages
from samurai.web.library import Library
from samurai.web.metrics import Metrics
from samurai.web.problems import Busy, StorageFull
from samurai.web.settings import WebSettings

log = logging.getLogger(__name__)

SWEEP_SECONDS = 5.0
"""Between two looks for what has expired."""

RETRY_SECONDS = 5
"""After which a client may ask again while weights are loaded."""

EXPORTS = "exports"
"""The folder in which exports are made."""

T = TypeVar("T")
State = Literal["ok", "starting", "failed"]
SavePrompts = Callable[[Sequence[ObjectPrompt]], Path]


class Pool:
    """Threads for blocking work of one kind, so that another kind can't use them up.

    Args:
        threads: at once; further calls wait.
    """

    def __init__(self, threads: int) -> None:
        self._limiter = CapacityLimiter(threads)

    async def __call__(self, function: Callable[..., T], *args: object, **named: object) -> T:
        """The function's result, from a thread."""
        call = functools.partial(function, *args, **named)
        return await to_thread.run_sync(call, limiter=self._limiter)


class Service:
    """The server's parts.

    Attributes:
        settings: of the server.
        library, images: uploads and their frames.
        metrics: for Prometheus.
        state, detail: of the engine, and why it failed.
        model, device: names, for people.
        save_prompts: what `samurai pick` does with a session's prompts; None in other servers.

    Args:
        settings: of the server.
        load: loads the weights and makes the engine; called in a thread.
        model, device: names, as far as they are known before.
    """

    def __init__(
        self, settings: WebSettings, load: Callable[[], Engine], model: str, device: str
    ) -> None:
        self.settings, self.model, self.device = settings, model, device
        self.library = Library(settings)
        self.images = FrameImages(self.library)
        self.metrics = Metrics(self.library, lambda: self._engine)
        self.state: State = "starting"
        self.detail: str | None = None
        self.save_prompts: SavePrompts | None = None
        self._load = load
        self._engine: Engine | None = None
        self._held = ExitStack()
        self._closing, self._prepared = threading.Event(), False
        self._sweeper: asyncio.Task[None] | None = None
        self._loader: threading.Thread | None = None
        self.frames_pool, self.uploads_pool = Pool(4), Pool(8)
        self.engine_pool, self.streams_pool = Pool(16), Pool(256)
        self.probes_pool = Pool(2)

    # --- the engine

    @property
    def engine(self) -> Engine:
        """The engine.

        Raises:
            Busy: it isn't loaded.
        """
        if self._engine is not None:
            return self._engine
        if self.state == "failed":
            raise Busy(f"the model can't be used: {self.detail}")
        raise Busy("the weights are being loaded; ask again in a few seconds", RETRY_SECONDS)

    @property
    def ready(self) -> bool:
        """Whether frames can be tracked."""
        return self._engine is not None

    def session(self, session_id: str) -> WebSession:
        """A session.

        Raises:
            Busy: the engine isn't loaded.
            NotFound: there is none.
        """
        return self.engine.session(session_id)

    # --- life

    def prepare(self) -> None:
        """Take the folder of data, and find its uploads; twice is allowed.

        Raises:
            ConfigurationError: another server uses it.
            StorageError: it can't be written.
        """
        if self._prepared:
            return
        folder = self.settings.data_path
        self._held.enter_context(locked(folder / ".samurai-web", _taken))
        self.library.recover()
        shutil.rmtree(folder / EXPORTS, ignore_errors=True)  # of a run that was killed
        self._prepared = True

    async def start(self) -> None:
        """Begin to load the weights, and to look for what expires."""
        self._loader = threading.Thread(target=self._load_engine, name="samurai-load", daemon=True)
        self._loader.start()
        self._sweeper = asyncio.create_task(self._sweep_often())

    async def stop(self) -> None:
        """Close sessions and videos."""
        self._closing.set()
        if self._sweeper is not None:
            self._sweeper.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._sweeper
        await to_thread.run_sync(self._close)

    def _load_engine(self) -> None:
        try:
            engine = self._load()
        except SamuraiError as error:
            if self._closing.is_set():
                return
            self.state, self.detail = "failed", str(error)
            log.error("the model can't be used: %s", error)
            return
        except BaseException as error:
            self.state, self.detail = "failed", f"{type(error).__name__}: {error}"
            log.exception("the model can't be used")
            return
        if self._closing.is_set():
            engine.close()
            return
        self._engine, self.state = engine, "ok"

    def close_engine(self) -> None:
        """End all tracking and close all sessions; further requests are refused."""
        self._closing.set()
        self.state, self.detail = "failed", "the server ends"
        engine, self._engine = self._engine, None
        if engine is not None:
            engine.close()

    def _close(self) -> None:
        self.close_engine()
        self.images.close()
        self._held.close()

    async def _sweep_often(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            try:
                await to_thread.run_sync(self.sweep)
            except Exception:
                log.exception("what has expired can't be deleted")

    def sweep(self) -> None:
        """Close and delete what has expired, count the bytes of sessions, and stop tracking where
        they are too many."""
        engine = self._engine
        if engine is not None:
            engine.sweep()
            self.library.note_others(engine.stored_bytes())
        for video_id in self.library.expire():
            self.images.forget(video_id)
        if engine is not None:
            try:
                self.library.check_room()
            except StorageFull as error:
                engine.stop_runs(error)


def _taken(holder: str) -> Exception:
    return ConfigurationError(
        f"another server (process {holder}) uses this folder of data: stop it, or set "
        "SAMURAI_DATA_PATH to another folder"
    )
