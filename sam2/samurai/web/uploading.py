"""Uploads as they arrive: multipart forms, written to the disk piece by piece.

Memory stays flat whatever the length, and the limit of bytes is kept whatever the client's
Content-Length says. A file's name is only kept to show it.
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from fastapi.exceptions import RequestValidationError
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import Request

from samurai.runtime.whole_files import storing
from samurai.web.library import Arrival
from samurai.web.problems import TooLarge, Unprocessable, WebError

PIECE = 1 << 20
"""Bytes that are collected before they are parsed and written."""

OVERHEAD = 1 << 20
"""Bytes of a form beside its files: boundaries, headers, fields."""

MOST_FIELD = 1 << 10
"""Bytes of a field that isn't a file."""

MOST_FILES = 100_000
"""Pictures of an upload."""

SILENCE = 60.0
"""Seconds without any byte after which an upload has ended."""

_NAME_LENGTH = 255

Run = Callable[..., Awaitable[Any]]
"""Runs a function in a thread."""


class ClientGone(Exception):
    """The client went away before its request was complete."""


class TooSlow(WebError):
    """The client sends nothing."""

    status = 408


@dataclass
class Received:
    """A file that arrived.

    Attributes:
        field: of the form.
        filename: what the client called it, without its path; only for people.
        kind: the media type that the client gave.
        path: where it is.
        size: in bytes.
    """

    field: str
    filename: str
    kind: str
    path: Path
    size: int = 0


class Form:
    """A multipart form, parsed as its bytes come.

    Attributes:
        fields: texts by name.
        files: in the order of the form.

    Args:
        boundary: of the form.
        arrival: gives the folder and counts the bytes.
        wanted: the name of the field with files; others are refused.
        most: files.
    """

    def __init__(self, boundary: bytes, arrival: Arrival, wanted: str, most: int) -> None:
        self.fields: dict[str, str] = {}
        self.files: list[Received] = []
        self._arrival, self._wanted, self._most = arrival, wanted, most
        self._headers: dict[bytes, bytes] = {}
        self._name, self._value = b"", b""
        self._field: str | None = None
        self._text = b""
        self._file: BinaryIO | None = None
        self._ended = False
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._headers.clear,
                "on_header_field": self._on_name,
                "on_header_value": self._on_value,
                "on_header_end": self._on_header,
                "on_headers_finished": self._on_headers,
                "on_part_data": self._on_data,
                "on_part_end": self._on_part_end,
                "on_end": self._on_end,
            },
        )

    def feed(self, data: bytes) -> None:
        """The next bytes.

        Raises:
            Unprocessable: this isn't such a form.
            StorageError: there is no room.
        """
        self._arrival.reserve(len(data))
        try:
            self._parser.write(data)
        except FormParserError as error:
            raise Unprocessable(f"the form is malformed ({error}); send multipart/form-data") from (
                error
            )

    def finish(self) -> None:
        """No more bytes come.

        Raises:
            Unprocessable: the form isn't complete.
        """
        if not self._ended:
            raise Unprocessable("the form ends in the middle; send it again")

    def close(self) -> None:
        """Close what is open."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _on_name(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def _on_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _on_header(self) -> None:
        self._headers[self._name.lower()] = self._value
        self._name, self._value = b"", b""

    def _on_headers(self) -> None:
        _, options = parse_options_header(self._headers.get(b"content-disposition"))
        self._field = options.get(b"name", b"").decode("utf-8", "replace")
        self._text = b""
        filename = options.get(b"filename")
        if filename is None and self._field != self._wanted:
            return
        if self._field != self._wanted:
            raise Unprocessable(
                f"the form has a file in the field {shown_name(self._field.encode())!r}; the field "
                f"is {self._wanted}"
            )
        if len(self.files) >= self._most:
            raise Unprocessable(f"the form has too many files; send at most {self._most}")
        kind, _ = parse_options_header(self._headers.get(b"content-type"))
        path = self._arrival.folder / f"file-{len(self.files):08d}"
        name = shown_name(filename or b"")
        self.files.append(Received(self._field, name, kind.decode("latin-1").lower(), path))
        with storing(self._arrival.folder):
            self._file = path.open("wb")

    def _on_data(self, data: bytes, start: int, end: int) -> None:
        if self._file is not None:
            self.files[-1].size += end - start
            with storing(self._arrival.folder):
                self._file.write(memoryview(data)[start:end])
            return
        self._text += data[start:end]
        if len(self._text) > MOST_FIELD or len(self.fields) > MOST_FIELD:
            raise Unprocessable(
                f"a field of the form is longer than {MOST_FIELD} bytes; shorten it"
            )

    def _on_part_end(self) -> None:
        if self._file is not None:
            with storing(self._arrival.folder):
                self.close()
        elif self._field:
            self.fields[self._field] = self._text.decode("utf-8", "replace")

    def _on_end(self) -> None:
        self._ended = True


async def receive_form(
    request: Request, arrival: Arrival, run: Run, *, wanted: str, most: int, limit: int
) -> Form:
    """Read a form to its end.

    Args:
        request: whose body it is.
        arrival: where files go.
        run: runs a function in a thread.
        wanted: the name of the field with files.
        most: files.
        limit: bytes of all files.

    Raises:
        TooLarge: more bytes than allowed, by Content-Length or as they come.
        Unprocessable: not such a form.
        ClientGone: the client went away.
        TooSlow: nothing came for long.
        StorageError: there is no room.
    """
    said = request.headers.get("content-length", "")
    if said.isdecimal() and int(said) > limit + OVERHEAD:
        raise _too_large(limit)
    kind, options = parse_options_header(request.headers.get("content-type"))
    if kind != b"multipart/form-data" or not options.get(b"boundary"):
        raise missing(wanted)
    try:
        form = Form(options[b"boundary"], arrival, wanted, most)
    except FormParserError as error:
        raise Unprocessable(f"the form is malformed ({error}); send multipart/form-data") from error
    try:
        await _feed(request, form, run, limit)
        form.finish()
    finally:
        await run(form.close)
    if not form.files:
        raise missing(wanted)
    return form


async def _feed(request: Request, form: Form, run: Run, limit: int) -> None:
    total, more = 0, True
    while more:
        piece = bytearray()
        while more and len(piece) < PIECE:
            try:
                message = await asyncio.wait_for(request.receive(), SILENCE)
            except TimeoutError:
                raise TooSlow(f"no data came for {SILENCE:g} s; send the upload again") from None
            if message["type"] == "http.disconnect":
                raise ClientGone
            piece += message.get("body", b"")
            more = message.get("more_body", False)
        total += len(piece)
        if total > limit + OVERHEAD:
            raise _too_large(limit)
        if piece:
            await run(functools.partial(form.feed, bytes(piece)))
        if sum(file.size for file in form.files[-1:]) > limit:
            raise _too_large(limit)


def _too_large(limit: int) -> TooLarge:
    return TooLarge(
        f"the upload has more than {limit >> 20} MiB; shorten or compress the video, or raise "
        "SAMURAI_MAX_UPLOAD_MIB"
    )


def missing(field: str) -> RequestValidationError:
    """The error of a field that isn't there, as for other bodies."""
    return invalid(field, "missing", "Field required")


def invalid(field: str, kind: str, message: str) -> RequestValidationError:
    """The error of a field, as for other bodies."""
    return RequestValidationError([{"loc": ("body", field), "type": kind, "msg": message}])


def shown_name(raw: bytes) -> str:
    """What a client called a file, to show it: without folders and control characters."""
    text = raw.decode("utf-8", "replace").replace("\\", "/").rpartition("/")[2]
    text = "".join(each for each in text if each.isprintable()).strip()
    return text[:_NAME_LENGTH] or "unnamed"
