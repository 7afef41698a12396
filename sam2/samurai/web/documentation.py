"""`/docs`: every path in Swagger UI, whose files an installed package has."""

from __future__ import annotations

from pathlib import Path

import fastapi_offline
from fastapi import FastAPI
from fastapi.responses import FileResponse, RedirectResponse, Response
from starlette.staticfiles import StaticFiles

SWAGGER = Path(fastapi_offline.__file__).parent / "static"


def add_documentation(app: FastAPI, page: Path) -> None:
    """Add `/docs`, and `/redoc`, which leads there.

    Args:
        page: the folder with docs.html.
    """

    @app.get("/docs", include_in_schema=False)
    async def docs() -> Response:
        return FileResponse(page / "docs.html", headers={"Cache-Control": "no-cache"})

    @app.get("/redoc", include_in_schema=False)
    async def redoc() -> Response:
        return RedirectResponse("docs")

    app.mount("/docs/swagger", StaticFiles(directory=SWAGGER), name="swagger")
