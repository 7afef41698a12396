"""Live sources: cameras and streams, tracked as frames come."""

from __future__ import annotations

import errno
import functools
import threading
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import BaseModel, Field

from samurai.errors import SourceError
from samurai.video.sources.base import Source, VideoFrame
from samurai.video.sources.live import LiveOptions
from samurai.video.sources.opening import open_source
from samurai.web.addresses import check_live
from samurai.web.engine.live import LiveSession
from samurai.web.frames import Format, encode
from samurai.web.problems import Conflict, NotFound, SourceRefused, SourceSilent
from samurai.web.routes.common import ObjectNumberInPath, Parts, problems
from samurai.web.routes.tracking import line_answers
from samurai.web.schemas import (
    Body,
    BoxBody,
    MaskBody,
    PointsBody,
    ResizedEvent,
    StrokeBody,
    Success,
)
from samurai.web.service import Service
from samurai.web.settings import names_in
from samurai.web.streams import Aborted, LineResponse, event, frame_data, line

router = APIRouter(prefix="/sources", tags=["live"])

CONNECT_SECONDS = 10.0
POLL_SECONDS = 1.0
"""After which a reader looks whether its client is still there."""


class SourceBody(Body):
    """A live source; `mode` `newest` drops frames that come while one is tracked."""

    source: Annotated[str, Field(min_length=1, max_length=2048)]
    mode: Literal["newest", "all"] = "newest"


class LiveView(BaseModel):
    """A session on a live source."""

    session_id: str


@router.post("", status_code=201, responses=problems(409, 501, 502, 503, 504))
async def open_live(body: SourceBody, parts: Parts) -> LiveView:
    """Open a live source; tracking begins with the first prompt."""
    check_live(body.source, names_in(parts.settings.live_hosts))
    options = LiveOptions(newest_only=body.mode == "newest", connect_timeout=CONNECT_SECONDS)
    opened = functools.partial(_opened, body.source, options)
    made = await parts.engine_pool(parts.engine.open_live, opened)
    return LiveView(session_id=made.session_id)


@router.delete("/{session_id}", responses=problems(404, 503))
async def close(session_id: str, parts: Parts) -> Success:
    """Close it."""
    _live(parts, session_id)
    await parts.engine_pool(parts.engine.close_session, session_id)
    return Success(success=True)


@router.post("/{session_id}/points", responses=problems(404, 409, 503))
async def points(session_id: str, body: PointsBody, parts: Parts) -> Success:
    """Clicks in the newest frame."""
    await parts.engine_pool(
        _live(parts, session_id).set_points,
        body.object_id,
        body.points,
        body.labels,
        replace=body.clear_old_points,
        normalized=body.normalize_coords,
    )
    return Success(success=True)


@router.post("/{session_id}/box", responses=problems(404, 409, 503))
async def box(session_id: str, body: BoxBody, parts: Parts) -> Success:
    """A box in the newest frame."""
    await parts.engine_pool(_live(parts, session_id).set_box, body.object_id, body.box)
    return Success(success=True)


@router.post("/{session_id}/mask", responses=problems(404, 409, 503))
async def mask(session_id: str, body: MaskBody, parts: Parts) -> Success:
    """A mask of the newest frame."""
    rle = body.mask.model_dump()
    await parts.engine_pool(_live(parts, session_id).set_mask, body.object_id, rle)
    return Success(success=True)


@router.post("/{session_id}/stroke", responses=problems(404, 409, 503))
async def stroke(session_id: str, body: StrokeBody, parts: Parts) -> Success:
    """A scribble in the newest frame."""
    await parts.engine_pool(
        _live(parts, session_id).add_stroke, body.object_id, body.points, body.label
    )
    return Success(success=True)


@router.delete("/{session_id}/objects/{object_id}", responses=problems(404, 409, 503))
async def remove(session_id: str, object_id: ObjectNumberInPath, parts: Parts) -> Success:
    """Forget an object."""
    await parts.engine_pool(_live(parts, session_id).remove, object_id)
    return Success(success=True)


@router.get(
    "/{session_id}/frame",
    response_class=Response,
    responses={
        200: {"content": {"image/jpeg": {}, "image/webp": {}}, "description": "The frame"},
        **problems(404, 503, 504),
    },
)
async def frame(
    session_id: str,
    parts: Parts,
    width: Annotated[int | None, Query(ge=1, le=16384)] = None,
    format: Format = "jpeg",
) -> Response:
    """The newest frame as an image; its number is in the header `Samurai-Frame`."""
    still = functools.partial(_still, _live(parts, session_id), width, format)
    data, kind, index = await parts.streams_pool(still)
    return Response(data, media_type=kind, headers={"Samurai-Frame": str(index)})


@router.get(
    "/{session_id}/answers",
    response_class=LineResponse,
    responses=line_answers(404, 503, more=[ResizedEvent]),
)
async def answers(session_id: str, parts: Parts, events: bool = False) -> Response:
    """A line per frame as it is answered; a slow reader gets the newest, and misses some.

    With `events` a line says where frames change their size, from which on objects go on from their
    last masks, and a last one how it ended.
    """
    lines = LiveLines(_live(parts, session_id), events)
    return LineResponse(parts.streams_pool, lines, lines.stop)


class LiveLines:
    """The lines of a live source, until it ends or `stop`.

    Args:
        live: is read.
        events: lines say where frames change their size, and a last one how it ended.
    """

    def __init__(self, live: LiveSession, events: bool) -> None:
        self._live, self._events = live, events
        self._stopped, self._last, self._count, self._ended = threading.Event(), -1, 0, False
        self._size: tuple[int, int] | None = None
        self._waiting: bytes | None = None

    def stop(self) -> None:
        """End within `POLL_SECONDS`; the source goes on."""
        self._stopped.set()

    def __call__(self) -> bytes | None:
        """The next line; see `Lines`."""
        if self._waiting is not None:
            waiting, self._waiting = self._waiting, None
            return waiting
        while not (self._stopped.is_set() or self._ended):
            try:
                found = self._live.answered(self._last, POLL_SECONDS)
            except NotFound:  # closed meanwhile
                return self._end("cancelled", None)
            if found is not None:
                self._last, self._count = found[0].index, self._count + 1
                answer = line(frame_data(found[1]))
                resized = self._resized(found[0])
                if resized is not None and self._events:
                    self._waiting, answer = answer, line(resized)
                return answer
            outcome = self._live.outcome
            if outcome is not None:
                detail = None if outcome.error is None else str(outcome.error)
                return self._end(outcome.kind, detail)
        return None

    def _resized(self, frame: VideoFrame) -> dict[str, Any] | None:
        """An event (`ResizedEvent`) where frames have another size than before."""
        height, width = frame.pixels.shape[:2]
        before, self._size = self._size, (width, height)
        if before in (None, self._size):
            return None
        return {"event": "resized", "frame_index": frame.index, "width": width, "height": height}

    def _end(self, kind: str, detail: str | None) -> bytes | None:
        self._ended = True
        if self._events:
            return line(event(kind, self._count, detail))
        if kind == "error":
            raise Aborted(detail)
        return None


def _live(parts: Service, session_id: str) -> LiveSession:
    return parts.engine.live(session_id)


def _opened(source: str, options: LiveOptions) -> Source:
    """A live source; what isn't one, or doesn't answer, is refused."""
    try:
        opened = open_source(source, live=options)
    except SourceError as error:
        if " within " in str(error):
            raise SourceSilent(str(error)) from error
        if source.isdecimal():
            raise (Conflict if _is_busy(error) else NotFound)(str(error)) from error
        raise SourceRefused(str(error)) from error
    if not opened.info.live:
        opened.close()
        raise SourceRefused(f"{source} is no live source; download it, and upload it")
    return opened


def _is_busy(error: BaseException) -> bool:
    """Whether another program has the camera."""
    before = error.__cause__
    if before is None:
        return False
    return getattr(before, "errno", None) == errno.EBUSY or _is_busy(before)


def _still(live: LiveSession, width: int | None, format: Format) -> tuple[bytes, str, int]:
    found = live.newest(CONNECT_SECONDS)
    if found is None:
        raise SourceSilent("no frame has come yet; ask again")
    still = encode(found[0].pixels, width, format)
    return still.data, still.kind, found[0].index
