"""A tracker process as its client sees it, byte by byte; nothing of libtrax on this side."""

from __future__ import annotations

import contextlib
import json
import os
import re
import select
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

HERE = Path(__file__).parent
SECONDS = 30  # for whatever the process owes, on a machine that is busy with other things
START_SECONDS = 180  # until the hello: weights load, the network is traced

STATE = re.compile(
    rb'@@TRAX:state "(mask:(\d+),(\d+),(\d+),(\d+)((?:,\d+)*)'
    rb'|-?\d+\.\d{4}(?:,-?\d+\.\d{4}){3})" "confidence=(-?\d+\.\d{6})" '
)
QUIT = re.compile(rb'@@TRAX:quit (?:"trax\.reason=((?:[^"\\]|\\.)+)" )?')
HELLO = re.compile(rb'@@TRAX:hello (?:"trax\.\w+=[^"]*" )+')


class Fault(AssertionError):
    """An invariant is broken."""


class Zygote:
    """Starts `zygote.py`; makes peers by forking."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        environment = {k: v for k, v in os.environ.items() if not k.startswith("SAMURAI_")}
        # The process beside the tests is of this checkout, whatever is installed.
        root = HERE.parents[1]
        environment["PYTHONPATH"] = os.pathsep.join([str(root / "sam2"), str(root)])
        environment.update(OMP_NUM_THREADS="1", TRAX="1")
        self._process = subprocess.Popen(
            [sys.executable, str(HERE / "zygote.py"), str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            env=environment,
        )
        theirs.close()
        self._socket = ours
        self._said = b""

    def start(self, descriptors: Sequence[int], environment: Mapping[str, str]) -> int:
        socket.send_fds(self._socket, [json.dumps(environment).encode()], list(descriptors))
        said = self.hear(SECONDS)
        if said is None:
            raise Fault("no process")
        return said["pid"]

    def hear(self, seconds: float) -> dict[str, int] | None:
        """The zygote's next line; None when it says nothing in time."""
        end = time.monotonic() + seconds
        while b"\n" not in self._said:
            ready, _, _ = select.select([self._socket], [], [], max(0, end - time.monotonic()))
            if not ready:
                return None
            self._said += self._socket.recv(4096)
        line, _, self._said = self._said.partition(b"\n")
        said: dict[str, int] = json.loads(line)
        return said

    def close(self) -> None:
        self._socket.close()
        self._process.kill()
        self._process.wait()


class Peer:
    """One tracker process.

    Args:
        zygote: forks it.
        merged: standard error comes through the same pipe, as with the toolkit.
    """

    def __init__(
        self, zygote: Zygote, merged: bool, environment: Mapping[str, str] | None = None
    ) -> None:
        self._zygote = zygote
        self.merged = merged
        self._log = tempfile.TemporaryFile()  # noqa: SIM115  (closed by `close`)
        their_input, self._out = os.pipe()
        self._in, their_output = os.pipe()
        error = their_output if merged else self._log.fileno()
        self.pid = zygote.start((their_input, their_output, error), environment or {})
        os.close(their_input)
        os.close(their_output)
        self._received = b""
        self._code: int | None = None
        self.other: list[bytes] = []  # lines that are no TraX
        if not HELLO.fullmatch(self.line(seconds=START_SECONDS) or b""):
            raise Fault("no hello")

    def send(self, data: bytes) -> None:
        """Write all of it; a process that ended is no fault here."""
        view = memoryview(data)
        try:
            while view:
                view = view[os.write(self._out, view[: 1 << 16]) :]
        except BrokenPipeError:
            pass

    def line(self, piece: int = 1 << 16, seconds: float = SECONDS) -> bytes | None:
        """The next TraX line, or None at the end of the stream."""
        end = time.monotonic() + seconds
        while True:
            while b"\n" not in self._received:
                ready, _, _ = select.select([self._in], [], [], max(0, end - time.monotonic()))
                if not ready:
                    raise Fault(f"nothing for {seconds} s, after {self._received[-200:]!r}")
                part = os.read(self._in, piece)
                if not part:
                    if self._received:
                        raise Fault(f"an unfinished line: {self._received[-200:]!r}")
                    return None
                self._received += part
            line, _, self._received = self._received.partition(b"\n")
            if any(kind.fullmatch(line) for kind in (STATE, QUIT, HELLO)):
                if self.other and not line.startswith(b"@@TRAX:quit"):
                    raise Fault(f"a message behind other output: {line!r}")
                return line
            if not self.merged or line.startswith(b"@@TRAX:") or not line.isascii():
                raise Fault(f"a stray line: {line[:300]!r}")
            self.other.append(line)

    def exit_code(self) -> int:
        """What the process ended with; it must end by itself."""
        if self._code is None:
            said = self._zygote.hear(SECONDS)
            if said is None:
                raise Fault(f"still running after {SECONDS} s")
            self._code = said["code"]
        return self._code

    def log(self) -> bytes:
        """What the process wrote to standard error."""
        if self.merged:
            return b"\n".join(self.other)
        return os.pread(self._log.fileno(), 1 << 20, 0)

    def signal(self, number: int) -> None:
        os.kill(self.pid, number)

    def resident(self) -> int:
        """Bytes of memory."""
        pages = Path(f"/proc/{self.pid}/statm").read_text().split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")

    def close_output(self) -> None:
        if self._out >= 0:
            os.close(self._out)
        self._out = -1

    def close_input(self) -> None:
        if self._in >= 0:
            os.close(self._in)
        self._in = -1

    def close(self) -> None:
        """Free the descriptors; kill the process if it hasn't ended."""
        self.close_output()
        self.close_input()
        self._log.close()
        if self._code is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, 9)
            self._zygote.hear(SECONDS)
