from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
import trax
from PIL import Image
from trax.client import Client

HERE = Path(__file__).parent
SECONDS = 60


class Peer:
    """A tracker process and the client that talks to it; killed when it takes too long."""

    def __init__(self, arguments, cwd, env=None):
        clean = {name: value for name, value in os.environ.items() if "SAMURAI" not in name}
        self.output = []
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
        streams = (self.process.stdin.fileno(), self.process.stdout.fileno())
        self.client = Client(stream=streams, log=self.output.append)

    def initialize(self, image, *regions):
        objects = [(region, {}) for region in regions]
        return self.client.initialize(color(image), objects, {})[0]

    def frame(self, image, *regions):
        objects = [(region, {}) for region in regions]
        return self.client.frame(color(image), {}, objects)[0]

    def exit_code(self):
        """End the conversation, if the server hasn't; returns the process's exit code."""
        # A client that is dropped without quit says it later, to descriptors that are others' then.
        self.client.quit()
        self.process.stdin.close()
        code = self.process.wait(SECONDS)
        self.process.stdout.close()
        self.watchdog.cancel()
        return code

    def wait_until_idle(self):
        """Until all threads of the process sleep: what it would do by itself, it has done."""
        tasks = Path(f"/proc/{self.process.pid}/task")
        if not tasks.exists():
            pytest.skip("the states of threads are read from /proc")
        deadline = time.monotonic() + SECONDS
        while {state(task) for task in tasks.iterdir()} - {"S"}:
            assert time.monotonic() < deadline, "the process never rests"
            time.sleep(0.001)

    def stray_lines(self):
        """What came through the pipe and is no TraX message."""
        lines = "".join(self.output).splitlines()
        return [line for line in lines if line and not line.startswith("@@TRAX:")]

    def end(self):
        self.process.kill()
        self.exit_code()


def state(task):
    """A thread's state, the letter after its name in parentheses; S for one that is gone."""
    try:
        return (task / "stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return "S"


def color(image):
    return {"color": trax.FileImage.create(str(image))}


@pytest.fixture
def connect(tmp_path):
    """connect(*behavior, env=...) starts the fake tracker's process and says hello."""
    peers = []

    def start(*behavior, env=None, real=False):
        program = ["-m", "vot_wrapper"] if real else [str(HERE / "fake_server.py"), *behavior]
        peer = Peer(program, tmp_path, env)
        peers.append(peer)
        return peer

    yield start
    for peer in peers:
        peer.end()


@pytest.fixture(scope="module")
def peer(tmp_path_factory):
    """One fake tracker process that all well-behaved tests of a module share."""
    shared = Peer([str(HERE / "fake_server.py")], tmp_path_factory.mktemp("cwd"))
    yield shared
    shared.end()


@pytest.fixture
def images(tmp_path):
    """Five frames of 60x40 pixels; every pixel of frame i is 40 * i + 10."""
    paths = []
    for index in range(5):
        path = tmp_path / f"{index + 1:08d}.png"
        Image.fromarray(np.full((40, 60, 3), 40 * index + 10, np.uint8)).save(path)
        paths.append(path)
    return paths
