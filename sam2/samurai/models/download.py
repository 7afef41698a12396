"""A large file over HTTP: resumed by Range, checked, and only then given its name.

    <file>.part     the bytes received so far; kept when the connection breaks off, and resumed
    later <file>          complete, of the right length, and accepted by `verify` <file>.sha256
    what arrived the first time, as `sha256sum` writes it; must stay the same

The publisher of SAM 2.1 gives no checksums, hence the record of the first download. The official
files could not be tried where this was written: the tests run against a local server that breaks
off, ignores Range, lies about lengths and so on.
"""

from __future__ import annotations

import errno
import fcntl
import os
import re
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit

import requests

from samurai.errors import CheckpointError
from samurai.models.manifest import ModelCard, sha256_of

CHUNK = 1 << 16
"""Bytes written at a time, the most that a broken connection can lose."""


@dataclass(frozen=True)
class Patience:
    """Limits for a bad connection; times in seconds.

    The download fails after `fruitless` attempts in a row without data. The pause between attempts
    doubles with each of them, up to half a minute.
    """

    fruitless: int = 6
    first_pause: float = 1.0
    connect_timeout: float = 10.0
    read_timeout: float = 60.0


def fetch(
    card: ModelCard,
    folder: Path,
    verify: Callable[[ModelCard, Path], None],
    progress: Callable[[int, int], None] | None = None,
    patience: Patience | None = None,
) -> Path:
    """Download `card.url` to `folder / card.file`, unless that exists.

    Args:
        verify: raises CheckpointError when a complete file isn't what the card says.
        progress: called with the bytes there and the bytes in all.

    Raises:
        CheckpointError: see `samurai.models.checkpoints.download`.
    """
    target = folder / card.file
    part = folder / f"{card.file}.part"
    try:
        if target.is_file():
            _accept(card, target, target, verify)
            return target
        folder.mkdir(parents=True, exist_ok=True)
        with part.open("ab") as file:
            _lock(file, part)
            try:
                _Transfer(card, target, file, progress, patience or Patience()).run()
                _accept_part(card, part, target, verify)
            finally:
                if part.is_file() and part.stat().st_size == 0:
                    part.unlink()
    except OSError as error:
        raise CheckpointError(_storage_message(error, card, folder)) from error
    return target


def _lock(file: BinaryIO, part: Path) -> None:
    """Lock the part file against a second download of the same file."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise CheckpointError(f"another process is writing {part}: wait for it") from None


def _accept_part(
    card: ModelCard, part: Path, target: Path, verify: Callable[[ModelCard, Path], None]
) -> None:
    """Accept the complete part file, or remove it, because resuming it would fail again."""
    try:
        _accept(card, part, target, verify)
    except CheckpointError as error:
        part.unlink()
        raise CheckpointError(
            f"the download from {card.url} was rejected and removed: {error}"
        ) from error


def _accept(
    card: ModelCard, path: Path, target: Path, verify: Callable[[ModelCard, Path], None]
) -> None:
    """Check a complete file against the record and by `verify`; give it its name and record it."""
    record = target.with_name(f"{target.name}.sha256")
    digest = sha256_of(path)
    if record.is_file():
        recorded = (record.read_text(encoding="utf-8").split() or ["nothing"])[0]
        if recorded != digest:
            raise CheckpointError(
                f"{path.name} has sha256 {digest}, but {record} recorded {recorded} at the first "
                f"download; if its publisher replaced it, delete the record and {card.remedy}"
            )
    verify(card, path)
    if path != target:
        os.replace(path, target)
    record.write_text(f"{digest}  {target.name}\n", encoding="utf-8")


class _Transfer:
    """The download of one file: requests until the part file is complete.

    `file` is the part file, opened to append.
    """

    def __init__(
        self,
        card: ModelCard,
        target: Path,
        file: BinaryIO,
        progress: Callable[[int, int], None] | None,
        patience: Patience,
    ) -> None:
        if card.url is None:
            raise CheckpointError(f"{card.name} can't be downloaded; {card.remedy}")
        self.card, self.url, self.target, self.file = card, card.url, target, file
        self.progress, self.patience = progress, patience
        self.reached = False

    def run(self) -> None:
        """Request until the part file is complete, or no more data arrives."""
        fruitless, trouble = 0, ""
        while (before := self._have()) != self.card.bytes:
            if trouble:
                time.sleep(min(self.patience.first_pause * 2**fruitless, 30.0))
            trouble = self._attempt()
            fruitless = 0 if self._have() > before else fruitless + 1
            if fruitless == self.patience.fruitless:
                raise CheckpointError(
                    f"{self.url} broke off ({trouble}) with {self._have()} of {self.card.bytes} "
                    f"bytes here; they are kept, so {self.card.remedy} again to go on"
                )

    def _attempt(self) -> str:
        """One request, from the end of the part file until the connection ends; returns the
        reason."""
        have = self._have()
        # identity: a Range counts the bytes that are sent, which compression would change
        headers = {"Accept-Encoding": "identity"}
        if 0 < have < self.card.bytes:
            headers["Range"] = f"bytes={have}-"
        timeouts = (self.patience.connect_timeout, self.patience.read_timeout)
        try:
            with requests.get(self.url, headers=headers, stream=True, timeout=timeouts) as response:
                self.reached = True
                if response.status_code == 416:  # the server's file ends before ours: start again
                    self.file.truncate(0)
                elif response.status_code == 429 or response.status_code >= 500:
                    return f"{response.status_code} {response.reason}"
                else:
                    self._append(response, self._start(response, have))
        except requests.RequestException as error:
            if not self.reached:
                raise CheckpointError(self._unreachable(error)) from error
            return type(error).__name__
        return "the server closed the connection"

    def _start(self, response: requests.Response, have: int) -> int:
        """The byte at which the answer begins: `have`, or 0 from a server that ignores Range."""
        if response.status_code not in (200, 206):
            raise CheckpointError(
                f"{self.url} answers {response.status_code} {response.reason}; {self._by_hand()}"
            )
        start, total = _extent(response)
        if total not in (None, self.card.bytes):
            raise CheckpointError(
                f"{self.url} offers {total} bytes, the manifest says {self.card.bytes}: a proxy's "
                "page, or a file that its publisher replaced (then correct the manifest); "
                + self._by_hand()
            )
        if start not in (0, have):
            raise CheckpointError(
                f"{self.url} was asked to go on from byte {have} and answers from {start}: delete "
                f"{self.file.name} and {self.card.remedy} again"
            )
        return start

    def _append(self, response: requests.Response, start: int) -> None:
        """Write the answer's body behind the first `start` bytes of the part file."""
        if shutil.disk_usage(self.target.parent).free < self.card.bytes - start:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        if start == 0 and self._have():
            self.file.truncate(0)
        written = start
        for chunk in response.iter_content(CHUNK):
            written += len(chunk)
            if written > self.card.bytes:
                raise CheckpointError(
                    f"{self.url} sends more than the {self.card.bytes} bytes that the manifest "
                    f"says; {self._by_hand()}"
                )
            self.file.write(chunk)
            if self.progress is not None:
                self.progress(written, self.card.bytes)

    def _have(self) -> int:
        """The bytes that have arrived, now or earlier."""
        self.file.flush()
        return os.fstat(self.file.fileno()).st_size

    def _unreachable(self, error: Exception) -> str:
        host = urlsplit(self.url).hostname
        return f"{host} can't be reached ({type(error).__name__}): {self._by_hand()}"

    def _by_hand(self) -> str:
        return (
            f"check the network and {self.card.remedy}, or fetch {self.url} elsewhere and save it "
            f"as {self.target}"
        )


def _extent(response: requests.Response) -> tuple[int, int | None]:
    """Where the body starts in the file, and the length of the whole file if the server tells."""
    if response.status_code == 206:
        stated = re.fullmatch(
            r"bytes (\d+)-\d+/(\d+|\*)", response.headers.get("Content-Range", "").strip()
        )
        if stated is None:
            url = response.url
            raise CheckpointError(f"{url} answers a range request without a usable Content-Range")
        start, total = stated.groups()
        return int(start), None if total == "*" else int(total)
    length = response.headers.get("Content-Length", "")
    return 0, int(length) if length.isdigit() else None


def _storage_message(error: OSError, card: ModelCard, folder: Path) -> str:
    if error.errno == errno.ENOSPC:
        return (
            f"the disk of {folder} is full: {card.name} needs {card.bytes} bytes; make room, or "
            f"set SAMURAI_CHECKPOINTS to a folder elsewhere, and {card.remedy}"
        )
    return (
        f"{folder} can't be used ({error.strerror or error}): set SAMURAI_CHECKPOINTS to a folder "
        f"that can be written to, and {card.remedy}"
    )
