"""The end of `samurai pick`: the prompts of a session are saved, and the server stops."""

from __future__ import annotations

from fastapi import APIRouter

from samurai.web.problems import Conflict, NotFound
from samurai.web.routes.common import Parts, problems
from samurai.web.schemas import PickBody, Picked

router = APIRouter(tags=["picking"])


@router.post("/pick", responses=problems(404, 409, 507))
async def pick(body: PickBody, parts: Parts) -> Picked:
    """Save the prompts of a session; only where `samurai pick` started the server."""
    if parts.save_prompts is None:
        raise NotFound("this server saves no prompts: start it by `samurai pick VIDEO`")
    prompts = await parts.engine_pool(parts.session(body.session_id).prompts)
    if not prompts:
        raise Conflict("no prompts: mark an object first")
    path = await parts.engine_pool(parts.save_prompts, prompts)
    return Picked(path=str(path))
