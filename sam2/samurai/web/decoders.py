"""The process from which decoders are forked: it has everything imported, and no threads.

It is started once, by `python -m samurai.web.decoders`, with few environment variables, and ends
when this process does. A decoder is there in milliseconds then.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
from multiprocessing.connection import Connection

from samurai.errors import SourceError

NEW = b"new"
"""Asks for a decoder; a socket comes with it."""

_KEPT = ("PATH", "PYTHONPATH", "PYTHONHOME", "LD_LIBRARY_PATH", "LANG", "LC_ALL", "VIRTUAL_ENV")
_lock = threading.Lock()
_server: tuple[int, socket.socket, subprocess.Popen[bytes]] | None = None


class Forked:
    """A decoder's process.

    Attributes:
        pipe: to it.
    """

    def __init__(self, pipe: Connection, number: int) -> None:
        self.pipe, self._number = pipe, number
        self._handle: int | None = None
        with contextlib.suppress(AttributeError, OSError):  # not Linux, or it has ended
            self._handle = os.pidfd_open(number)

    def kill(self) -> None:
        """End it at once, and free the pipe; twice is allowed."""
        handle, self._handle = self._handle, None
        with contextlib.suppress(OSError):
            if handle is not None:
                signal.pidfd_send_signal(handle, signal.SIGKILL)
                os.close(handle)
        with contextlib.suppress(OSError), socket.socket(fileno=os.dup(self.pipe.fileno())) as own:
            own.shutdown(socket.SHUT_RDWR)  # wakes a thread that waits, ends one without a handle

    def close(self) -> None:
        """Free the pipe; no thread may use it any more."""
        self.kill()
        self.pipe.close()


def fork_decoder() -> Forked:
    """A new process that runs `samurai.web.decoder.serve`.

    Raises:
        SourceError: no process can be started.
    """
    ours, theirs = socket.socketpair()
    with theirs:
        pipe = Connection(ours.detach())
        try:
            with _lock:
                socket.send_fds(_socket(), [NEW], [theirs.fileno()])
            number = int.from_bytes(pipe.recv_bytes(8), "little")
        except (OSError, EOFError) as error:
            pipe.close()
            raise SourceError(
                f"no decoder can be started ({error}); free memory, then try again"
            ) from error
    return Forked(pipe, number)


def _socket() -> socket.socket:
    """To the process that forks; it is started again if it has ended."""
    global _server
    if _server is not None and _server[0] == os.getpid():
        with contextlib.suppress(BlockingIOError):
            if _server[1].recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b"":
                _server[1].close()
                _server = None
    if _server is None or _server[0] != os.getpid():
        ours, theirs = socket.socketpair(type=socket.SOCK_SEQPACKET)
        environment = {name: os.environ[name] for name in _KEPT if name in os.environ}
        with theirs:
            process = subprocess.Popen(
                [sys.executable, "-m", "samurai.web.decoders"],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                env=environment,
                start_new_session=True,  # so that Ctrl-C is this process's alone
            )
        _server = os.getpid(), ours, process
    return _server[1]


def main() -> None:
    """Fork a decoder for each socket that comes, until the server ends."""
    from samurai.video.sources.library import video_library
    from samurai.web import decoder

    with contextlib.suppress(Exception):  # a decoder will say that it is missing
        video_library()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the system forgets them when they end
    asked = socket.socket(fileno=os.dup(0))
    while True:
        message, sockets, _, _ = socket.recv_fds(asked, len(NEW), 1)
        if not message:
            return
        with contextlib.suppress(OSError):  # no memory: the other side sees the socket close
            if os.fork() == 0:
                asked.close()
                os.close(0)
                _serve(decoder.serve, sockets[0])
        for each in sockets:
            os.close(each)


def _serve(serve: object, number: int) -> None:
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        pipe = Connection(number)
        pipe.send_bytes(os.getpid().to_bytes(8, "little"))
        assert callable(serve)
        serve(pipe)
    finally:
        os._exit(0)


if __name__ == "__main__":
    main()
