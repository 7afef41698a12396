"""Tracking: frames as lines while they are answered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Header
from fastapi.responses import Response

from samurai.discovery import DiscoverySettings
from samurai.discovery.detectors import Words
from samurai.web import progress
from samurai.web.engine import Propagation
from samurai.web.engine.looking import Search
from samurai.web.problems import NotFound
from samurai.web.progress import ProgressLines
from samurai.web.routes.common import Parts, problems
from samurai.web.schemas import (
    Event,
    FrameAnswer,
    ProgressEvent,
    PropagateBody,
    SearchBody,
    Success,
)
from samurai.web.service import Service
from samurai.web.streams import (
    NDJSON,
    Aborted,
    LineResponse,
    Once,
    event,
    frame_data,
    line,
)

router = APIRouter(prefix="/sessions/{session_id}", tags=["tracking"])


def line_answers(*codes: int, more: Sequence[type] = ()) -> dict[int | str, dict[str, Any]]:
    """What a path with lines may answer, for OpenAPI.

    Args:
        more: lines beside those of frames and of the end.
    """
    lines = (FrameAnswer, Event, *more)
    refs = [{"$ref": f"#/components/schemas/{each.__name__}"} for each in lines]
    schema = {"description": "A line each; a line is one of these.", "x-line": {"anyOf": refs}}
    answer = {"description": "A line per frame", "content": {NDJSON: {"schema": schema}}}
    return {200: answer, **problems(*codes)}


@router.post(
    "/propagate",
    response_class=LineResponse,
    responses=line_answers(404, 409, 501, 503, 507, more=[ProgressEvent]),
)
async def propagate(
    session_id: str,
    parts: Parts,
    body: PropagateBody | None = None,
    accept: Annotated[str, Header()] = "",
) -> Response:
    """Track, and answer with a line per frame as it is done.

    With `events` (or `Accept: application/x-ndjson; events=1`) a line every second says how far it
    is, and a last one how it ended. Without, an error breaks the transfer off. A client that goes
    away ends the tracking.
    """
    wanted = body or PropagateBody()
    session = parts.session(session_id)
    parts.library.check_room()
    propagation = await parts.engine_pool(
        session.propagate,
        wanted.start_frame_index,
        wanted.direction,
        wanted.max_frames,
        _search(wanted.discover, parts),
    )
    events = wanted.events or wants_events(accept)
    lines = PropagationLines(propagation, parts, events)
    close = propagation.close
    if wanted.close_on_complete:
        close = lines.closing(session_id)
    return LineResponse(parts.streams_pool, lines, Once(close))


@router.delete("/propagate", responses=problems(404, 503))
async def cancel(session_id: str, parts: Parts) -> Success:
    """Stop tracking after the frame at work; what is answered stays. `success` says whether it was
    running."""
    running = await parts.engine_pool(parts.session(session_id).cancel)
    return Success(success=running)


def _search(body: SearchBody | None, parts: Service) -> Search | None:
    """What a request looks for; None for nothing."""
    if body is None:
        return None
    given = body.model_dump(exclude={"text"})
    settings = DiscoverySettings(**given, max_objects=parts.settings.max_objects)
    words = None if body.text is None else Words.of(body.text)
    return Search(settings, words, looking=words is None)


class PropagationLines:
    """The lines of a propagation.

    Args:
        propagation: is read as lines are asked for.
        parts: the server's.
        events: lines of progress come in between, and a last one says how it ended.
    """

    def __init__(self, propagation: Propagation, parts: Service, events: bool) -> None:
        self._propagation, self._parts, self._events = propagation, parts, events
        self._progress = ProgressLines(propagation) if events else None
        self._ended = False

    def __call__(self) -> bytes | None:
        """The next line; see `Lines`."""
        if self._ended:
            return None
        while (outcome := self._propagation.outcome) is None:
            told = self._progress() if self._progress is not None else None
            if told is not None:
                return line(told)
            tracked = self._propagation.read(None if self._progress is None else progress.EVERY)
            if tracked is not None:
                self._parts.metrics.streamed.inc()
                return line(frame_data(tracked))
        self._ended = True
        detail = None if outcome.error is None else str(outcome.error)
        if self._events:
            return line(event(outcome.kind, outcome.frames, detail))
        if outcome.kind == "error":
            raise Aborted(detail)
        return None

    def closing(self, session_id: str) -> Any:
        """What closes the session once all was read, else only the propagation."""

        def close() -> None:
            outcome = self._propagation.outcome
            self._propagation.close()
            if outcome is not None and outcome.kind == "done":
                try:
                    self._parts.engine.close_session(session_id)
                except NotFound:  # closed meanwhile
                    return

        return close


def wants_events(accept: str) -> bool:
    """Whether the header asks for a last line."""
    for each in accept.lower().split(","):
        kind, *options = (part.strip() for part in each.split(";"))
        if kind == NDJSON and any(option in ("events=1", "events=true") for option in options):
            return True
    return False
