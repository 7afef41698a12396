"""Sessions: a client's objects on an upload."""

from __future__ import annotations

import functools
from typing import Annotated

from fastapi import APIRouter, Query

from samurai.web.engine import ObjectState, PromptState, SessionState, WebSession
from samurai.web.problems import NotFound
from samurai.web.routes.common import Parts, problems
from samurai.web.schemas import (
    ObjectView,
    PromptView,
    Session,
    SessionBody,
    SessionList,
    SessionView,
    Success,
)
from samurai.web.service import Service

router = APIRouter(prefix="/sessions", tags=["sessions"])


@router.post("", status_code=201, responses=problems(404, 409, 501, 503, 507))
async def create(body: SessionBody, parts: Parts) -> Session:
    """A session on an upload; `like` looks for the objects of another one in it."""
    made = await parts.engine_pool(_create, parts, body)
    return Session(
        session_id=made.session_id,
        video_id=made.video_id,
        num_frames=made.num_frames,
        created_at=made.created_at,
    )


@router.get("", responses=problems(503))
async def sessions(parts: Parts) -> SessionList:
    """All sessions, the newest first."""
    items = await parts.engine_pool(_views, parts)
    return SessionList(items=items, total=len(items))


@router.get("/{session_id}", responses=problems(404, 503))
async def session(session_id: str, parts: Parts) -> SessionView:
    """A session: its objects, prompts, and which frames are done and stale."""
    state = await parts.engine_pool(parts.session(session_id).view)
    return shown(state)


@router.delete("/{session_id}", responses=problems(404, 503))
async def close(
    session_id: str, parts: Parts, keep_video: Annotated[bool, Query()] = False
) -> Success:
    """Close a session: its tracking ends after the frame at work. Its upload goes too, unless
    another session is on it, or `keep_video` is set."""
    await parts.engine_pool(_close, parts, session_id, keep_video)
    return Success(success=True)


def _create(parts: Service, body: SessionBody) -> WebSession:
    library = parts.library
    upload = library.hold(body.video_id)
    released = functools.partial(library.release, upload.id)
    try:
        return parts.engine.create(
            upload.id,
            functools.partial(library.open, upload.id),
            like=body.like,
            on_close=released,
        )
    except BaseException:
        released()
        raise


def _views(parts: Service) -> list[SessionView]:
    found = []
    for each in parts.engine.sessions():
        try:
            found.append(shown(each.view()))
        except NotFound:  # closed meanwhile
            continue
    return found


def _close(parts: Service, session_id: str, keep_video: bool) -> None:
    video_id = parts.session(session_id).video_id
    parts.engine.close_session(session_id)
    if not keep_video and parts.library.discard(video_id):
        parts.images.forget(video_id)


def shown(state: SessionState) -> SessionView:
    """A session as clients see it."""
    return SessionView(
        session_id=state.session_id,
        video_id=state.video_id,
        num_frames=state.num_frames,
        created_at=state.created_at,
        running=state.running,
        objects=[shown_object(each) for each in state.objects],
    )


def shown_object(state: ObjectState) -> ObjectView:
    """An object as clients see it."""
    return ObjectView(
        object_id=state.number,
        name=state.name,
        color=state.color,
        prompts=[_shown_prompt(each) for each in state.prompts],
        done=[list(each) for each in state.done],
        stale=[list(each) for each in state.stale],
        reason=state.reason,
    )


def _shown_prompt(state: PromptState) -> PromptView:
    return PromptView(
        frame_index=state.frame,
        points=[list(each) for each in state.points],
        labels=list(state.labels),
        box=None if state.box is None else list(state.box),
        has_mask=state.has_mask,
    )
