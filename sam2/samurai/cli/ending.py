"""How every program of the project ends: its exit status, and one line for what went wrong."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable

from samurai.runtime.whole_files import is_full

DONE = 0
FAILED = 1
"""The command line is right, and something failed: a sequence, a check, the disk, the network."""
UNUSABLE = 2
"""The command line, or what it names, can't be used."""
INTERRUPTED = 128 + signal.SIGINT
TERMINATED = 128 + signal.SIGTERM
UNREAD = 128 + signal.SIGPIPE
"""Nobody reads the output any more, as after `| head`."""


def status_of(work: Callable[[], int | None], name: str) -> int:
    """Do the work of a program; returns its exit status, one of those above.

    Errors that explain themselves become one line on standard error; others keep their traceback.

    Args:
        work: returns a status; None is `DONE`.
        name: of the program, in front of the line.
    """
    try:
        try:
            return int(work() or DONE)
        finally:
            sys.stdout.flush()  # also after --help, which leaves by SystemExit
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # `| head` has what it wanted
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # Python flushes at exit
        return UNREAD
    except Exception as error:
        explained = _explained(error)
        if explained is None:
            raise
        status, text = explained
        print(f"{name}: {text}", file=sys.stderr)
        return status


def _explained(error: Exception) -> tuple[int, str] | None:
    """The status and the line of an error; None for one that needs its traceback."""
    if isinstance(error, OSError):
        if is_full(error):
            return FAILED, f"{error.filename or 'a file'}: the disk is full. Remedy: free space"
        if error.filename is None:
            return None
        remedy = "correct the path, or allow access to it"
        return FAILED, f"{error.filename}: {error.strerror}. Remedy: {remedy}"
    if isinstance(error, ImportError):
        # `import samurai` itself raises its DependencyError where sam2 is missing.
        return (UNUSABLE, str(error)) if type(error).__name__ == "DependencyError" else None
    from samurai.errors import DeviceError, SamuraiError, StorageError

    if not isinstance(error, SamuraiError):
        return None
    return FAILED if isinstance(error, DeviceError | StorageError) else UNUSABLE, str(error)
