"""What is done: lines of a range, a timeline, files."""

from __future__ import annotations

import shutil
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import FileResponse, Response
from starlette.background import BackgroundTask

from samurai.video.tracked import TrackedFrame
from samurai.web.problems import Unprocessable
from samurai.web.routes.common import Parts, problems
from samurai.web.routes.tracking import line_answers
from samurai.web.schemas import ObjectTrack, Timeline
from samurai.web.service import EXPORTS
from samurai.web.streams import LineResponse, result_lines

router = APIRouter(prefix="/sessions/{session_id}", tags=["results"])

First = Annotated[int, Query(alias="from", ge=0, description="the first frame")]
Last = Annotated[int | None, Query(alias="to", ge=0, description="the last frame")]

_KINDS = {
    ".json": "application/json",
    ".jsonl": "application/x-ndjson",
    ".csv": "text/csv",
    ".txt": "text/plain",
    ".xml": "application/xml",
    ".zip": "application/zip",
    ".mp4": "video/mp4",
    ".webm": "video/webm",
    ".gif": "image/gif",
}


@router.get("/results", response_class=LineResponse, responses=line_answers(404, 503))
async def results(
    session_id: str, parts: Parts, first: First = 0, last: Last = None, events: bool = False
) -> Response:
    """A line per frame in which any object is done, in the order of frames."""
    session = parts.session(session_id)
    stop = _stop(first, last)
    found = Stoppable(await parts.engine_pool(session.results, first, stop))
    return LineResponse(parts.streams_pool, result_lines(iter(found), events), found.stop)


@router.get("/timeline", responses=problems(404, 503))
async def timeline(session_id: str, parts: Parts, first: First = 0, last: Last = None) -> Timeline:
    """Confidence and absences of all objects in a range of frames."""
    session = parts.session(session_id)
    stop = min(_stop(first, last) or session.num_frames, session.num_frames)
    tracks = await parts.engine_pool(session.timeline, first, stop)
    objects = [
        ObjectTrack(object_id=each.number, scores=list(each.scores), absent=list(each.absent))
        for each in tracks
    ]
    return Timeline(start=first, stop=stop, objects=objects)


@router.get(
    "/export/{format}",
    response_class=FileResponse,
    responses={
        200: {"content": {"application/octet-stream": {}}, "description": "The file"},
        **problems(404, 409, 501, 503, 507),
    },
)
async def export(session_id: str, format: str, parts: Parts) -> FileResponse:
    """What is done, in a format of `samurai track`; `mp4` and `webm` draw it on the video. A
    format of several files comes as a zip."""
    session = parts.session(session_id)
    folder = parts.settings.data_path / EXPORTS
    place = await parts.uploads_pool(_new_folder, folder)
    try:
        made = await parts.uploads_pool(session.export, format, place)
        file = await parts.uploads_pool(_one_file, made, place)
    except BaseException:
        await parts.uploads_pool(shutil.rmtree, place, ignore_errors=True)
        raise
    kind = _KINDS.get(file.suffix, "application/octet-stream")
    name = f"samurai-{format}{file.suffix}"
    clean = BackgroundTask(parts.uploads_pool, shutil.rmtree, place, ignore_errors=True)
    return FileResponse(file, media_type=kind, filename=name, background=clean)


class Stoppable:
    """Results that another thread can end, between two frames."""

    def __init__(self, results: Iterator[TrackedFrame]) -> None:
        self._results, self._stopped = results, threading.Event()

    def __iter__(self) -> Iterator[TrackedFrame]:
        for each in self._results:
            if self._stopped.is_set():
                return
            yield each

    def stop(self) -> None:
        """End after the frame that is being read."""
        self._stopped.set()


def _stop(first: int, last: int | None) -> int | None:
    if last is not None and last < first:
        raise Unprocessable(f"frames {first} to {last} are none; give a range from its first frame")
    return None if last is None else last + 1


def _new_folder(parent: Path) -> Path:
    parent.mkdir(parents=True, exist_ok=True)
    return Path(tempfile.mkdtemp(dir=parent))


def _one_file(made: Path, place: Path) -> Path:
    """The file, or the folder as a zip."""
    if made.is_file():
        return made
    return Path(shutil.make_archive(str(place / made.name), "zip", root_dir=made))
