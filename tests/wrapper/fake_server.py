"""A tracker process with a tracker that needs no network: `python fake_server.py [BEHAVIOR ...]`.

Everything but the tracker is the real thing. The fake's answers say what it was given: each object
is answered with its first mask moved right by one pixel per frame, and the confidence is the mean
of the frame over 255, so a client can tell whether the right picture arrived.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from samurai.errors import SessionError
from samurai.regions import Answer, Box, Points
from samurai.video.images import Frame
from vot_wrapper.settings import Settings
from vot_wrapper.trax.process import run
from vot_wrapper.trax.server import Prompt

MEGABYTE = 1 << 20
REAL_ERROR = os.dup(2)


class FakeTracker:
    def __init__(self, behavior: set[str]) -> None:
        self.behavior = behavior

    def session(self) -> FakeSession:
        return FakeSession(self.behavior)


class FakeSession:
    def __init__(self, behavior: set[str]) -> None:
        self.behavior = behavior
        self.objects: list[tuple[int, NDArray[np.bool_]]] = []
        self.time = -1

    def start(self, frame: Frame, objects: Sequence[Prompt]) -> list[Answer]:
        self.objects = []
        self.time = -1
        return self.advance(frame, objects)

    def step(self, frame: Frame, new_objects: Sequence[Prompt]) -> list[Answer]:
        if self.time < 0:
            raise SessionError("step needs a video: call start first")
        return self.advance(frame, new_objects)

    def advance(self, frame: Frame, new_objects: Sequence[Prompt]) -> list[Answer]:
        self.time += 1
        if "noise" in self.behavior:
            make_noise()
        if "stuck" in self.behavior:
            stuck()
        for slow in (word for word in self.behavior if word.startswith("slow:")):
            os.write(int(slow.removeprefix("slow:")), b"%d" % self.time)
            time.sleep(1)
        if "broken" in self.behavior and self.time == 2:
            raise RuntimeError('the model\nfailed with "quotes", \\ and an é')
        if "exit" in self.behavior and self.time == 2:
            sys.exit("a library calls exit")
        size = (frame.shape[0], frame.shape[1])
        for region in new_objects:
            assert not isinstance(region, Points)
            mask = region.filled(size).array if isinstance(region, Box) else region.array
            self.objects.append((self.time, mask))
        if "forgetful" in self.behavior and self.time == 2:
            self.objects.pop()
        return [self.answer(number, frame) for number in range(len(self.objects))]

    def answer(self, number: int, frame: Frame) -> Answer:
        born, first = self.objects[number]
        mask = np.zeros_like(first)
        shift = min(self.time - born, first.shape[1])
        mask[:, shift:] = first[:, : first.shape[1] - shift]
        if "noisy-mask" in self.behavior:
            mask = np.random.default_rng(0).random(mask.shape) < 0.5
        confidence = float(frame.mean()) / 255
        if "nan" in self.behavior and self.time == 2:
            confidence = float("nan")
        box = Box.of_mask(mask)
        return Answer(number, mask, box, confidence, box is None)

    def update_memory_async(self) -> None:
        if "unsettled" in self.behavior and self.time == 2:
            raise RuntimeError("the memory is full")


def stuck() -> None:
    """Tell the client, and compute for an hour in a call that no signal interrupts."""
    os.write(REAL_ERROR, b"stuck\n")
    hashlib.pbkdf2_hmac("sha256", b"", b"", (1 << 31) - 1)


def make_noise() -> None:
    """Everything that has ever found its way into a tracker's TraX pipe, without line ends."""
    libc = ctypes.CDLL(None)
    print("print without an end", end="")
    print("to stderr", end="", file=sys.stderr)
    print("to the original", end="", file=sys.__stdout__, flush=True)
    for _ in tqdm(range(3), desc="bar"):
        pass
    libc.printf(b"printf without an end")
    libc.puts(b"puts")
    libc.fflush(None)
    for descriptor in (1, 2):
        libc.write(descriptor, b"write without an end", 20)
        os.write(descriptor, b"@@TRAX:quit ")
    subprocess.run([sys.executable, "-c", "print('a child', end='', flush=True)"], check=True)
    assert sys.stdin.read() == "", "standard input must be empty for everybody but TraX"


def chatter() -> None:
    while True:
        os.write(1, b"chatter ")
        os.write(2, b"chatter ")
        time.sleep(0.0005)


def load(settings: Settings) -> FakeTracker:
    behavior = set(sys.argv[1:])
    if "noise" in behavior:
        make_noise()
        threading.Thread(target=chatter, daemon=True).start()
    if "unloadable" in behavior:
        raise RuntimeError("the weights are damaged")
    return FakeTracker(behavior)


if __name__ == "__main__":
    sys.exit(run(load))
