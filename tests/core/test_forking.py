"""A forked child tracks on with what its parent prepared, or says at once that it can't."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from oracles.runs import Frames

from samurai import Box, Tracker
from samurai.errors import DeviceError
from samurai.runtime import threads as background
from samurai.runtime.forking import PreparedProcess

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="fork is for Linux")
BOX = Box(30, 33, 32, 27)


def in_child(task: Callable[[], None], seconds: int = 60) -> int:
    """Exit code of a forked child that runs a task; -SIGALRM where it hung."""
    child = os.fork()
    if child == 0:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(seconds)
        try:
            task()
            os._exit(0)
        except BaseException:
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def masks(session: Any, frames: Frames) -> list[NDArray[np.bool_]]:
    found = [session.start(frames[0], [BOX])[0].mask]
    for frame in frames[1:]:
        session.update_memory_async()
        found.append(session.step(frame)[0].mask)
    session.update_memory_async()
    return found


@pytest.fixture
def _second_core(monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory writes go to the background, as on a machine with a core to spare."""
    monkeypatch.setattr(background, "usable_cores", lambda: 1 + torch.get_num_threads())


@pytest.mark.usefixtures("_second_core")
def test_a_tracker_that_was_used_tracks_in_a_child(
    make_tracker: Callable[..., Tracker], video: Frames
) -> None:
    tracker = make_tracker("samurai")
    tracker.warm_up()
    expected = masks(tracker.session(), video[:5])

    def child() -> None:
        found = masks(tracker.session(), video[:5])
        assert all(map(np.array_equal, found, expected))

    assert in_child(child) == 0
    assert all(map(np.array_equal, masks(tracker.session(), video[:5]), expected))


@pytest.mark.usefixtures("_second_core")
def test_a_session_goes_on_in_both_processes(
    make_tracker: Callable[..., Tracker], video: Frames
) -> None:
    """Also when a memory write was under way in the background."""
    tracker = make_tracker("samurai")
    expected = masks(tracker.session(), video[:6])
    session = tracker.session()
    masks(session, video[:4])  # its last write is under way

    def go_on() -> None:
        found = []
        for frame in video[4:6]:
            found.append(session.step(frame)[0].mask)
            session.update_memory_async()
        assert all(map(np.array_equal, found, expected[4:]))

    assert in_child(go_on) == 0
    go_on()


def test_layers_that_were_shared_out_to_threads_do_not_hang(
    make_tracker: Callable[..., Tracker], video: Frames
) -> None:
    tracker = make_tracker()
    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        torch.nn.functional.conv2d(torch.rand(8, 64, 64, 64), torch.rand(64, 64, 3, 3))

        def child() -> None:
            masks(tracker.session(), video[:3])
            assert torch.get_num_threads() == 1

        assert in_child(child) == 0
    finally:
        torch.set_num_threads(threads)


@pytest.mark.filterwarnings(
    "ignore::DeprecationWarning"
)  # of newer Pythons, about fork and threads
@pytest.mark.usefixtures("_second_core")
def test_a_process_of_multiprocessing_ends(
    make_tracker: Callable[..., Tracker], video: Frames
) -> None:
    """It runs exit handlers, among them those that wait for the threads of executors."""
    tracker = make_tracker("samurai")
    masks(tracker.session(), video[:3])
    context = multiprocessing.get_context("fork")
    process = context.Process(target=lambda: masks(tracker.session(), video[:3]) and None)
    process.start()
    process.join(60)
    code, hung = process.exitcode, process.is_alive()
    process.kill()
    assert not hung and code == 0


def test_a_device_that_no_fork_can_use_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for device in ("cuda", "mps"):
        process = PreparedProcess(torch.device(device))
        process.check()
        with monkeypatch.context() as patched:
            patched.setattr(os, "getpid", lambda: -1)
            with pytest.raises(DeviceError, match="spawn"):
                process.check()
