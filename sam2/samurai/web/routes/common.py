"""What the routes share."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends, Path, Request

from samurai.web.schemas import Problem
from samurai.web.service import Service

_MEANING = {
    401: "The token is missing or wrong",
    403: "Another host or origin than allowed",
    404: "Not there",
    408: "The request took too long to arrive",
    409: "Not in this state",
    413: "Too many bytes",
    415: "Neither a video nor pictures",
    422: "A value can't be used",
    501: "Something isn't installed",
    502: "The source refuses, or the detector fails",
    503: "Not now: weights are being loaded, or there are too many sessions",
    504: "The source is silent",
    507: "No room",
}


def problems(*codes: int) -> dict[int | str, dict[str, Any]]:
    """The errors of a path for OpenAPI; 401, 403, 408, 413 and 422 can come from any."""
    every = sorted({401, 403, 408, 413, 422, *codes})
    return {code: {"model": Problem, "description": _MEANING[code]} for code in every}


def service_of(request: Request) -> Service:
    """The server's parts."""
    service: Service = request.app.state.service
    return service


Parts = Annotated[Service, Depends(service_of)]
FrameNumber = Annotated[int, Path(ge=0, description="of the frame, from 0")]
ObjectNumberInPath = Annotated[int, Path(ge=0, le=2**31 - 1, description="of the object")]
