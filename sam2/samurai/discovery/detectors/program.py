"""A program that is asked over a pipe, line by line: started, asked within a time, ended for sure.

It runs in a process group of its own, so that Ctrl-C is this process's alone, and what the program
starts ends with it. No shell and no threads: one loop writes, reads and watches the time.
"""

from __future__ import annotations

import contextlib
import os
import re
import selectors
import signal
import subprocess
import time
from collections.abc import Callable, Sequence

from samurai.errors import ConfigurationError, DetectorError

PATIENCE = 1.0
"""Seconds that a program has to end after its input ended, and again after SIGTERM."""

LONGEST_ANSWER = 64 * 2**20
"""Bytes of output that may come for one request."""

_KEPT = 4096
"""Bytes of its messages that are kept for errors."""

_ANSWER = re.compile(rb"^\s*(\{.*)\n", re.MULTILINE)
_TICK = 0.1
_PART = 2**18


class Program:
    """A running program.

    Args:
        arguments: the program and its arguments.

    Raises:
        ConfigurationError: it can't be started.
    """

    def __init__(self, arguments: Sequence[str]) -> None:
        try:
            self._process = subprocess.Popen(
                list(arguments),
                bufsize=0,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else str(error)
            raise ConfigurationError(
                f"{arguments[0]!r} can't be started ({reason}). Remedy: name a program that is "
                "there and executable, or its interpreter first: command:python3 FILE"
            ) from error
        assert self._process.stdin and self._process.stdout and self._process.stderr
        self._input, self._output = self._process.stdin, self._process.stdout
        self._messages = self._process.stderr
        for pipe in (self._input, self._output, self._messages):
            os.set_blocking(pipe.fileno(), False)
        self._read, self._searched, self._said = bytearray(), 0, b""
        self._rest, self._received = memoryview(b""), 0

    def ask(self, request: bytes, seconds: float, stopped: Callable[[], bool]) -> bytes:
        """Send a line, and return the next line that begins with a brace.

        Other lines, such as what libraries print, count as messages.

        Args:
            request: with its end of line.
            seconds: within which the answer must be there.
            stopped: asked ten times a second; true ends the wait.

        Raises:
            DetectorError: no answer in time, too long a one, one more than was asked for, or the
                program has ended. It must be stopped then.
        """
        self._read += self._take(self._output.fileno()) or b""
        if self._next_answer() is not None:
            raise self._error("has printed two answers for one request")
        end = time.monotonic() + seconds
        self._rest, self._received = memoryview(request), 0
        with selectors.DefaultSelector() as waiting:
            waiting.register(self._input, selectors.EVENT_WRITE)
            waiting.register(self._output, selectors.EVENT_READ)
            waiting.register(self._messages, selectors.EVENT_READ)
            while (answer := self._next_answer()) is None:
                if stopped():
                    raise DetectorError(
                        "the detector was closed while it was asked. Remedy: create another one"
                    )
                if time.monotonic() > end:
                    raise self._error(f"has not answered in {seconds:g} s")
                if self._received > LONGEST_ANSWER:
                    raise self._error(
                        f"has printed {self._received // 2**20} MB instead of an answer"
                    )
                self._exchange(waiting)
        if self._rest:
            raise self._error("has answered before it read its request")
        return answer

    def stop(self, at_once: bool = False) -> None:
        """End it, and all that it has started; twice is allowed.

        Args:
            at_once: don't wait for it to end by itself.
        """
        if self._process.returncode is None:
            self._input.close()
            if not at_once and not self._ends_within(PATIENCE):
                self._signal(signal.SIGTERM)
                self._ends_within(PATIENCE)
            self._signal(signal.SIGKILL)
            self._process.wait()
        for pipe in (self._input, self._output, self._messages):
            pipe.close()

    def _next_answer(self) -> bytes | None:
        end = self._read.rfind(b"\n", self._searched) + 1
        if end:
            lines = bytes(self._read[:end])
            found = _ANSWER.search(lines)
            self._remember(lines[: found.start()] if found else lines)
            del self._read[: found.end() if found else end]
            if found:
                self._searched = 0
                return found[1]
        self._searched = len(self._read)
        return None

    def _exchange(self, waiting: selectors.BaseSelector) -> None:
        """Write and read what can be had now, or wait for a moment."""
        events = waiting.select(_TICK)
        if not events and self._ends_within(0):
            raise self._ended()  # what it has started holds its output open
        for key, _ in events:
            if key.fileobj is self._input:
                self._rest = self._rest[self._write(self._rest) :]
                if not self._rest:
                    waiting.unregister(self._input)
            elif data := self._take(key.fd):
                self._received += len(data)
                if key.fileobj is self._output:
                    self._read += data
                else:
                    self._remember(data)
            elif data is not None:
                waiting.unregister(key.fileobj)
                if key.fileobj is self._output:
                    raise self._ended()

    def _remember(self, message: bytes) -> None:
        self._said = (self._said + message[-_KEPT:])[-_KEPT:]

    def _write(self, rest: memoryview) -> int:
        """How many bytes were taken; all, where the program reads no more."""
        try:
            return os.write(self._input.fileno(), rest[:_PART])
        except BlockingIOError:
            return 0
        except OSError:
            return len(rest)

    def _take(self, number: int) -> bytes | None:
        """What has come; empty at the end, None if nothing has."""
        try:
            return os.read(number, _PART)
        except BlockingIOError:
            return None

    def _ended(self) -> DetectorError:
        for _ in range(8):  # its last words
            if not (data := self._take(self._messages.fileno())):
                break
            self._remember(data)
        if not self._ends_within(PATIENCE):
            return self._error("has closed its output")
        self._signal(signal.SIGKILL)  # what it has started
        status = self._process.wait()
        how = f"with status {status}" if status >= 0 else f"by signal {-status}"
        return self._error(f"has ended {how}")

    def _error(self, what: str) -> DetectorError:
        lines = self._said.decode("utf-8", "replace").strip().splitlines()
        said = f"; it said: {lines[-1].strip():.300}" if lines else ""
        return DetectorError(
            f"the detector's program {what}{said}. Remedy: let it print one line of JSON for each "
            "line that it reads"
        )

    def _ends_within(self, seconds: float) -> bool:
        """Whether it ends in this time."""
        end = time.monotonic() + seconds
        while not self._has_ended():
            if time.monotonic() > end:
                return False
            time.sleep(0.01)
        return True

    def _has_ended(self) -> bool:
        """Where the system can tell, it isn't reaped, so that its group's number stays its own."""
        if not hasattr(os, "waitid"):  # macOS, before Python 3.13
            return self._process.poll() is not None
        options = os.WEXITED | os.WNOHANG | os.WNOWAIT
        try:
            return os.waitid(os.P_PID, self._process.pid, options) is not None
        except ChildProcessError:  # reaped by the system, where SIGCHLD is ignored
            return True

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, number)
