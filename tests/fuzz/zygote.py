"""Tracker processes by the hundred: `python zygote.py SOCKET` forks one for each request.

A tracker process imports for a second; a fork of one that has imported takes milliseconds. What
runs in the fork is `vot_wrapper.trax.process.run` as ever; only the tracker is a small one that
answers by the book: the confidence says which object of which frame it is, and some pictures (by
their first pixel) make it misbehave.
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import socket
import sys
from collections.abc import Sequence

import numpy as np

from samurai.errors import SessionError
from samurai.regions import Answer, Box
from samurai.video.images import Frame
from vot_wrapper.trax import process
from vot_wrapper.trax.server import Prompt

BUSY, BROKEN, NOT_A_NUMBER, FORGETFUL, NOISY = ((red, 250, 3) for red in (201, 202, 203, 204, 205))


class BookTracker:
    """Makes sessions, as `samurai.Tracker` does."""

    def session(self) -> BookSession:
        return BookSession()


class BookSession:
    def __init__(self) -> None:
        self.regions: list[Prompt] = []
        self.time = -1

    def start(self, frame: Frame, objects: Sequence[Prompt]) -> list[Answer]:
        self.regions, self.time = [], -1
        return self.advance(frame, objects)

    def step(self, frame: Frame, new_objects: Sequence[Prompt]) -> list[Answer]:
        if self.time < 0:
            raise SessionError("step needs a video: call start first")
        return self.advance(frame, new_objects)

    def advance(self, frame: Frame, new_objects: Sequence[Prompt]) -> list[Answer]:
        self.time += 1
        self.regions.extend(new_objects)
        pixel = tuple(int(value) for value in frame[0, 0])
        if pixel == BUSY:  # in native code, which no signal interrupts
            hashlib.pbkdf2_hmac("sha256", b"busy", b"salt", 1 << 28)
        if pixel == BROKEN:
            raise RuntimeError('broken\n@@TRAX:state "1,2,3,4"\nwith "quotes" \\ and é \0 \x1b')
        if pixel == NOISY:
            print("@@TRAX:sta", end="", flush=True)
            os.write(2, b"noise\n@@TRAX:state \n")
        count = len(self.regions) - (pixel == FORGETFUL)
        return [self.answer(n, (frame.shape[0], frame.shape[1]), pixel) for n in range(count)]

    def answer(self, number: int, size: tuple[int, int], pixel: tuple[int, ...]) -> Answer:
        mask = np.zeros(size, bool)
        absent = (number + self.time) % 5 == 4
        if not absent:
            mask[: 1 + number % size[0], : 1 + self.time % size[1]] = True
        confidence = number + self.time / 1000
        if pixel == NOT_A_NUMBER:
            confidence = float("nan")
        return Answer(number, mask, Box.of_mask(mask), confidence, absent)

    def update_memory_async(self) -> None:
        pass


def serve(connection: socket.socket) -> None:
    """For each line with three descriptors fork a tracker process; tell its pid, then its end."""
    while True:
        data, descriptors, _, _ = socket.recv_fds(connection, 4096, 3)
        if not data:
            return
        pid = os.fork()
        if pid == 0:
            connection.close()
            become(descriptors, json.loads(data))
        for descriptor in descriptors:
            os.close(descriptor)
        connection.sendall(json.dumps({"pid": pid}).encode() + b"\n")
        _, status = os.waitpid(pid, 0)
        connection.sendall(json.dumps({"code": os.waitstatus_to_exitcode(status)}).encode() + b"\n")


def become(descriptors: Sequence[int], environment: dict[str, str]) -> None:
    code = 70
    try:
        for target, descriptor in enumerate(descriptors):
            os.dup2(descriptor, target)
            os.close(descriptor)
        real = environment.pop("REAL", None)
        os.environ.update(environment)
        code = process.run(None if real else lambda settings: BookTracker())
    finally:
        os._exit(code)


if __name__ == "__main__":
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):  # whoever started this, how ever
        signal.signal(number, signal.SIG_DFL)
    channel = socket.socket(fileno=int(sys.argv[1]))
    import cv2  # noqa: F401
    import PIL.Image  # noqa: F401
    import trax  # noqa: F401

    serve(channel)
