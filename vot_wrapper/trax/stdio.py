"""Keeps every stray byte away from the TraX pipe.

TraX messages are lines on standard output, and the VOT toolkit merges standard error into the same
pipe. One unfinished line from anywhere, a progress bar or a `printf` in a C library, hides the next
message and hangs the run; one byte outside ASCII ends it. So the three standard descriptors are
redirected at the start of the process, before anything heavy is imported: TraX gets private copies,
    everything else goes to a log file.
"""

from __future__ import annotations

import contextlib
import faulthandler
import io
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vot_wrapper.trax.wire import Wire

# A report may be written without a reader; it must fit into a pipe (64 KiB on Linux, 16 KiB
# on some systems) with room for the quit message behind it.
REPORT_BYTES = 12_000

_INPUT, _OUTPUT, _ERROR = 0, 1, 2


class IsolatedStdio:
    """Standard input, output and error of this process, redirected for good.

    Python's print, warnings, tqdm, C code that writes to descriptor 1 or 2, and child processes all
    end in the log; standard input reads as empty. This is never undone, because libraries also
    print while the interpreter shuts down.

    Attributes:
        interactive: whether standard input is a terminal.
        output: descriptor of the real standard output, which is for TraX alone.
    """

    def __init__(self) -> None:
        self.interactive = os.isatty(_INPUT)
        self._input, self.output, self._error = (os.dup(n) for n in (_INPUT, _OUTPUT, _ERROR))
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, _INPUT)
        os.close(nothing)
        self._log_start = 0
        with tempfile.TemporaryFile(prefix="samurai-") as file:
            self._redirect(file.fileno())
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(line_buffering=True, errors="backslashreplace")
        # A crash in native code leaves no other trace; its report is made of whole lines.
        faulthandler.enable(file=self._error)

    def log_to(self, path: Path) -> None:
        """Move the log to the end of a file (made when missing), with what was logged so far.

        Raises:
            OSError: the file can't be opened for writing.
        """
        start = path.stat().st_size if path.exists() else 0
        with path.open("a+b") as file:
            file.write(self._logged(limit=10 * REPORT_BYTES))
            file.flush()
            self._log_start = start
            self._redirect(file.fileno())

    @contextlib.contextmanager
    def trax_environment(self) -> Iterator[Wire | None]:
        """While a `trax.Server` is created: make libtrax use the private output, and read from the
        yielded wire, which checks every message.

        A client that named its own socket or descriptors (`TRAX_SOCKET`, `TRAX_IN`, `TRAX_OUT`) is
        left alone; then there is no wire. The variables are removed again, so that no child process
        inherits them.
        """
        from vot_wrapper.trax.wire import Wire

        chosen: dict[str, str] = {}
        wire = None
        if "TRAX_SOCKET" not in os.environ:
            if "TRAX_OUT" not in os.environ:
                chosen["TRAX_OUT"] = str(self.output)
            if "TRAX_IN" not in os.environ:
                wire = Wire(self._input)
                chosen["TRAX_IN"] = str(wire.outlet)
        os.environ.update(chosen)
        try:
            yield wire
        finally:
            for name in chosen:
                del os.environ[name]

    def report(self) -> None:
        """Write the end of the log to the real standard error, as whole lines.

        There the toolkit finds it and keeps it with its own log. Call it only while no TraX
        message is under way.
        """
        text = self._logged(limit=REPORT_BYTES).decode(errors="backslashreplace")
        lines = text.replace("\r", "\n").splitlines()
        # A logged line must never look like a message.
        lines = [f" {line}" if line.startswith("@@TRAX:") else line for line in lines if line]
        self.write_stderr("\n".join(lines))

    def write_stderr(self, text: str) -> None:
        """Write text and a line end to the real standard error; nothing happens if it is closed.

        As ASCII, because libtrax takes any other byte for the end of the stream.
        """
        data = text.encode("ascii", errors="backslashreplace") + b"\n"
        with contextlib.suppress(OSError):
            while data:
                data = data[os.write(self._error, data) :]

    @staticmethod
    def _redirect(log: int) -> None:
        """Point standard output and error at an open file."""
        os.dup2(log, _OUTPUT)
        os.dup2(log, _ERROR)

    def _logged(self, limit: int) -> bytes:
        """The last bytes that this process logged; the position of the writers stays as it is."""
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()
        # A log that can't be read back (for example a pipe) is not an error.
        with contextlib.suppress(OSError):
            size = os.fstat(_ERROR).st_size
            start = max(self._log_start, size - limit)
            return os.pread(_ERROR, size - start, start)
        return b""
