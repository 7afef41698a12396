"""OpenCV's CSRT over one sequence; a script for the environment that has it.

    python csrt.py LEFT TOP RIGHT BOTTOM < paths of the frames, one a line

Writes one JSON line per frame: box (or null where it reports a loss) and seconds,
reading the image included.
"""

import json
import sys
import time
from typing import Any

import cv2


def main() -> None:
    """Track the images listed on stdin; print a box and its seconds per frame as JSON lines."""
    paths = sys.stdin.read().split("\n")
    left, top, right, bottom = (float(value) for value in sys.argv[1:5])
    opencv: Any = cv2  # of opencv-contrib, which this project doesn't install
    tracker = opencv.TrackerCSRT_create()
    for number, path in enumerate(filter(None, paths)):
        started = time.perf_counter()
        frame = cv2.imread(path)
        if number == 0:
            box: list[int] | None = [round(v) for v in (left, top, right - left, bottom - top)]
            tracker.init(frame, tuple(box or ()))
        else:
            found, now = tracker.update(frame)
            box = list(now) if found else None
        seconds = time.perf_counter() - started
        print(json.dumps({"box": box, "seconds": seconds}), flush=True)


main()
