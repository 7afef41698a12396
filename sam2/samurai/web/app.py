"""The server as an ASGI application."""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import AsyncIterator, Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from samurai.errors import SamuraiError
from samurai.painting.pages import palette
from samurai.runtime.whole_files import is_full
from samurai.version import __version__
from samurai.web.documentation import add_documentation
from samurai.web.engine import Engine
from samurai.web.problems import StorageFull, Unprocessable, WebError, status_of
from samurai.web.routes import (
    discovery,
    health,
    live,
    picking,
    prompts,
    results,
    sessions,
    tracking,
    videos,
)
from samurai.web.schemas import EVENTS
from samurai.web.security import Guard
from samurai.web.service import Service
from samurai.web.settings import WebSettings
from samurai.web.uploading import ClientGone

log = logging.getLogger(__name__)

PAGE = "page"
"""The folder of the page's files in this package."""

_ROUTERS = (
    *(videos.router, sessions.router, prompts.router, tracking.router, results.router),
    *(discovery.router, live.router, picking.router, health.router),
)


def create_app(
    settings: WebSettings,
    load: Callable[[], Engine],
    *,
    host: str = "127.0.0.1",
    read_only: bool = False,
    model: str = "",
    device: str = "",
) -> FastAPI:
    """The server.

    Args:
        settings: its limits and who may call it.
        load: loads the weights and makes the engine; called in a thread once the server runs.
        host: where it listens, which is a name by which it may be called.
        read_only: whatever would change something is refused.
        model, device: names for `/health`.

    Raises:
        ConfigurationError: another server uses the folder of data. So at the start, not here.
    """
    service = Service(settings, load, model, device)

    @contextlib.asynccontextmanager
    async def life(_: FastAPI) -> AsyncIterator[None]:
        service.prepare()
        await service.start()
        try:
            yield
        finally:
            await service.stop()

    app = Application(
        title="samurai",
        version=__version__,
        summary="Tracking in videos: SAMURAI's API, and more",
        lifespan=life,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.service = service
    _add_routes(app)
    app.add_middleware(Counted, service=service)
    app.add_middleware(Guard, settings=settings, host=host, read_only=read_only)
    return app


def _add_routes(app: FastAPI) -> None:
    """All paths, and which answer an error becomes."""
    for router in _ROUTERS:
        app.include_router(router)
    _add_page(app)
    app.add_exception_handler(SamuraiError, _samurai_error)
    app.add_exception_handler(OSError, _system_error)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(ClientGone, _client_gone)


class Application(FastAPI):
    """FastAPI, whose OpenAPI document says that errors are JSON on every path, and what lines are
    like."""

    def openapi(self) -> dict[str, Any]:
        """See FastAPI, which documents errors with the media type of a path's answers."""
        if self.openapi_schema is None:
            document = super().openapi()
            for methods in document["paths"].values():
                for operation in methods.values():
                    _json_errors(operation["responses"])
            place = "#/components/schemas/{model}"
            for each in EVENTS:
                schema = each.model_json_schema(ref_template=place)
                document["components"]["schemas"][each.__name__] = schema
        assert self.openapi_schema is not None
        return self.openapi_schema


def _json_errors(responses: dict[str, Any]) -> None:
    for code, answer in responses.items():
        content = answer.get("content", {})
        if int(code) >= 400 and code != "416" and content:
            answer["content"] = {"application/json": next(iter(content.values()))}


def _add_page(app: FastAPI) -> None:
    """The page's files at `/page`, and `/` is its first."""
    folder = Path(str(files("samurai.web"))) / PAGE

    @app.get("/", include_in_schema=False)
    async def page() -> Response:
        index = (folder / "index.html").read_bytes()
        return Response(index, media_type="text/html", headers={"Cache-Control": "no-cache"})

    @app.get(f"/{PAGE}/palette.css", include_in_schema=False)
    async def colors() -> Response:
        return Response(palette(), media_type="text/css", headers={"Cache-Control": "no-cache"})

    add_documentation(app, folder)
    app.mount(f"/{PAGE}", PageFiles(directory=folder), name=PAGE)


class PageFiles(StaticFiles):
    """The page's files, which browsers ask for anew after an update."""

    def file_response(self, *args: object, **named: object) -> Response:
        """See Starlette."""
        response: Response = super().file_response(*args, **named)  # type: ignore[arg-type]
        response.headers["Cache-Control"] = "no-cache"
        return response


class Counted:
    """ASGI middleware that counts requests."""

    def __init__(self, app: ASGIApp, service: Service) -> None:
        self._app, self._metrics = app, service.metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begin = time.perf_counter()

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                path = getattr(scope.get("route"), "path", "other")
                status = str(message["status"])
                self._metrics.requests.labels(scope["method"], path, status).inc()
                self._metrics.seconds.labels(path).observe(time.perf_counter() - begin)
            await send(message)

        await self._app(scope, receive, sending)


async def _samurai_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, SamuraiError)
    status = status_of(error)
    if status >= 500 and not isinstance(error, WebError):
        log.error("%s %s: %s", request.method, request.url.path, error)
    headers = {}
    retry = getattr(error, "retry_after", None)
    if retry is not None:
        headers["Retry-After"] = str(retry)
    if status in (408, 413):
        headers["Connection"] = "close"
    return JSONResponse({"detail": str(error)}, status, headers)


async def _system_error(request: Request, error: Exception) -> Response:
    """A full disk; everything else is an error of this program."""
    if isinstance(error, OSError) and is_full(error):
        return await _samurai_error(request, StorageFull("the disk is full; make room"))
    raise error


async def _invalid(_: Request, error: Exception) -> Response:
    """Errors of a schema without the values, which JSON may not be able to show."""
    assert isinstance(error, RequestValidationError)
    shown = [
        {"loc": list(each["loc"]), "msg": str(each["msg"]), "type": str(each["type"])}
        for each in error.errors()
    ]
    return JSONResponse({"detail": shown}, 422)


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == 400:  # FastAPI's word for a body that isn't JSON
        return await _samurai_error(request, Unprocessable("the body is malformed; send JSON"))
    return JSONResponse({"detail": error.detail}, error.status_code, error.headers)


async def _client_gone(_: Request, __: Exception) -> Response:
    return Response(status_code=499)  # to nobody
