"""Answers as lines of JSON while they are made; a client that goes away ends the work."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import anyio
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from samurai.errors import SamuraiError
from samurai.masks import to_coco_rle
from samurai.regions import Answer, Box
from samurai.video.tracked import TrackedFrame

log = logging.getLogger(__name__)

NDJSON = "application/x-ndjson"

Lines = Callable[[], bytes | None]
"""Blocks until there is a piece of the answer; None is the end. `Aborted` breaks off."""


class Aborted(Exception):
    """The answer can't be completed, and the client has to see that."""


class LineResponse(Response):
    """A streamed answer.

    Where the client goes away `close` is called, from another thread than the one that may be
    waiting in `lines`. After `Aborted` the connection is closed without the end of the body, which
    every client reports.

    Args:
        run: runs a function in a thread.
        lines: gives pieces of the body.
        close: ends the work; called once in any case, and may block.
    """

    media_type = NDJSON

    def __init__(
        self,
        run: Callable[..., Awaitable[Any]],
        lines: Lines,
        close: Callable[[], None],
        status_code: int = 200,
    ) -> None:
        self.status_code, self.background = status_code, None
        self._run, self._lines, self._end = run, lines, close
        self.init_headers({"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        del self.headers["content-length"]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        try:
            async with anyio.create_task_group() as group:
                group.start_soon(self._watch, receive, group.cancel_scope)
                await self._send(send)
                group.cancel_scope.cancel()
        finally:
            with anyio.CancelScope(shield=True):
                await self._run(self._end)

    async def _watch(self, receive: Receive, scope: anyio.CancelScope) -> None:
        """Wait for the client to go away; the thread that makes lines is woken by `close`."""
        while (await receive())["type"] != "http.disconnect":
            pass
        with anyio.CancelScope(shield=True):
            await self._run(self._end)
        scope.cancel()

    async def _send(self, send: Send) -> None:
        started = {"type": "http.response.start", "status": self.status_code}
        await send({**started, "headers": self.raw_headers})
        try:
            while (piece := await self._run(self._lines)) is not None:
                await send({"type": "http.response.body", "body": piece, "more_body": True})
        except Aborted as error:
            log.warning("a stream was broken off: %s", error)
            return  # without the end of the body
        await send({"type": "http.response.body", "body": b"", "more_body": False})


class Once:
    """Calls a function the first time, and waits for that call the other times."""

    def __init__(self, function: Callable[[], Any]) -> None:
        self._function: Callable[[], Any] | None = function
        self._lock = threading.Lock()

    def __call__(self) -> None:
        """Call it."""
        with self._lock:
            function, self._function = self._function, None
            if function is not None:
                function()


def frame_data(tracked: TrackedFrame) -> dict[str, Any]:
    """A frame's answers as a line has them (`FrameAnswer`)."""
    return {
        "frame_index": tracked.index,
        "objects": [_object_data(answer) for answer in tracked.answers],
        "time_sec": tracked.seconds,
    }


def box_data(box: Box) -> dict[str, int]:
    """A mask's box as `BoundingBox` has it."""
    x, y, width, height = round(box.x), round(box.y), round(box.width), round(box.height)
    return {"x": x, "y": y, "width": width, "height": height}


def _object_data(answer: Answer) -> dict[str, Any]:
    box = answer.box
    return {
        "object_id": answer.object_id,
        "mask": None if box is None else to_coco_rle(answer.mask),
        "bbox": None if box is None else box_data(box),
        "score": float(answer.confidence),
        "absent": bool(answer.absent),
        "prompted": bool(answer.prompted),
    }


def line(data: dict[str, Any]) -> bytes:
    """A line of NDJSON."""
    return json.dumps(data, allow_nan=False, separators=(",", ":")).encode() + b"\n"


def result_lines(results: Iterator[TrackedFrame], events: bool) -> Lines:
    """Lines of stored frames; with `events` a last one says how it ended.

    Args:
        results: are read as lines are asked for.
        events: of `results?events=true`.
    """
    count, ended = 0, False

    def lines() -> bytes | None:
        nonlocal count, ended
        if ended:
            return None
        try:
            tracked = next(results, None)
        except SamuraiError as error:
            ended = True
            return _failure(error, count, events)
        if tracked is not None:
            count += 1
            return line(frame_data(tracked))
        ended = True
        return line(event("done", count)) if events else None

    return lines


def event(kind: str, frames: int, detail: str | None = None) -> dict[str, Any]:
    """The last line of a stream (`Event`)."""
    return {"event": kind, "frames": frames, "detail": detail}


def _failure(error: SamuraiError, frames: int, events: bool) -> bytes:
    if not events:
        raise Aborted(str(error)) from error
    return line(event("error", frames, str(error)))
