"""Objects that are found: by looking at a frame, or by words."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from samurai.discovery import DiscoverySettings
from samurai.discovery.candidates import Candidate
from samurai.discovery.detectors import Words
from samurai.masks import to_coco_rle
from samurai.regions import Box
from samurai.web.routes.common import Parts, problems
from samurai.web.schemas import Candidates, DiscoverBody, FindBody, TextBody
from samurai.web.service import Service
from samurai.web.streams import box_data, line

router = APIRouter(prefix="/sessions/{session_id}", tags=["discovery"])

LOOK_SECONDS = 0.2
"""Between two looks whether the client still waits."""


@router.post(
    "/discover", response_model=Candidates, responses=problems(404, 409, 501, 502, 503, 507)
)
async def discover(session_id: str, body: DiscoverBody, parts: Parts, request: Request) -> Response:
    """Look for new objects in a frame, by a grid of clicks; nothing changes. A client that goes
    away ends the search."""
    return await _found(parts, session_id, request, body, None)


@router.post("/text", response_model=Candidates, responses=problems(404, 409, 501, 502, 503, 507))
async def text(session_id: str, body: TextBody, parts: Parts, request: Request) -> Response:
    """Look for what words name in a frame; nothing changes."""
    return await _found(parts, session_id, request, body, Words.of(body.text))


async def _found(
    parts: Service, session_id: str, request: Request, body: FindBody, words: Words | None
) -> Response:
    session, stop = parts.session(session_id), threading.Event()
    given = body.model_dump(exclude={"frame_index", "text"})
    settings = DiscoverySettings(**given)

    def find() -> bytes:
        found = session.find(body.frame_index, words, settings, stop)
        candidates = [candidate_data(each) for each in found]
        return line({"frame_index": body.frame_index, "candidates": candidates})

    watching = asyncio.create_task(_stop_when_gone(request, stop))
    try:
        answer = await parts.engine_pool(find)
    finally:
        watching.cancel()
    return Response(answer, media_type="application/json")


async def _stop_when_gone(request: Request, stop: threading.Event) -> None:
    while not await request.is_disconnected():
        await asyncio.sleep(LOOK_SECONDS)
    stop.set()


def candidate_data(candidate: Candidate) -> dict[str, Any]:
    """A candidate as JSON has it."""
    mask = candidate.mask
    box = Box.of_mask(mask)
    assert box is not None, "candidates have pixels"
    return {
        "mask": to_coco_rle(mask),
        "bbox": box_data(box),
        "score": round(candidate.score, 6),
        "reason": candidate.found,
        "label": candidate.label,
    }
