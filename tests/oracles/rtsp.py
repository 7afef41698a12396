"""A small RTSP server on the loopback: H.264 in RTP, interleaved in the TCP connection."""

from __future__ import annotations

import base64
import contextlib
import itertools
import socket
import struct
import threading
from collections.abc import Iterator
from fractions import Fraction

import av

from oracles.videos import numbered_frame

_CLOCK = 90_000
_PAYLOAD = 96


class RtspServer:
    """Sends numbered frames to everyone who connects, from `first` on, at a rate.

    Args:
        size: width and height of the frames.
        rate: frames per second.
        silent: it accepts connections and never answers.
    """

    def __init__(
        self, size: tuple[int, int] = (96, 64), rate: int = 50, silent: bool = False
    ) -> None:
        self.size = size
        self._rate, self._silent = rate, silent
        self._port = 0
        self.sent = 0
        self._listener: socket.socket | None = None
        self._clients: list[socket.socket] = []
        self._stop = threading.Event()
        self.start()

    @property
    def url(self) -> str:
        return f"rtsp://127.0.0.1:{self._port}/frames"

    def start(self) -> None:
        """Listen, on the same port as before."""
        self._stop = threading.Event()
        listener = socket.create_server(("127.0.0.1", self._port), reuse_port=False)
        self._listener, self._port = listener, listener.getsockname()[1]
        threading.Thread(target=self._accept, args=(listener, self._stop), daemon=True).start()

    def kill(self) -> None:
        """Close everything, as a power cut would."""
        self._stop.set()
        if self._listener is not None:
            with contextlib.suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
        for client in self._clients:
            with contextlib.suppress(OSError):
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                client.shutdown(socket.SHUT_RDWR)
            client.close()
        self._clients.clear()

    def __enter__(self) -> RtspServer:
        return self

    def __exit__(self, *error: object) -> None:
        self.kill()

    def _accept(self, listener: socket.socket, stop: threading.Event) -> None:
        while not stop.is_set():
            try:
                client, _ = listener.accept()
            except OSError:
                return
            self._clients.append(client)
            if not self._silent:
                threading.Thread(target=self._serve, args=(client, stop), daemon=True).start()

    def _serve(self, client: socket.socket, stop: threading.Event) -> None:
        units = _access_units(self.size, self._rate)
        first = next(units)
        with contextlib.suppress(OSError):
            while not stop.is_set():
                request = _request(client)
                if request is None:
                    return
                method, sequence = request
                client.sendall(self._reply(method, sequence, first).encode())
                if method == "PLAY":
                    self._play(client, itertools.chain([first], units), stop)
                    return

    def _reply(self, method: str, sequence: str, first: list[bytes]) -> str:
        head = f"RTSP/1.0 200 OK\r\nCSeq: {sequence}\r\nSession: 1\r\n"
        if method == "OPTIONS":
            return head + "Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN\r\n\r\n"
        if method == "SETUP":
            return head + "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n\r\n"
        if method != "DESCRIBE":
            return head + "\r\n"
        sets = ",".join(base64.b64encode(each).decode() for each in first if each[0] & 31 in (7, 8))
        text = (
            "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=frames\r\nt=0 0\r\n"
            f"m=video 0 RTP/AVP {_PAYLOAD}\r\na=rtpmap:{_PAYLOAD} H264/{_CLOCK}\r\n"
            f"a=fmtp:{_PAYLOAD} packetization-mode=1; sprop-parameter-sets={sets}\r\n"
            "a=control:track\r\n"
        )
        return f"{head}Content-Type: application/sdp\r\nContent-Length: {len(text)}\r\n\r\n{text}"

    def _play(
        self, client: socket.socket, units: Iterator[list[bytes]], stop: threading.Event
    ) -> None:
        sequence = itertools.count()
        for number, unit in enumerate(units):
            for place, part in enumerate(unit):
                last = place == len(unit) - 1
                header = struct.pack(
                    ">BBHII",
                    0x80,
                    _PAYLOAD | (last << 7),
                    next(sequence) & 0xFFFF,
                    number * _CLOCK // self._rate,
                    1,
                )
                packet = header + part
                client.sendall(b"$\0" + struct.pack(">H", len(packet)) + packet)
            self.sent += 1
            if stop.wait(1 / self._rate):
                return


def _access_units(size: tuple[int, int], rate: int) -> Iterator[list[bytes]]:
    """Pictures as lists of NAL units, without end."""
    context = av.CodecContext.create("libx264", "w")
    context.width, context.height = size
    context.pix_fmt, context.time_base = "yuv420p", Fraction(1, rate)
    context.options = {"tune": "zerolatency", "x264-params": "keyint=10:repeat-headers=1:slices=1"}
    for number in itertools.count():
        picture = av.VideoFrame.from_ndarray(numbered_frame(number % 4096, size), "rgb24")
        picture.pts = number
        for packet in context.encode(picture):
            yield [part for part in _split(bytes(packet)) if part]


def _split(stream: bytes) -> list[bytes]:
    """NAL units between start codes."""
    return [part.rstrip(b"\0") for part in stream.split(b"\0\0\1")]


def _request(client: socket.socket) -> tuple[str, str] | None:
    """Method and sequence number of the next request."""
    data = b""
    while b"\r\n\r\n" not in data:
        more = client.recv(4096)
        if not more:
            return None
        data += more
    lines = data.decode("latin-1").split("\r\n")
    numbers = [line.split(":")[1].strip() for line in lines if line.lower().startswith("cseq:")]
    return lines[0].split(" ")[0], numbers[0]
