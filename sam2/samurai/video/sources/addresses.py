"""Cameras, streams and files of servers, by number or address."""

from __future__ import annotations

import re
import sys
import urllib.error
import urllib.request
from http.client import HTTPException
from pathlib import Path
from typing import NamedTuple

from samurai.errors import SourceError
from samurai.spelling import listed, natural
from samurai.video.sources.base import Source, Warn
from samurai.video.sources.container import Address, Reader
from samurai.video.sources.file import VideoFile
from samurai.video.sources.forward import ForwardVideo
from samurai.video.sources.library import cause, self_contained_formats, video_library
from samurai.video.sources.live import LiveOptions, LiveSource

DEVICES = Path("/dev")

_ADDRESS = re.compile(r"([a-z][a-z0-9+.-]+)://", re.IGNORECASE)
_TEST = "lavfi:"
_WEB = ("http", "https")
_LIVE = ("rtsp", "rtsps", "rtmp", "rtmps", "rtp", "srt", "tcp", "udp")
_RTSP_OPTIONS = {"rtsp_transport": "tcp"}


def has_scheme(text: str) -> bool:
    """Whether it begins like rtsp://."""
    return _ADDRESS.match(text) is not None


def is_address(text: str) -> bool:
    """Whether it is an address, or a test source, rather than a path."""
    return text.startswith(_TEST) or has_scheme(text)


def open_address(text: str, warn: Warn, live: LiveOptions) -> Source:
    """Open a stream, a file of a server, or a test source.

    Raises:
        SourceError: the scheme isn't known, or it can't be opened.
    """
    if text.startswith(_TEST):
        test = _live(text, text.removeprefix(_TEST), live, format="lavfi")
        return LiveSource(test, live, warn, paced=True)
    match = _ADDRESS.match(text)
    scheme = match.group(1).lower() if match else ""
    if scheme in _WEB:
        return _open_web(text, warn, live)
    if scheme in _LIVE:
        options = _RTSP_OPTIONS if scheme.startswith("rtsp") else {}
        return LiveSource(_live(text, text, live, options=options), live, warn)
    raise SourceError(
        f"{text} has an unknown scheme; give a path, or an address that begins with "
        f"{', '.join(f'{each}://' for each in (*_LIVE, *_WEB))} or {_TEST}"
    )


def open_camera(number: int, warn: Warn, live: LiveOptions) -> Source:
    """Open a camera of this machine.

    Raises:
        SourceError: there is no such camera; the message names those that are there.
    """
    name = f"camera {number}"
    video_library()
    if sys.platform == "darwin":
        options = {"framerate": "30"}
        address = _live(name, str(number), live, format="avfoundation", options=options)
        return LiveSource(address, live, warn)
    device = DEVICES / f"video{number}"
    if not device.exists():
        there = sorted((str(each) for each in DEVICES.glob("video[0-9]*")), key=natural)
        raise SourceError(
            f"there is no {name} ({device}); "
            + (
                f"there are {listed(there)}"
                if there
                else "this machine has no cameras: connect one"
            )
        )
    return LiveSource(_live(name, str(device), live, format="v4l2"), live, warn)


def camera_number(path: Path) -> int | None:
    """The number of a camera that is named by its device, like /dev/video0."""
    number = path.name.removeprefix("video")
    return int(number) if path.parent == DEVICES and number.isdecimal() else None


def _live(
    name: str,
    url: str,
    live: LiveOptions,
    format: str | None = None,
    options: dict[str, str] | None = None,
) -> Address:
    timeouts = live.connect_timeout, live.read_timeout
    return Address(name, url, format, options or {}, timeouts, low_delay=True)


class ServerReply(NamedTuple):
    """What a server says of an address.

    Attributes:
        ranges: any part can be had.
        sized: the length is known, so that it ends.
        kind: its content type.
    """

    ranges: bool = False
    sized: bool = False
    kind: str = ""


def _open_web(text: str, warn: Warn, live: LiveOptions) -> Source:
    """A file that can be sought in, one that comes once, or a stream."""
    answer = _ask(text, live.connect_timeout)
    timeouts = live.connect_timeout, live.read_timeout
    playlist = "mpegurl" in answer.kind or "dash+xml" in answer.kind
    if answer.sized and not playlist:
        options = {"format_whitelist": self_contained_formats()}
        file = Address(text, text, options=options, timeouts=timeouts)
        return VideoFile(file, warn) if answer.ranges else ForwardVideo(file, warn)
    stream = _live(text, text, live)
    if not answer.kind.startswith("multipart/"):
        reader = Reader(stream)
        try:
            ends = reader.container.duration
        finally:
            reader.close()
        if ends:
            return ForwardVideo(Address(text, text, timeouts=timeouts), warn)
    return LiveSource(stream, live, warn)


def _ask(text: str, timeout: float) -> ServerReply:
    """Ask for the first byte."""
    request = urllib.request.Request(text, headers={"Range": "bytes=0-0"})
    try:
        with urllib.request.urlopen(request, timeout=timeout) as reply:
            kind = reply.headers.get_content_type().lower()
            ranges = reply.status == 206
            return ServerReply(ranges, ranges or "Content-Length" in reply.headers, kind)
    except urllib.error.HTTPError as error:
        error.close()
        raise SourceError(
            f"the server answers {error.code} ({error.reason}) for {text}; check the address"
        ) from error
    except OSError as error:
        reason = getattr(error, "reason", error)
        if "CERTIFICATE" in str(reason).upper():
            return ServerReply()
        said = cause(reason) if isinstance(reason, BaseException) else str(reason)
        raise SourceError(
            f"can't connect to {text}: {said}; check the address and the network"
        ) from error
    except (ValueError, HTTPException):  # an address with a password, or an unusual server
        return ServerReply()
