"""Ends the process when its client disconnects or a signal arrives, also during a computation.

The server notices both while it waits for a request. It can't while the network computes, weights
load, or a reply waits for a client that doesn't read: so a thread watches the pipe and the signals,
and ends the process when the server hasn't done so in time.
"""

from __future__ import annotations

import logging
import os
import select
import signal
import threading
from types import FrameType

log = logging.getLogger(__name__)

GRACE_SECONDS = 3.0
"""Seconds that the server has to end by itself, with a reason for the client."""

NUDGE_SECONDS = 0.2
"""How long a signal's handler may take to run before the main thread is nudged: a signal that
arrives just before a blocking call doesn't interrupt that call."""

SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class Stopped(BaseException):
    """A signal asks this process to end. No Exception, so that no library takes it for its own.

    Attributes:
        signal_number: of the signal.
    """

    def __init__(self, signal_number: int) -> None:
        super().__init__(f"stopped by {signal.Signals(signal_number).name}")
        self.signal_number = signal_number


class Watch:
    """The watching thread, from `start` to `stop`.

    Args:
        output: descriptor of the pipe or socket to the client. For others (a file) a disconnection
            can't be detected, so only signals are watched.
    """

    def __init__(self, output: int) -> None:
        self._output = output
        self._wakeup, self._alarm = os.pipe()
        for end in (self._wakeup, self._alarm):
            os.set_blocking(end, False)
        self._ended = threading.Event()
        self._told = threading.Event()  # the main thread, of a signal

    def start(self) -> None:
        """Watch from now on; signals raise `Stopped` in the main thread, the second one kills."""
        if threading.current_thread() is threading.main_thread():
            signal.set_wakeup_fd(self._alarm, warn_on_full_buffer=False)
            for number in SIGNALS:
                if signal.getsignal(number) is not signal.SIG_IGN:  # nohup
                    signal.signal(number, self._stop)
            signal.signal(signal.SIGURG, lambda number, frame: None)  # interrupts, nothing else
        threading.Thread(target=self._run, name="watch", daemon=True).start()

    def stop(self) -> None:
        """The process ends by itself."""
        self._ended.set()

    def _run(self) -> None:
        poll = select.poll()
        poll.register(self._wakeup, select.POLLIN)
        poll.register(self._output, 0)  # errors and hang-ups are always reported
        for descriptor, _ in poll.poll():
            why, code = "the client is gone", 1
            if descriptor == self._wakeup:
                received = os.read(self._wakeup, 1)[0]
                why, code = str(Stopped(received)), 128 + received
                if not self._told.wait(NUDGE_SECONDS):
                    signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGURG)
            if not self._ended.wait(GRACE_SECONDS):
                log.error("%s, and the process is busy: it ends at once", why)
                os._exit(code)
            return

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self._told.set()
        for each in SIGNALS:
            signal.signal(each, signal.SIG_DFL)
        raise Stopped(number)
