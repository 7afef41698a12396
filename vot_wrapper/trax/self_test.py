"""A self-test: one frame through a tracker process that is started as the toolkit starts it."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

SECONDS = 300  # within which the process has to answer


def first_frame() -> tuple[bool, str]:
    """Whether the process answers the first frame of an object, and the result or the reason in
    words."""
    import trax
    from trax.client import Client

    output: list[str] = []
    with tempfile.TemporaryDirectory() as folder, _tracker_process(folder) as streams:
        frame = {"color": trax.FileImage.create(_picture(Path(folder)))}
        region = trax.Rectangle.create(50, 40, 60, 50)
        client = None
        try:
            client = Client(stream=streams, log=output.append)
            answers, seconds = client.initialize(frame, [(region, {})], {})
            what = f"{len(answers)} object in its first frame"
            return True, f"{client.tracker_description}: answered {what}, in {seconds:.2f} s"
        except trax.TraxException as error:
            log = [line for line in "".join(output).splitlines() if not line.startswith("@@TRAX")]
            return False, "\n".join([str(error), *log])
        finally:
            if client is not None:
                client.quit()


@contextlib.contextmanager
def _tracker_process(folder: str) -> Iterator[tuple[int, int]]:
    """A running tracker process: the descriptors to write to and to read from."""
    process = subprocess.Popen(
        [sys.executable, "-m", "vot_wrapper"],
        cwd=folder,
        env={**os.environ, "TRAX": "1"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        bufsize=0,
    )
    assert process.stdin is not None and process.stdout is not None
    watchdog = threading.Timer(SECONDS, process.kill)
    watchdog.start()
    try:
        yield process.stdin.fileno(), process.stdout.fileno()
    finally:
        process.stdin.close()
        process.stdout.close()
        process.wait()
        watchdog.cancel()


def _picture(folder: Path) -> str:
    """An image file with one bright object in it."""
    import numpy as np
    from PIL import Image

    picture = np.full((120, 160, 3), 60, np.uint8)
    picture[40:90, 50:110] = (230, 180, 40)
    path = folder / "frame.png"
    Image.fromarray(picture).save(path)
    return str(path)
