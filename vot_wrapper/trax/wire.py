"""Checks the client's messages before libtrax reads them.

libtrax 4.0 trusts its client. It ends with a segmentation fault on an empty region or a mask of
negative size, reserves what a mask's header says, loops for ever when the client disconnects in the
middle of a request, reads `1,1,5,x` as a box of no height, and can't transmit paths with letters
outside ASCII. So whole requests are read here, and only valid ones are passed to libtrax, through a
pipe of our own.

A request is a line `@@TRAX:quit`, or a line `@@TRAX:frame` and the lines `@@TRAX:initialize` before
it: an empty one for a new video, one with a region for each new object. Arguments are in quotation
marks, with a backslash before quotation marks and backslashes.
"""

from __future__ import annotations

import fcntl
import locale
import logging
import os
import re
import threading
from typing import Any

import numpy as np
import trax

from samurai.errors import SamuraiError

log = logging.getLogger(__name__)

MAX_REQUEST_BYTES = 1 << 28
"""Longest request; an 8K mask of pure noise has about 60 MB."""

MAX_MASK_PIXELS = 1 << 27
"""Largest mask: as large as the largest frame that is read (`images.MAX_PIXELS`)."""

_START = b"@@TRAX:"
_ARGUMENT = rb'"((?:[^"\\]*(?:\\.[^"\\]*)*))"'  # unrolled, so that no text takes quadratic time
_MESSAGE = re.compile(rb"@@TRAX:(\w+)((?: +" + _ARGUMENT + rb")*) *\r?")
_ARGUMENTS = re.compile(_ARGUMENT)
_NUMBER = re.compile(
    rb" *[+-]?(?:(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?|nan|inf(?:inity)?) *", re.IGNORECASE
)
_DECIMALS = re.compile(rb"\d{4}")  # libtrax writes four of them, always
_KEY = re.compile(rb"[\w.]{1,32}")  # of a property
_OTHER_IMAGE = re.compile(rb"(?!file:)(?:data:|image:|\w+://)", re.IGNORECASE)
_ENCODED = "/samurai-encoded-path/"
_LARGEST_INT = 2**31 - 1


class ClientError(SamuraiError):
    """The client disconnected without a quit, or sent something else than a TraX request."""


class Wire:
    """Reads requests from a descriptor, and passes valid ones on.

    Args:
        source: descriptor of the client's messages; it is not closed here.

    Attributes:
        outlet: descriptor from which libtrax reads.
    """

    def __init__(self, source: int) -> None:
        self._source = source
        self.outlet, self._inlet = os.pipe()
        self._received = bytearray()
        self._searched = 0  # bytes of `_received` that hold no line end
        self._warned = False

    def pass_on(self) -> None:
        """Wait for a request, and write it into the pipe that libtrax reads.

        Raises:
            ClientError: the client disconnected, or its request is not valid TraX.
        """
        lines: list[bytes] = []
        size = 0
        while True:
            line = self._line(MAX_REQUEST_BYTES - size)
            if not line.startswith(_START):
                self._skip(line)
                continue
            verb, sound = checked(line)
            lines.append(sound)
            size += len(sound)
            if verb == b"quit":
                lines = [sound]
            if verb != b"initialize":
                break
        self._write(b"".join(lines))

    def _line(self, limit: int) -> bytes:
        """The next line without its end."""
        while (end := self._received.find(b"\n", self._searched)) < 0:
            self._searched = len(self._received)
            if self._searched > limit:
                raise ClientError(
                    f"a request of more than {MAX_REQUEST_BYTES} bytes: send fewer objects, or "
                    "masks of the frame's size"
                )
            part = os.read(self._source, 1 << 16)
            if not part:
                within = ", in the middle of a message" if self._received else ""
                raise ClientError(f"the client disconnected without a quit message{within}")
            self._received += part
        line = bytes(self._received[:end])
        del self._received[: end + 1]
        self._searched = 0
        return line

    def _skip(self, line: bytes) -> None:
        """Other output of the client, which TraX ignores."""
        if not self._warned and line.strip():
            log.warning("ignored a line of the client that is not a TraX message: %r", line[:80])
            self._warned = True

    def _write(self, request: bytes) -> None:
        """Write into the pipe; a second thread does it where it doesn't fit, while libtrax
        reads."""
        if len(request) <= _capacity(self._inlet):
            os.write(self._inlet, request)
        else:
            threading.Thread(target=_write_all, args=(self._inlet, request), daemon=True).start()


class Channel:
    """A `trax.Server` behind a `Wire`: the server's channel to its client."""

    def __init__(self, server: trax.Server, wire: Wire | None) -> None:
        self._server = server
        self._wire = wire

    def wait(self) -> Any:
        """The next request, a `trax.server.Request`.

        Raises:
            ClientError: the client disconnected, or its request is not valid TraX.
        """
        if self._wire is not None:
            self._wire.pass_on()
        _use_decimal_points()
        try:
            return self._server.wait()
        except trax.TraxException as error:
            raise ClientError(f"{error} (libtrax can't read the client's request)") from error

    def status(self, objects: list[tuple[trax.Region, dict[str, str]]]) -> None:
        """Reply; TraxException: the client disconnected."""
        _use_decimal_points()
        self._server.status(objects)

    def quit(self, reason: str) -> None:
        """End the conversation; TraxException: the client disconnected."""
        self._server.quit(reason)

    def frame_name(self, number: int) -> str:
        """A frame in a message; TraX has numbers only."""
        return f"frame {number}"

    def object_name(self, number: int) -> str:
        """An object in a message; TraX has numbers only."""
        return f"object {number}"


def _use_decimal_points() -> None:
    """Libtrax reads and writes numbers by the process's locale, which any library may have set."""
    locale.setlocale(locale.LC_NUMERIC, "C")


def checked(line: bytes) -> tuple[bytes, bytes]:
    """A client's message: its verb, and the line in the form that libtrax can transmit.

    Raises:
        ClientError: the line is not a valid message; the error quotes its start.
    """
    match = None if b"\0" in line else _MESSAGE.fullmatch(line)
    if match is None:
        raise ClientError(f"the client sent a broken TraX message: {_shown(line)}")
    verb = match[1]
    arguments = [argument[1] for argument in _ARGUMENTS.finditer(match[2])]
    if verb == b"initialize":
        first = [checked_region(arguments[0])] if arguments else []
    elif verb == b"frame":
        first = [_image(arguments[0] if arguments else b"")]
    elif verb == b"quit":
        return verb, b"@@TRAX:quit \n"
    else:
        raise ClientError(f"a client can't send this TraX message: {_shown(line)}")
    parts = first + [part for argument in arguments[1:] for part in _property(argument)]
    return verb, b"@@TRAX:" + b" ".join([verb, *(b'"' + part + b'"' for part in parts)]) + b" \n"


def path_of(image: str) -> str:
    """The client's original path, from the path that libtrax transmitted."""
    if not image.startswith(_ENCODED):
        return image
    try:
        return os.fsdecode(bytes.fromhex(image.removeprefix(_ENCODED)))
    except ValueError:  # the client really has such a folder
        return image


def encoded_path(path: str) -> str:
    """A path in a form that `path_of` reads and libtrax can hold: one outside ASCII is encoded."""
    return path if path.isascii() else _ENCODED + os.fsencode(path).hex()


def _image(argument: bytes) -> bytes:
    """The argument of a path; one with bytes outside ASCII is encoded."""
    if not argument or _OTHER_IMAGE.match(argument):
        raise ClientError(
            f"a frame without the path of an image ({_shown(argument)}): this tracker takes images "
            "as files, by file://PATH"
        )
    if argument.isascii():
        return argument
    path = re.sub(rb"\\(.)", lambda m: b"\n" if m[1] == b"n" else m[1], argument)
    return b"file://" + _ENCODED.encode() + path.removeprefix(b"file://").hex().encode()


def _property(argument: bytes) -> list[bytes]:
    """A property, or nothing where libtrax can't transmit the key: this tracker reads no such key.
    Bytes outside ASCII, which may end libtrax's stream, become question marks."""
    key, equals, _ = argument.partition(b"=")
    if not equals:
        raise ClientError(f"a property that isn't key=value: {_shown(argument)}")
    if _KEY.fullmatch(key) is None:
        return []
    return [argument.decode("ascii", errors="replace").encode("ascii", errors="replace")]


def checked_region(argument: bytes) -> bytes:
    """A region that libtrax reads correctly (it may still be unusable).

    Raises:
        ClientError: it is not a region.
    """
    if argument.startswith(b"mask:"):
        return _mask(argument)
    fields = argument.split(b",")
    count = len(fields)
    if not (count in (1, 4) or (count >= 6 and count % 2 == 0)):
        raise ClientError(
            f"a region of {count} numbers ({_shown(argument)}): rectangles have 4, polygons two "
            "for each of 3 or more corners"
        )
    if not all(_NUMBER.fullmatch(field) for field in fields):
        raise ClientError(f"a region that isn't made of numbers: {_shown(argument)}")
    if b"." not in argument and count >= 8 and all(_DECIMALS.fullmatch(f) for f in fields[1::2]):
        raise ClientError(
            f"a region with decimal commas ({_shown(argument)}): the client's locale writes them; "
            "start it with LC_NUMERIC=C (and no LC_ALL)"
        )
    return argument


def _mask(argument: bytes) -> bytes:
    """`mask:x,y,width,height,runs...`, with runs that don't lead beyond the mask."""
    try:
        values = np.array(argument[len(b"mask:") :].rstrip(b",").split(b","), np.int64)
    except (ValueError, OverflowError):
        values = np.zeros(0, np.int64)
    if len(values) < 4 or (np.abs(values) > _LARGEST_INT).any() or (values[2:] < 0).any():
        raise ClientError(f"a mask that isn't x, y, width, height and runs: {_shown(argument)}")
    pixels = int(values[2]) * int(values[3])
    if pixels > MAX_MASK_PIXELS:
        raise ClientError(
            f"a mask of {values[2]}x{values[3]} pixels, at most {MAX_MASK_PIXELS} can be read: "
            "crop it to the object"
        )
    if int(values[4:].sum()) > pixels:
        raise ClientError(f"the runs of a mask lead beyond its size: {_shown(argument)}")
    return argument


def _shown(text: bytes) -> str:
    """The start of what the client sent, in printable ASCII."""
    start = text[:80].decode("ascii", errors="backslashreplace")
    return f"{start!r}" + ("..." if len(text) > 80 else "")


def _capacity(pipe: int) -> int:
    """How many bytes an empty pipe takes; 4096 is the least that POSIX systems have."""
    size = getattr(fcntl, "F_GETPIPE_SZ", None)
    return 4096 if size is None else int(fcntl.fcntl(pipe, size))


def _write_all(pipe: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(pipe, view) :]
