"""A client of the server: one connection, blocking, without anything that would cost it time."""

from __future__ import annotations

import http.client
import json
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any, BinaryIO

from benchmarks.speed.errors import BenchmarkError
from samurai.regions import Box

PIECE = 1 << 20
"""Bytes of an upload that are sent at once."""

BOUNDARY = "samurai-benchmark"


class Client:
    """Asks, one request after the other. Leaving the block closes its connection.

    Args:
        host, port: of the server.
    """

    def __init__(self, host: str, port: int) -> None:
        self._connection = http.client.HTTPConnection(host, port, timeout=600)

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Go away, whatever is being answered."""
        self._connection.close()

    def get(self, path: str) -> Any:
        """The JSON of an answer.

        Raises:
            BenchmarkError: the server refuses; so for all methods.
        """
        return json.loads(self.ask("GET", path))

    def post(self, path: str, body: dict[str, Any] | None = None) -> Any:
        """The JSON of an answer to JSON."""
        return json.loads(self.ask("POST", path, body))

    def delete(self, path: str) -> None:
        """Delete something."""
        self.ask("DELETE", path)

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> bytes:
        """The body of an answer."""
        with self._asked(method, path, body) as response:
            return response.read()

    def upload(self, file: Path) -> dict[str, Any]:
        """Send a video; as the server describes it."""
        disposition = f'form-data; name="file"; filename="{file.name}"'
        head = f"--{BOUNDARY}\r\nContent-Disposition: {disposition}\r\n"
        head += "Content-Type: video/mp4\r\n\r\n"
        tail = f"\r\n--{BOUNDARY}--\r\n"
        length = len(head) + file.stat().st_size + len(tail)
        self._connection.putrequest("POST", "/videos/upload")
        self._connection.putheader("Content-Type", f"multipart/form-data; boundary={BOUNDARY}")
        self._connection.putheader("Content-Length", str(length))
        self._connection.endheaders(head.encode())
        with file.open("rb") as content:
            self._send(content)
        self._connection.send(tail.encode())
        with self._answer("POST", "/videos/upload") as response:
            video: dict[str, Any] = json.loads(response.read())["video"]
        return video

    def session(self, video_id: str) -> str:
        """The path of a new session."""
        made = self.post("/sessions", {"video_id": video_id})
        return f"/sessions/{made['session_id']}"

    def box(self, session: str, frame: int, number: int, box: Box) -> dict[str, Any]:
        """Prompt an object; the frame's answers."""
        corners = [box.x, box.y, box.x + box.width, box.y + box.height]
        answer: dict[str, Any] = self.post(
            f"{session}/frames/{frame}/box", {"object_id": number, "box": corners}
        )
        return answer

    def track(self, session: str, **how: Any) -> Generator[bytes, None, None]:
        """The lines of a run as they come; closing the iterator goes away in the middle."""
        response = self._asked("POST", f"{session}/propagate", how)
        try:
            while line := response.readline():
                yield line
        finally:
            if not response.isclosed():
                self.close()
            response.close()

    def _send(self, content: BinaryIO) -> None:
        while piece := content.read(PIECE):
            self._connection.send(piece)

    def _asked(
        self, method: str, path: str, body: dict[str, Any] | None
    ) -> http.client.HTTPResponse:
        content = None if body is None else json.dumps(body).encode()
        kind = {} if body is None else {"Content-Type": "application/json"}
        self._connection.request(method, path, content, kind)
        return self._answer(method, path)

    def _answer(self, method: str, path: str) -> http.client.HTTPResponse:
        response = self._connection.getresponse()
        if response.status >= 400:
            with response:
                said = response.read().decode(errors="replace")
            raise BenchmarkError(f"{method} {path} was refused ({response.status}): {said}")
        return response


def complete(lines: Iterator[bytes], count: int) -> Iterator[bytes]:
    """The answers of a run that has to come to its end.

    Raises:
        BenchmarkError: it has another number of frames.
    """
    read = 0
    for line in lines:
        read += 1
        yield line
    if read != count:
        raise BenchmarkError(f"a run ended after {read} of {count} frames")
