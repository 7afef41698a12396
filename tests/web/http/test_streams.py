"""Streams of lines: clients that go away, errors, slow clients; uploads that stop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("fastapi", reason="the extra web isn't installed")

from oracles.web_server import served, service_of
from starlette.types import Message

from samurai.web import security, uploading
from samurai.web.routes.tracking import wants_events
from samurai.web.service import Pool
from samurai.web.streams import Aborted, LineResponse, Once


async def _answer(response: LineResponse, leave: asyncio.Event) -> list[Message]:
    sent: list[Message] = []

    async def receive() -> Message:
        await leave.wait()
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)
        if message.get("body") == b"last\n":
            leave.set()

    await asyncio.wait_for(response({"type": "http"}, receive, send), 30)
    return sent


def _streamed(lines: Callable[[], bytes | None], close: Callable[[], None]) -> list[Message]:
    async def run() -> list[Message]:
        return await _answer(LineResponse(Pool(4), lines, close), asyncio.Event())

    return asyncio.run(run())


def test_a_stream_ends_properly() -> None:
    pieces, closed = iter([b"1\n", b"2\n"]), threading.Event()
    sent = _streamed(lambda: next(pieces, None), closed.set)
    assert [each.get("body") for each in sent[1:]] == [b"1\n", b"2\n", b""]
    assert sent[-1]["more_body"] is False and closed.is_set()
    assert dict(sent[0]["headers"])[b"content-type"].startswith(b"application/x-ndjson")
    assert b"content-length" not in dict(sent[0]["headers"])


def test_an_error_breaks_the_transfer_off() -> None:
    pieces = iter([b"1\n"])

    def lines() -> bytes:
        try:
            return next(pieces)
        except StopIteration:
            raise Aborted("lost") from None

    closed = threading.Event()
    sent = _streamed(lines, closed.set)
    assert all(each.get("more_body", True) for each in sent) and closed.is_set()


def test_w6_a_client_that_goes_away_ends_the_work() -> None:
    """The thread that waits for the next line is woken, and no thread is left."""
    pieces, gone, calls = iter([b"last\n"]), threading.Event(), []

    def lines() -> bytes | None:
        piece = next(pieces, None)
        if piece is None:
            assert gone.wait(30)
        return piece

    def close() -> None:
        calls.append(1)
        gone.set()

    for _ in range(10):
        pieces = iter([b"last\n"])
        gone.clear()
        _streamed(lines, Once(close))
    assert len(calls) == 10


def test_who_asks_for_events() -> None:
    assert wants_events("application/x-ndjson; events=1")
    assert wants_events("text/html, application/x-ndjson;events=true")
    assert not wants_events("application/x-ndjson") and not wants_events("text/html; events=1")


def _request(app: Any, path: str, messages: list[Message], headers: dict[str, str]) -> Any:
    """What the app answers to a request whose body comes like that, and stops then."""
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    scope = {
        "type": "http",
        "method": "POST",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(b"host", b"127.0.0.1"), *raw],
        "http_version": "1.1",
        "scheme": "http",
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 8000),
    }

    async def run() -> list[Message]:
        waiting, sent = list(messages), []

        async def receive() -> Message:
            if waiting:
                return waiting.pop(0)
            await asyncio.Event().wait()
            raise AssertionError

        async def send(message: Message) -> None:
            sent.append(message)

        await asyncio.wait_for(app(scope, receive, send), 30)
        return sent

    return asyncio.run(run())


_PIECE = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nabc'
_FORM = {"content-type": "multipart/form-data; boundary=x"}


def test_slow_and_absent_clients(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploading, "SILENCE", 0.05)
    monkeypatch.setattr(security, "BODY_SECONDS", 0.05)
    with served(tmp_path, ready=False) as client:
        begin: Message = {"type": "http.request", "body": _PIECE, "more_body": True}
        sent = _request(client.app, "/videos/upload", [begin], _FORM)
        assert sent[0]["status"] == 408
        gone: Message = {"type": "http.disconnect"}
        sent = _request(client.app, "/videos/upload", [begin, gone], _FORM)
        assert sent[0]["status"] == 499
        json_head = {"content-type": "application/json"}
        half: Message = {"type": "http.request", "body": b'{"video', "more_body": True}
        assert _request(client.app, "/sessions", [half], json_head)[0]["status"] == 408
        said = {**_FORM, "content-length": str(1 << 40)}
        assert _request(client.app, "/videos/upload", [], said)[0]["status"] == 413
        assert _request(client.app, "/sessions", [], said)[0]["status"] == 413
        assert list((tmp_path / "data" / "videos").iterdir()) == []
        assert service_of(client).library.used_bytes() == 0


def test_memory_stays_flat_whatever_the_upload(tmp_path: Path) -> None:
    """The form keeps no more than a piece of it."""
    from samurai.web.library import Library
    from samurai.web.settings import WebSettings

    arrival = Library(WebSettings(data_path=tmp_path)).arrive()
    form = uploading.Form(b"x", arrival, "file", 1)
    form.feed(_PIECE)
    import tracemalloc

    piece = bytes(1 << 20)
    form.feed(piece)
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    for _ in range(64):
        form.feed(piece)
    after, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert after - before < 1 << 20 and peak - before < 4 << 20
    form.feed(b"\r\n--x--\r\n")
    form.finish()
    assert form.files[0].size == 3 + (65 << 20) == form.files[0].path.stat().st_size
    arrival.close()
    assert not arrival.folder.exists()
