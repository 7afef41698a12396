"""Uploads: videos and folders of pictures."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import AsyncIterator
from importlib.metadata import entry_points
from pathlib import Path as File
from typing import Annotated, Any

import anyio
from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import FileResponse, Response

from samurai.web.arrivals import accept_pictures, accept_video, copy_sample
from samurai.web.engine.inputs import checked_frame
from samurai.web.frames import Format
from samurai.web.library import Arrival, Upload
from samurai.web.problems import NotAvailable, NotFound
from samurai.web.routes.common import Parts, problems
from samurai.web.schemas import Success, Video, VideoAnswer, VideoList
from samurai.web.service import Service
from samurai.web.uploading import MOST_FILES, receive_form

router = APIRouter(prefix="/videos", tags=["videos"])

SAMPLES = "samurai.samples"
"""Entry points that return a name and the paths of pictures."""

_MIB = 1 << 20
_FOREVER = "private, max-age=31536000, immutable"


def _form(field: str, many: bool) -> dict[str, Any]:
    """The form of an upload, which is read piece by piece, for OpenAPI."""
    file = {"type": "string", "format": "binary"}
    listed = {"type": "array", "items": file, "minItems": 1}
    properties: dict[str, Any] = {field: listed if many else file}
    if not many:
        properties["start_sec"] = {"type": "number", "minimum": 0, "default": 0}
        properties["duration_sec"] = {"type": "number", "exclusiveMinimum": 0}
    schema = {"type": "object", "properties": properties, "required": [field]}
    content = {"multipart/form-data": {"schema": schema}}
    return {"requestBody": {"content": content, "required": True}}


@router.post(
    "/upload",
    status_code=201,
    responses=problems(415, 501, 507),
    openapi_extra=_form("file", many=False),
)
async def upload(request: Request, parts: Parts) -> VideoAnswer:
    """Upload a video; `start_sec` and `duration_sec` take a part of it."""
    limit = parts.settings.max_upload_mib * _MIB
    run = parts.uploads_pool
    async with arriving(parts) as arrival:
        form = await receive_form(request, arrival, run, wanted="file", most=1, limit=limit)
        stored = await run(accept_video, form, arrival, parts.settings)
    return VideoAnswer(video=shown(stored))


@router.post(
    "/upload-frames",
    status_code=201,
    responses=problems(415, 507),
    openapi_extra=_form("files", many=True),
)
async def upload_frames(request: Request, parts: Parts) -> VideoAnswer:
    """Upload pictures of one size, which become the frames of a video, by their names in natural
    order."""
    limit = parts.settings.max_upload_mib * _MIB
    run = parts.uploads_pool
    async with arriving(parts) as arrival:
        form = await receive_form(
            request, arrival, run, wanted="files", most=MOST_FILES, limit=limit
        )
        stored = await run(accept_pictures, form, arrival, parts.settings)
    return VideoAnswer(video=shown(stored))


@router.post("/sample", status_code=201, responses=problems(501, 507))
async def sample(parts: Parts) -> VideoAnswer:
    """The bundled sample as a video."""
    found = next(iter(entry_points(group=SAMPLES)), None)
    if found is None:
        raise NotAvailable("no sample is installed; upload a video")
    name, pictures = await parts.uploads_pool(found.load())
    async with arriving(parts) as arrival:
        copied = functools.partial(copy_sample, name, pictures, arrival, parts.settings)
        stored = await parts.uploads_pool(copied)
    return VideoAnswer(video=shown(stored))


@router.get("", responses=problems())
async def videos(parts: Parts) -> VideoList:
    """All uploads, the newest first."""
    items = [shown(each) for each in parts.library.all()]
    return VideoList(items=items, total=len(items))


@router.get("/{video_id}", responses=problems(404))
async def video(video_id: str, parts: Parts) -> VideoAnswer:
    """An upload."""
    return VideoAnswer(video=shown(parts.library.get(video_id)))


@router.delete("/{video_id}", responses=problems(404, 409))
async def delete(video_id: str, parts: Parts) -> Success:
    """Delete an upload that no session is on."""
    await parts.uploads_pool(parts.library.delete, video_id)
    await parts.frames_pool(parts.images.forget, video_id)
    return Success(success=True)


@router.get(
    "/{video_id}/stream",
    response_class=FileResponse,
    responses={
        200: {"content": {"video/mp4": {}, "video/webm": {}}, "description": "The video"},
        206: {"content": {"video/mp4": {}, "video/webm": {}}, "description": "A part of it"},
        416: {"content": {"text/plain": {}}, "description": "No such part"},
        **problems(404, 507),
    },
)
async def stream(video_id: str, parts: Parts) -> FileResponse:
    """The video, as browsers play it."""
    upload = parts.library.get(video_id)
    file, kind = await parts.uploads_pool(parts.images.playable, upload)
    return FileResponse(_there(file), media_type=kind)


@router.get(
    "/{video_id}/poster",
    response_class=FileResponse,
    responses={
        200: {"content": {"image/jpeg": {}}, "description": "The first frame"},
        **problems(404, 507),
    },
)
async def poster(video_id: str, parts: Parts) -> FileResponse:
    """The first frame."""
    file = await parts.frames_pool(parts.images.poster, parts.library.get(video_id))
    return FileResponse(_there(file), media_type="image/jpeg")


@router.get(
    "/{video_id}/frames/{n}",
    response_class=Response,
    responses={
        200: {"content": {"image/jpeg": {}, "image/webp": {}}, "description": "The frame"},
        304: {"description": "As it was"},
        **problems(404),
    },
)
async def frame(
    video_id: str,
    n: int,
    parts: Parts,
    width: Annotated[int | None, Query(ge=1, le=16384)] = None,
    format: Format = "jpeg",
    if_none_match: Annotated[str | None, Header()] = None,
) -> Response:
    """A frame as an image, rotated as it is shown."""
    upload = parts.library.get(video_id)
    checked_frame(n, upload.frame_count)
    headers = {"ETag": f'"{video_id[:16]}-{n}-{width or 0}-{format}"', "Cache-Control": _FOREVER}
    if if_none_match is not None and headers["ETag"] in if_none_match:
        return Response(status_code=304, headers=headers)
    still = await parts.frames_pool(parts.images.still, upload, n, width, format)
    return Response(still.data, media_type=still.kind, headers=headers)


@contextlib.asynccontextmanager
async def arriving(parts: Service) -> AsyncIterator[Arrival]:
    """A folder for an upload, deleted unless it is accepted."""
    arrival = await parts.uploads_pool(parts.library.arrive)
    try:
        yield arrival
    finally:
        with anyio.CancelScope(shield=True):
            await parts.uploads_pool(arrival.close)


def shown(upload: Upload) -> Video:
    """An upload as clients see it."""
    return Video(
        id=upload.id,
        filename=upload.filename,
        width=upload.width,
        height=upload.height,
        duration_sec=round(upload.seconds, 6),
        frame_count=upload.frame_count,
        url=f"/videos/{upload.id}/stream",
        poster_url=f"/videos/{upload.id}/poster",
        fps=upload.rate,
        has_audio=upload.has_audio,
        warnings=list(upload.warnings),
    )


def _there(file: File) -> File:
    """The file, unless the upload was deleted meanwhile."""
    if not file.is_file():
        raise NotFound("there is no such video any more; upload it again")
    return file
