"""Videos of a server on the loopback: with and without ranges, live, and what goes wrong."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from oracles.videos import number_of, numbered_frame, numbered_frames, write_video
from PIL import Image

from samurai.errors import SourceError
from samurai.video.sources.live import LiveOptions, LiveSource
from samurai.video.sources.opening import open_source

SIZE = (96, 64)
COUNT = 40
SOON = LiveOptions(connect_timeout=5, read_timeout=5, reconnect_seconds=0)


class Handler(BaseHTTPRequestHandler):
    """Files of `folder`; `ranges/...` in parts too, `whole/...` only whole, `live` as MJPEG."""

    folder: Path
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments: Any) -> None:
        pass

    def do_GET(self) -> None:
        way, _, name = self.path.lstrip("/").partition("/")
        file = self.folder / name
        if way == "live":
            self._send_live()
        elif not name or not file.is_file():
            self.send_error(404)
        elif way == "hang":
            threading.Event().wait(3)
        else:
            self._send(file.read_bytes(), with_ranges=way == "ranges", name=name)

    def _send(self, data: bytes, with_ranges: bool, name: str) -> None:
        asked = self.headers.get("Range")
        start, end = 0, len(data) - 1
        if with_ranges and asked:
            first, _, last = asked.removeprefix("bytes=").partition("-")
            start, end = int(first), min(int(last or end), end)
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {start}-{end}/{len(data)}")
        else:
            self.send_response(200)
        kind = "application/vnd.apple.mpegurl" if name.endswith("m3u8") else "video/mp4"
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(end + 1 - start))
        self.end_headers()
        try:
            self.wfile.write(data[start : end + 1])
        except OSError:
            self.close_connection = True

    def _send_live(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        for number in range(COUNT):
            data = BytesIO()
            Image.fromarray(numbered_frame(number, SIZE)).save(data, "JPEG")
            head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {data.tell()}\r\n\r\n"
            try:
                self.wfile.write(head.encode() + data.getvalue() + b"\r\n")
            except OSError:
                return


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("served")
    frames = numbered_frames(COUNT, SIZE)
    options = {"g": "10", "bf": "2"}
    write_video(folder / "video.mp4", frames, options=options)
    write_video(folder / "video.mkv", frames, options=options)
    write_video(folder / "0.ts", frames[:20], options=options)
    write_video(folder / "1.ts", frames[20:], options=options)
    (folder / "list.m3u8").write_text(
        "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:1\n#EXT-X-MEDIA-SEQUENCE:0\n"
        "#EXTINF:0.667,\n0.ts\n#EXT-X-DISCONTINUITY\n#EXTINF:0.667,\n1.ts\n#EXT-X-ENDLIST\n"
    )
    (folder / "page.html").write_text("<html>" + "text " * 500)
    handler = type("Served", (Handler,), {"folder": folder})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as serving:
        serving.daemon_threads = True
        thread = threading.Thread(target=serving.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield f"http://127.0.0.1:{serving.server_port}"
        serving.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")


@pytest.mark.parametrize("name", ["video.mp4", "video.mkv"])
def test_a_server_with_ranges_gives_any_frame(server: str, name: str) -> None:
    with open_source(f"{server}/ranges/{name}", warn=pytest.fail, live=SOON) as source:
        assert source.info.seekable and not source.info.live
        assert source.info.frame_count == (COUNT if name.endswith("mp4") else None)
        assert [number_of(frame.pixels) for frame in source.frames()] == list(range(COUNT))
        for index in (30, 3, 39, 17):
            assert number_of(source.frame(index).pixels) == index
        backward = [number_of(frame.pixels) for frame in source.frames(COUNT - 1, 25, -3)]
        assert backward == list(range(COUNT - 1, 25, -3))


def test_a_server_without_ranges_gives_frames_once(server: str) -> None:
    with open_source(f"{server}/whole/video.mkv", warn=pytest.fail, live=SOON) as source:
        assert not source.info.seekable and not source.info.live
        assert [number_of(frame.pixels) for frame in source.frames()] == list(range(COUNT))
        with pytest.raises(SourceError):
            source.frame(0)


def test_a_complete_play_list_is_a_video_that_is_read_once(server: str) -> None:
    with open_source(f"{server}/whole/list.m3u8", warn=lambda text: None, live=SOON) as source:
        assert not source.info.live
        assert [number_of(frame.pixels) for frame in source.frames()] == list(range(COUNT))


def test_a_stream_of_images_is_live(server: str) -> None:
    every = LiveOptions(newest_only=False, connect_timeout=5, read_timeout=5, reconnect_seconds=0)
    with open_source(f"{server}/live", warn=pytest.fail, live=every) as source:
        assert isinstance(source, LiveSource) and source.info.live
        found = []
        with pytest.raises(SourceError):  # without an end of its own, its end is a loss
            for frame in source.frames():
                found.append(number_of(frame.pixels, colors=False))
    assert found[:30] == list(range(30))


@pytest.mark.parametrize("path", ["ranges/missing.mp4", "whole/page.html", "ranges/page.html"])
def test_what_is_no_video_is_refused(server: str, path: str) -> None:
    with pytest.raises(SourceError):
        open_source(f"{server}/{path}", warn=pytest.fail, live=SOON)


def test_a_server_that_does_not_answer_or_is_not_there(server: str) -> None:
    soon = LiveOptions(connect_timeout=0.2, read_timeout=0.2)
    with pytest.raises(SourceError):
        open_source(f"{server}/hang/video.mp4", warn=pytest.fail, live=soon)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    for scheme in ("http", "rtsp", "rtmp"):
        with pytest.raises(SourceError):
            open_source(f"{scheme}://127.0.0.1:{port}/x", warn=pytest.fail, live=soon)
