"""A self-test of the library: one frame through a tracker, in a process of its own.

A network that crashes, or a device that hangs, ends that process, not the report.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time

from samurai.errors import SamuraiError

SECONDS = 300  # within which it has to answer


def first_frame() -> tuple[bool, str]:
    """Whether a tracker answers the first frame of an object, and the result or the reason in
    words.

    Raises:
        subprocess.TimeoutExpired: there was no answer in time.
    """
    with tempfile.TemporaryDirectory() as folder:  # the current one may hold anything
        done = subprocess.run(
            [sys.executable, "-m", __name__],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=SECONDS,
        )
    said = (done.stderr if done.returncode else done.stdout).strip().splitlines()
    ended = f"its process ended with {done.returncode}"
    return done.returncode == 0, said[-1] if said else ended


def main() -> int:
    """Track the picture's object with the settings of the environment; returns the exit code."""
    import numpy as np

    from samurai.config import TrackerConfig
    from samurai.loading import load_tracker
    from samurai.regions import Box

    picture = np.full((120, 160, 3), 60, np.uint8)
    picture[40:90, 50:110] = (230, 180, 40)
    try:
        config = TrackerConfig.from_environment().changed(offline=False)
        tracker = load_tracker(config)
        begun = time.perf_counter()
        with tracker.session() as session:
            answers = session.start(picture, [Box(50, 40, 60, 50)])
    except SamuraiError as error:
        print(error, file=sys.stderr)
        return 1
    seconds = time.perf_counter() - begun
    what = f"answered {len(answers)} object in its first frame, in {seconds:.2f} s"
    print(f"{config.model_name}, policy {config.policy}: {what}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
