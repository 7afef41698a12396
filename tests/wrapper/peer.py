"""A tracker process with the client that talks to it, for the tests of the wrapper."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

import numpy as np
import pytest
import trax
from numpy.typing import NDArray
from trax.client import Client

FAKE_SERVER = Path(__file__).with_name("fake_server.py")
SECONDS = 120

BoolArray = NDArray[np.bool_]
Region = Any  # a region of trax, which has no types
Answer = tuple[Region, dict[str, str]]


class Peer:
    """A tracker process and the client that talks to it; killed when it takes too long."""

    def __init__(
        self, arguments: Sequence[str], cwd: Path, env: Mapping[str, str] | None = None
    ) -> None:
        clean = {name: value for name, value in os.environ.items() if "SAMURAI" not in name}
        self.output: list[str] = []
        self.process = subprocess.Popen(
            [sys.executable, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            bufsize=0,
            cwd=cwd,
            env={**clean, "TRAX": "1", "OMP_NUM_THREADS": "1", **(env or {})},
        )
        self.watchdog = threading.Timer(SECONDS, self.process.kill)
        self.watchdog.start()
        streams = (self.stdin.fileno(), self.stdout.fileno())
        self.client = Client(stream=streams, log=self.output.append)

    @property
    def stdin(self) -> IO[bytes]:
        assert self.process.stdin is not None
        return self.process.stdin

    @property
    def stdout(self) -> IO[bytes]:
        assert self.process.stdout is not None
        return self.process.stdout

    def initialize(self, image: Path, *regions: Region) -> list[Answer]:
        answers: list[Answer] = self.client.initialize(color(image), introduced(regions), {})[0]
        return answers

    def frame(self, image: Path, *regions: Region) -> list[Answer]:
        answers: list[Answer] = self.client.frame(color(image), {}, introduced(regions))[0]
        return answers

    def exit_code(self) -> int:
        """End the conversation, if the server hasn't; returns the process's exit code."""
        # A client that is dropped without quit says it later, to descriptors that are others' then.
        self.client.quit()
        self.stdin.close()
        code = self.process.wait(SECONDS)
        self.stdout.close()
        self.watchdog.cancel()
        return code

    def wait_until_idle(self) -> None:
        """Until all threads of the process sleep: what it would do by itself, it has done."""
        tasks = Path(f"/proc/{self.process.pid}/task")
        if not tasks.exists():
            pytest.skip("the states of threads are read from /proc")
        deadline = time.monotonic() + SECONDS
        while {state(task) for task in tasks.iterdir()} - {"S"}:
            assert time.monotonic() < deadline, "the process never rests"
            time.sleep(0.001)

    def stray_lines(self) -> list[str]:
        """What came through the pipe and is no TraX message."""
        lines = "".join(self.output).splitlines()
        return [line for line in lines if line and not line.startswith("@@TRAX:")]

    def end(self) -> None:
        self.process.kill()
        self.exit_code()


Connect = Callable[..., Peer]


def state(task: Path) -> str:
    """A thread's state, the letter after its name in parentheses; S for one that is gone."""
    try:
        return (task / "stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return "S"


def color(image: Path) -> dict[str, Any]:
    return {"color": trax.FileImage.create(str(image))}


def introduced(regions: Sequence[Region]) -> list[tuple[Region, dict[str, str]]]:
    return [(region, {}) for region in regions]


def rectangle(*values: float) -> Region:
    return trax.Rectangle.create(*values)


def mask(array: Any, x: int = 0, y: int = 0) -> Region:
    return trax.Mask.create(np.asarray(array, np.uint8), x, y)


def pasted(region: Region, shape: tuple[int, int]) -> BoolArray:
    """The pixels (H, W) of a mask region in a frame of that shape."""
    canvas = np.zeros(shape, np.bool_)
    array, (x, y) = region.array(), region.offset()
    canvas[y : y + array.shape[0], x : x + array.shape[1]] = array
    return canvas
