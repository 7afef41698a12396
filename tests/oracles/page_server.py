"""A server with the routes of `samurai web` and a scripted tracker, for quick tests of the page."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse
from fastapi.staticfiles import StaticFiles

from oracles import page_routes
from oracles import page_scene as scene
from samurai.painting.colors import PALETTE
from samurai.painting.pages import palette

Json = dict[str, Any]

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
    "connect-src 'self'; base-uri 'none'; form-action 'self'"
)
"""Nothing inline, nothing from elsewhere."""


@dataclass
class Tracked:
    """An object of the fake session."""

    number: int
    name: str
    color: str
    prompts: dict[int, scene.Entry] = field(default_factory=dict)
    done: set[int] = field(default_factory=set)

    @property
    def disc(self) -> int:
        """That of the newest prompt."""
        newest = list(self.prompts)[-1]
        return self.prompts[newest].disc(newest)


@dataclass
class Fake:
    """What the tests set, and see.

    Attributes:
        held: frames whose image waits until the event is set.
        step: seconds that tracking takes per frame.
        fail_at: a run ends with an error there.
        looks: looking for objects waits until this event is set.
        found: candidates by looking, in place of the scene's.
        calls: method and path of each request, and its body.
    """

    filename: str = "scene.mp4"
    held: dict[int, threading.Event] = field(default_factory=dict)
    step: float = 0.0
    fail_at: int | None = None
    looks: threading.Event | None = None
    found: list[Json] | None = None
    model: str = "nano"
    refuse: dict[str, tuple[int, Any]] = field(default_factory=dict)
    calls: list[tuple[str, str, Any]] = field(default_factory=list)
    objects: dict[int, Tracked] = field(default_factory=dict)
    session: str | None = None
    video: bool = False
    running: bool = False
    stop: threading.Event = field(default_factory=threading.Event)

    def view(self) -> Json:
        """The SessionView."""
        return {
            "session_id": self.session,
            "video_id": "v1",
            "num_frames": scene.LENGTH,
            "created_at": "2026-11-28T12:00:00Z",
            "running": self.running,
            "objects": [self._object(each) for each in self.objects.values()],
        }

    def _object(self, each: Tracked) -> Json:
        prompts = [
            {
                "frame_index": frame,
                "points": entry.points,
                "labels": entry.labels,
                "box": entry.box,
                "has_mask": entry.mask is not None,
            }
            for frame, entry in each.prompts.items()
        ]
        stale = set(range(scene.LENGTH)) - each.done
        return {
            "object_id": each.number,
            "name": each.name,
            "color": each.color,
            "prompts": prompts,
            "done": _ranges(each.done),
            "stale": _ranges(stale),
        }

    def frame(self, n: int) -> Json:
        """The FrameAnswer."""
        found = [
            scene.answer(
                *(each.number, each.disc, n),
                prompted=n in each.prompts,
                score=0.95 - 0.4 * (n % 7 == 6),
                given=each.prompts[n].mask if n in each.prompts else None,
            )
            for each in self.objects.values()
            if n in each.done or n in each.prompts
        ]
        return {"frame_index": n, "objects": found, "time_sec": n / scene.RATE}

    def prompt(self, n: int, object_id: int, **given: Any) -> Json:
        """Add to an object's prompts in a frame, or replace them."""
        found = self.objects.get(object_id)
        if found is None:
            color = "#{:02x}{:02x}{:02x}".format(*PALETTE[len(self.objects) % len(PALETTE)])
            found = self.objects[object_id] = Tracked(object_id, f"object {object_id}", color)
        entry = found.prompts.get(n, scene.Entry())
        if given.pop("clear", False) or "box" in given or "mask" in given:
            entry = scene.Entry()
        entry.points = entry.points + given.get("points", [])
        entry.labels = entry.labels + given.get("labels", [])
        entry.box, entry.mask = given.get("box", entry.box), given.get("mask", entry.mask)
        found.prompts.pop(n, None)
        found.prompts[n] = entry
        # A first prompt leaves all to track; a correction what comes after it.
        found.done = {each for each in found.done if each < n and len(found.prompts) > 1} | {n}
        return self.frame(n)

    def run(self, body: Json) -> Iterator[str]:
        """Lines of a run."""
        yield (
            json.dumps({"event": "progress", "done": 0, "total": 9, "fps": 1, "eta_sec": 9}) + "\n"
        )
        start, direction = body["start_frame_index"], body["direction"]
        ahead = range(start, scene.LENGTH) if direction != "backward" else range(0)
        behind = {"forward": [], "both": range(start - 1, -1, -1), "backward": range(start, -1, -1)}
        end, sent = "done", 0
        for n in [*ahead, *behind[direction]]:
            if self.stop.wait(self.step):
                end = "cancelled"
                break
            if n == self.fail_at:
                end = "error"
                break
            for each in self.objects.values():
                each.done.add(n)
            sent += 1
            yield json.dumps(self.frame(n)) + "\n"
        self.running = False
        detail = "the device is out of memory: close a session" if end == "error" else None
        yield json.dumps({"event": end, "frames": sent, "detail": detail}) + "\n"


def _ranges(frames: set[int]) -> list[list[int]]:
    found: list[list[int]] = []
    for n in sorted(frames):
        if found and found[-1][1] == n - 1:
            found[-1][1] = n
        else:
            found.append([n, n])
    return found


def create_app(fake: Fake) -> FastAPI:
    """The routes."""
    app = FastAPI()
    page = Path(str(files("samurai.web"))) / "page"

    @app.middleware("http")
    async def around(request: Request, next_: Any) -> Response:
        body = await request.body()
        path = request.url.path
        is_json = request.headers.get("content-type") == "application/json"
        fake.calls.append((request.method, path, json.loads(body) if is_json and body else None))
        if path.startswith("/sessions/s1") and fake.session is None:
            return JSONResponse({"detail": "there is no such session: make one"}, 404)
        for part, (status, detail) in fake.refuse.items():
            if part in f"{request.method} {path}":
                return JSONResponse({"detail": detail}, status)
        response: Response = await next_(request)
        response.headers["Content-Security-Policy"] = POLICY
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    @app.get("/")
    def index() -> Response:
        return Response((page / "index.html").read_bytes(), media_type="text/html")

    @app.get("/page/palette.css")
    def colors() -> Response:
        return Response(palette(), media_type="text/css")

    app.mount("/page", StaticFiles(directory=page))
    page_routes.videos(app, fake)
    _sessions(app, fake)
    _prompts(app, fake)
    _results(app, fake)
    page_routes.discovery(app, fake)
    return app


def _sessions(app: FastAPI, fake: Fake) -> None:
    @app.get("/health")
    def health() -> Json:
        return {"status": "ok", "model": fake.model, "device": "cpu", "version": "0"}

    @app.post("/sessions", status_code=201)
    def create() -> Json:
        fake.session, fake.objects = "s1", {}
        return fake.view()

    @app.get("/sessions")
    def sessions() -> Json:
        items = [fake.view()] if fake.session else []
        return {"items": items, "total": len(items)}

    @app.get("/sessions/{name}")
    def one(name: str) -> Json:
        if fake.session != name:
            raise HTTPException(404, "there is no such session: make one")
        return fake.view()

    @app.delete("/sessions/{name}")
    def close(name: str) -> Json:
        fake.session = None
        return {"success": True}

    @app.post("/pick")
    def pick() -> Json:
        return {"path": "scene.prompts.json"}


def _prompts(app: FastAPI, fake: Fake) -> None:
    at = "/sessions/s1/frames/{n}"

    @app.get(at)
    def frame(n: int) -> Json:
        return fake.frame(n)

    @app.post(f"{at}/points")
    def points(n: int, body: Json) -> Json:
        clear = body["clear_old_points"]
        return fake.prompt(
            n, body["object_id"], points=body["points"], labels=body["labels"], clear=clear
        )

    @app.post(f"{at}/box")
    def box(n: int, body: Json) -> Json:
        return fake.prompt(n, body["object_id"], box=body["box"])

    @app.post(f"{at}/mask")
    def mask(n: int, body: Json) -> Json:
        return fake.prompt(n, body["object_id"], mask=body["mask"])

    @app.post(f"{at}/stroke")
    def stroke(n: int, body: Json) -> Json:
        path = body["points"]
        labels = [body["label"]] * len(path)
        return fake.prompt(
            n, body["object_id"], points=path, labels=labels, clear=body["clear_old_points"]
        )

    @app.post(f"{at}/preview")
    def preview(n: int, body: Json) -> Json:
        entry = scene.Entry(body.get("points") or [], body.get("labels") or [], body.get("box"))
        found = scene.answer(body.get("object_id") or 0, entry.disc(n), n)
        return {"frame_index": n, "objects": [found]}

    @app.delete(f"{at}/prompts")
    def clear(n: int, object_id: int) -> Json:
        found = fake.objects[object_id]
        del found.prompts[n]
        found.done = {each for each in found.done if each < n}
        return fake.frame(n)

    @app.delete("/sessions/s1/objects/{number}")
    def remove(number: int) -> Json:
        del fake.objects[number]
        return {"updated_frames": []}

    @app.patch("/sessions/s1/objects/{number}")
    def change(number: int, body: Json) -> Json:
        found = fake.objects[number]
        found.name, found.color = body.get("name", found.name), body.get("color", found.color)
        return {}


def _results(app: FastAPI, fake: Fake) -> None:
    @app.get("/sessions/s1/timeline")
    def timeline() -> Json:
        tracks: list[Json] = [
            {"object_id": number, "scores": [], "absent": []} for number in fake.objects
        ]
        for n in range(scene.LENGTH):
            answers = {each["object_id"]: each for each in fake.frame(n)["objects"]}
            for track in tracks:
                found = answers.get(track["object_id"])
                track["scores"].append(found and found["score"])
                track["absent"].append(found and found["absent"])
        return {"start": 0, "stop": scene.LENGTH, "objects": tracks}

    @app.post("/sessions/s1/propagate")
    def propagate(body: Json) -> Response:
        fake.running = True
        fake.stop.clear()
        return StreamingResponse(fake.run(body), media_type="application/x-ndjson")

    @app.delete("/sessions/s1/propagate")
    def cancel() -> Json:
        fake.stop.set()
        return {"success": fake.running}

    @app.get("/sessions/s1/export/{format}")
    def export(format: str) -> Response:
        name = {"Content-Disposition": f'attachment; filename="scene.{format}"'}
        return Response(f"{format}\n", headers=name)


class Server:
    """A fake that listens on loopback, in a thread; `stop` kills it, `start` begins at its port."""

    def __init__(self, fake: Fake) -> None:
        self.fake, self.port = fake, 0
        self.start()

    @property
    def address(self) -> str:
        """Of the page."""
        return f"http://127.0.0.1:{self.port}/"

    def start(self) -> None:
        """Listen."""
        settings = uvicorn.Config(
            create_app(self.fake), port=self.port, log_level="critical", timeout_graceful_shutdown=1
        )
        self._server = uvicorn.Server(settings)
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._thread.start()
        while not self._server.started:
            time.sleep(0.01)
        self.port = self._server.servers[0].sockets[0].getsockname()[1]

    def stop(self) -> None:
        """Close all connections."""
        self.fake.stop.set()
        self._server.should_exit = self._server.force_exit = True
        self._thread.join()
