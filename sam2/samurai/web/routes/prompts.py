"""Prompts: clicks, boxes, masks and strokes in any frame, and their previews."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import Response

from samurai.video.tracked import TrackedFrame
from samurai.web.routes.common import FrameNumber, ObjectNumberInPath, Parts, problems
from samurai.web.routes.sessions import shown_object
from samurai.web.schemas import (
    LARGEST_ID,
    BoxBody,
    FrameAnswer,
    MaskBody,
    ObjectPatch,
    ObjectView,
    PointsBody,
    PreviewBody,
    StrokeBody,
    Success,
    UpdatedFrames,
)
from samurai.web.streams import frame_data, line

router = APIRouter(prefix="/sessions/{session_id}", tags=["prompts"])

_ANSWERS: dict[str, Any] = {
    "response_model": FrameAnswer,
    "responses": problems(404, 409, 503, 507),
}


@router.post("/frames/{n}/points", **_ANSWERS)
async def points(session_id: str, n: FrameNumber, body: PointsBody, parts: Parts) -> Response:
    """Clicks on an object, or beside it."""
    tracked = await parts.engine_pool(
        parts.session(session_id).set_points,
        n,
        body.object_id,
        body.points,
        body.labels,
        replace=body.clear_old_points,
        normalized=body.normalize_coords,
    )
    return await _answer(parts, tracked)


@router.post("/frames/{n}/box", **_ANSWERS)
async def box(session_id: str, n: FrameNumber, body: BoxBody, parts: Parts) -> Response:
    """A box around an object."""
    tracked = await parts.engine_pool(
        parts.session(session_id).set_box, n, body.object_id, body.box
    )
    return await _answer(parts, tracked)


@router.post("/frames/{n}/mask", **_ANSWERS)
async def mask(session_id: str, n: FrameNumber, body: MaskBody, parts: Parts) -> Response:
    """An object's mask."""
    tracked = await parts.engine_pool(
        parts.session(session_id).set_mask, n, body.object_id, body.mask.model_dump()
    )
    return await _answer(parts, tracked)


@router.post("/frames/{n}/stroke", **_ANSWERS)
async def stroke(session_id: str, n: FrameNumber, body: StrokeBody, parts: Parts) -> Response:
    """A scribble along an object, or beside it."""
    tracked = await parts.engine_pool(
        parts.session(session_id).add_stroke,
        n,
        body.object_id,
        body.points,
        body.label,
        replace=body.clear_old_points,
    )
    return await _answer(parts, tracked)


@router.post("/frames/{n}/preview", **_ANSWERS)
async def preview(session_id: str, n: FrameNumber, body: PreviewBody, parts: Parts) -> Response:
    """The mask that a prompt would give; nothing changes."""
    tracked = await parts.engine_pool(
        parts.session(session_id).preview, n, body.object_id, body.points, body.labels, body.box
    )
    return await _answer(parts, tracked)


@router.get("/frames/{n}", **_ANSWERS)
async def frame(session_id: str, n: FrameNumber, parts: Parts) -> Response:
    """What is known of a frame."""
    tracked = await parts.engine_pool(parts.session(session_id).frame, n)
    return await _answer(parts, tracked)


@router.delete("/frames/{n}/prompts", **_ANSWERS)
async def clear(
    session_id: str,
    n: FrameNumber,
    object_id: Annotated[int, Query(ge=0, le=LARGEST_ID)],
    parts: Parts,
) -> Response:
    """Take the prompts of an object in a frame back."""
    tracked = await parts.engine_pool(parts.session(session_id).clear_frame, n, object_id)
    return await _answer(parts, tracked)


@router.delete("/prompts", responses=problems(404, 409, 503, 507))
async def clear_all(session_id: str, parts: Parts) -> Success:
    """Forget all objects."""
    await parts.engine_pool(parts.session(session_id).clear_all)
    return Success(success=True)


@router.delete("/objects/{object_id}", responses=problems(404, 409, 503, 507))
async def remove(session_id: str, object_id: ObjectNumberInPath, parts: Parts) -> UpdatedFrames:
    """Forget an object."""
    frames = await parts.engine_pool(parts.session(session_id).remove, object_id)
    return UpdatedFrames(updated_frames=frames)


@router.patch("/objects/{object_id}", responses=problems(404, 409, 503, 507))
async def rename(
    session_id: str, object_id: ObjectNumberInPath, body: ObjectPatch, parts: Parts
) -> ObjectView:
    """Give an object another name or color."""
    state = await parts.engine_pool(
        parts.session(session_id).rename, object_id, body.name, body.color
    )
    return shown_object(state)


async def _answer(parts: Parts, tracked: TrackedFrame) -> Response:
    """A frame as JSON; masks are encoded in a thread."""
    body = await parts.engine_pool(lambda: line(frame_data(tracked)))
    return Response(body, media_type="application/json")
