"""The process ends with its client and on a signal: at once if it waits, soon if it computes."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import trax
from PIL import Image
from wrapper.peer import Connect, Peer, rectangle

ROOT = Path(__file__).resolve().parents[2]
SQUARE = rectangle(1, 1, 4, 4)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_process_with_a_reason(
    connect: Connect, images: list[Path], number: signal.Signals
) -> None:
    if signal.getsignal(number) is signal.SIG_IGN:
        pytest.skip("started by nohup, which the process respects")
    peer = connect()
    peer.initialize(images[0], SQUARE)
    peer.process.send_signal(number)
    with pytest.raises(trax.TraxException, match=f"stopped by {number.name}"):
        peer.frame(images[1])
    assert peer.exit_code() == 128 + number
    assert not any(line.startswith("Traceback") for line in peer.stray_lines())


def stuck(connect: Connect, images: list[Path]) -> Peer:
    """A process in a call into C that takes an hour."""
    peer = connect("stuck")
    peer.stdin.write(b'@@TRAX:initialize "1,1,4,4" \n@@TRAX:frame "file://')
    peer.stdin.write(str(images[0]).encode() + b'" \n')
    assert peer.stdout.readline().endswith(b"stuck\n")
    return peer


def test_a_signal_during_native_work_ends_the_process_too(
    connect: Connect, images: list[Path]
) -> None:
    """Python's handlers wait for the end of a call into C."""
    peer = stuck(connect, images)
    peer.process.send_signal(signal.SIGTERM)
    assert peer.process.wait(30) == 128 + signal.SIGTERM


def test_a_client_that_is_gone_ends_native_work(connect: Connect, images: list[Path]) -> None:
    peer = stuck(connect, images)
    peer.stdout.close()
    assert peer.process.wait(30) == 1


def test_a_client_that_closes_its_end_is_told_and_left(connect: Connect) -> None:
    """libtrax alone loops for ever where the stream ends within a request."""
    peer = connect()
    peer.stdin.write(b"@@TRAX:fra")
    peer.stdin.close()
    last = peer.stdout.read().splitlines()[-1]
    assert last.startswith(b'@@TRAX:quit "trax.reason=ClientError: ')
    assert peer.process.wait(30) == 1


def test_a_warning_about_images_is_logged_once_for_each_video(
    connect: Connect, tmp_path: Path
) -> None:
    path, log = tmp_path / "twelve.png", tmp_path / "log.txt"
    Image.fromarray(np.full((40, 60), 4000, np.uint16)).save(path)
    peer = connect(env={"SAMURAI_LOG": str(log)})
    for _ in range(2):
        peer.initialize(path, SQUARE)
        peer.frame(path)
        peer.frame(path)
    assert peer.exit_code() == 0
    assert log.read_text().count("12-bit") == 2


def test_a_signal_just_before_a_blocking_call_is_heard_too() -> None:
    """The handler's turn has passed then, and nothing interrupts the call: here it is blocked."""
    program = """
import os, signal, sys, threading
from vot_wrapper.trax.watchdog import Stopped, Watch
watch = Watch(os.open(os.devnull, os.O_WRONLY))
watch.start()
reading = threading.Event()
# The other thread takes the signal: the main thread's call isn't interrupted.
threading.Thread(
    target=lambda: (reading.wait(), signal.pthread_kill(threading.get_ident(), signal.SIGTERM))
).start()
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
reading.set()
try:
    os.read(os.pipe()[0], 1)
except Stopped as stopped:
    print(stopped)
"""
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, cwd=ROOT
    )
    assert result.stdout == "stopped by SIGTERM\n", result.stderr
