"""Routes of the scripted server that tests of the page use: videos, and discovery."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi import FastAPI, HTTPException
from fastapi.responses import Response

from oracles import page_scene as scene

if TYPE_CHECKING:
    from oracles.page_server import Fake

Json = dict[str, Any]


def videos(app: FastAPI, fake: Fake) -> None:
    """Uploads: there is one video, the scene."""

    def video() -> Json:
        return {
            "id": "v1",
            "filename": fake.filename,
            "width": scene.WIDTH,
            "height": scene.HEIGHT,
            "duration_sec": scene.LENGTH / scene.RATE,
            "frame_count": scene.LENGTH,
            "url": "/videos/v1/stream",
            "poster_url": "/videos/v1/poster",
            "fps": scene.RATE,
            "warnings": [],
        }

    @app.post("/videos/upload", status_code=201)
    @app.post("/videos/upload-frames", status_code=201)
    @app.post("/videos/sample", status_code=201)
    def upload() -> Json:
        fake.video = True
        return {"video": video()}

    @app.get("/videos")
    def all_videos() -> Json:
        items = [video()] if fake.video else []
        return {"items": items, "total": len(items)}

    @app.get("/videos/v1")
    def one() -> Json:
        if not fake.video:
            raise HTTPException(404, "there is no such video: upload it again")
        return {"video": video()}

    @app.delete("/videos/v1")
    def delete() -> Json:
        fake.video = False
        return {"success": True}

    @app.get("/videos/v1/poster")
    def poster() -> Response:
        return Response(scene.picture(0), media_type="image/png")

    @app.get("/videos/v1/frames/{n}")
    def frame(n: int) -> Response:
        if n in fake.held:
            fake.held[n].wait(60)
        return Response(scene.picture(n), media_type="image/png")


def discovery(app: FastAPI, fake: Fake) -> None:
    """Looking for objects: the scene's candidates, without those that are tracked."""

    def answer(n: int, candidates: list[Json]) -> Json:
        if fake.looks is not None:
            fake.looks.wait(60)
        tracked = [each["mask"] for each in fake.frame(n)["objects"]]
        left = [each for each in candidates if each["mask"] not in tracked]
        return {"frame_index": n, "candidates": left}

    @app.post("/sessions/s1/discover")
    def discover(body: Json) -> Json:
        n = body["frame_index"]
        assert body["keep"] in ("wholes", "parts")
        return answer(n, scene.looked_for(n) if fake.found is None else fake.found)

    @app.post("/sessions/s1/text")
    def text(body: Json) -> Json:
        words = [each.split(":")[0].strip() for each in body["text"].split(",")]
        if not all(words):
            raise HTTPException(422, "a word is empty: separate words by single commas")
        n = body["frame_index"]
        return answer(n, [each for word in words for each in scene.searched(n, word)])
