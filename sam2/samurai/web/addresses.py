"""Which live sources a client may open: only hosts that the server's owner named."""

from __future__ import annotations

from urllib.parse import urlsplit

from samurai.web.problems import Forbidden, Unprocessable

CAMERA, TEST = "camera", "lavfi"
"""What allows this machine's cameras, and FFmpeg's test sources."""

SCHEMES = ("rtsp", "rtsps", "rtmp", "rtmps", "srt", "http", "https")


def check_live(source: str, allowed: tuple[str, ...]) -> None:
    """Refuse a source that may not be opened.

    Args:
        source: an address, the number of a camera, or `lavfi:` and a test source.
        allowed: names of hosts, `camera`, `lavfi`.

    Raises:
        Unprocessable: it is none of these; files can't be opened, they are uploaded.
        Forbidden: it isn't allowed.
    """
    if source.isdecimal() and source.isascii():
        name = CAMERA
    elif source.startswith(f"{TEST}:"):
        name = TEST
    else:
        name = _host(source)
    if name not in {each.lower() for each in allowed}:
        raise Forbidden(
            f"live sources of {name[:80]!r} may not be opened; add it to SAMURAI_LIVE_HOSTS"
        )


def _host(source: str) -> str:
    try:
        parts = urlsplit(source)
        host = parts.hostname or ""
    except ValueError:
        parts, host = None, ""
    if parts is None or parts.scheme not in SCHEMES or not host or not source.isprintable():
        raise Unprocessable(
            "this is no live source; give an address that begins with "
            f"{', '.join(f'{each}://' for each in SCHEMES)}, or the number of a camera"
        )
    return host
