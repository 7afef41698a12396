"""A TraX tracker that gives the scenario's answers, in the type it was initialized with.

SCRIPTED_FAILURE=<sequence> makes it complain and quit with a reason in frame 7 of that sequence;
SCRIPTED_SHIFT=<pixels> makes all its rectangles wrong by so much; with SCRIPTED_STARTS=<file> every
process adds a line to the file; SCRIPTED_INTERRUPT=<sequence> is as if a person pressed Ctrl-C in
frame 7 of that sequence, SCRIPTED_DEATH=<sequence> as if the process was killed there;
SCRIPTED_CONFIDENCE=varied makes the confidence another one in every frame.
"""

from __future__ import annotations

import os
import signal
from pathlib import Path

import numpy as np
import trax
from scenario import answer, box, mask


def region(kind: str, sequence: str, start: int, frame: int) -> trax.Region:
    ellipse = answer(sequence, start, frame)
    if kind == trax.Region.MASK:
        array = np.zeros((1, 1), np.uint8) if ellipse is None else mask(ellipse)
        return trax.region.Mask.create(array)
    x, y, width, height = (0.0, 0.0, 0.0, 0.0) if ellipse is None else box(ellipse)
    shift = float(os.environ.get("SCRIPTED_SHIFT", "0"))
    return trax.region.Rectangle.create(x + shift, y, width, height)


def confidence(frame: int) -> float:
    """0.5, so that it can be told in result files, but for SCRIPTED_CONFIDENCE=varied."""
    return (frame * 37 % 101) / 101 if os.environ.get("SCRIPTED_CONFIDENCE") == "varied" else 0.5


def main() -> None:
    if "SCRIPTED_STARTS" in os.environ:
        with open(os.environ["SCRIPTED_STARTS"], "a") as file:
            file.write(f"{os.getpid()}\n")
    with trax.Server(["rectangle", "mask"], ["path"], tracker_name="scripted") as server:
        kind, start = "", 0
        while True:
            request = server.wait()
            if request.type not in (trax.TraxStatus.INITIALIZE, trax.TraxStatus.FRAME):
                return
            path = Path(request.image["color"].path())
            sequence, frame = path.parent.parent.name, int(path.stem) - 1
            if sequence == os.environ.get("SCRIPTED_FAILURE") and frame == 7:
                print("scripted complaint", flush=True)
                server.quit("scripted failure in frame 7")
                return
            if sequence == os.environ.get("SCRIPTED_DEATH") and frame == 7:
                os.kill(os.getpid(), signal.SIGKILL)
            if sequence == os.environ.get("SCRIPTED_INTERRUPT") and frame == 7:
                os.killpg(0, signal.SIGINT)
            if request.type == trax.TraxStatus.INITIALIZE:
                kind, start = request.objects[0][0].type, frame
            reply = region(kind, sequence, start, frame)
            server.status([(reply, {"confidence": confidence(frame)})])


if __name__ == "__main__":
    main()
