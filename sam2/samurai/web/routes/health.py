"""Whether the server works, and what it counts."""

from __future__ import annotations

import functools

from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response

from samurai.version import __version__
from samurai.web.metrics import CONTENT_TYPE
from samurai.web.routes.common import Parts, problems
from samurai.web.schemas import Health, Success
from samurai.web.service import Service

router = APIRouter(tags=["server"])

_MIB = 1 << 20


@router.get("/health", responses=problems())
async def health(parts: Parts) -> Health:
    """The server's state; it answers while weights are loaded, too."""
    return await parts.probes_pool(_health, parts)


@router.get("/ready", response_model=Success, responses={**problems(), 503: {"model": Success}})
async def ready(parts: Parts) -> Response:
    """200 once frames can be tracked, else 503."""
    return JSONResponse({"success": parts.ready}, 200 if parts.ready else 503)


@router.get(
    "/metrics",
    response_class=Response,
    responses={
        200: {"content": {"text/plain": {}}, "description": "Numbers for Prometheus"},
        **problems(),
    },
)
async def metrics(parts: Parts) -> Response:
    """Numbers in Prometheus's text form."""
    text = await parts.probes_pool(parts.metrics.text)
    return Response(text, headers={"Content-Type": CONTENT_TYPE})


def _health(parts: Service) -> Health:
    has_cuda, allocated, reserved = False, 0, 0
    if parts.state != "starting":  # torch may be just being imported
        has_cuda = _has_cuda()
    if has_cuda:
        import torch

        allocated = torch.cuda.memory_allocated() // _MIB
        reserved = torch.cuda.memory_reserved() // _MIB
    return Health(
        status=parts.state,
        cuda_available=has_cuda,
        gpu_memory_allocated_mb=allocated,
        gpu_memory_reserved_mb=reserved,
        model=parts.model,
        device=parts.device,
        version=__version__,
        detail=parts.detail,
    )


@functools.cache
def _has_cuda() -> bool:
    import torch

    return bool(torch.cuda.is_available())
