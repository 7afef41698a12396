"""OpenCV's CSRT over one sequence; a script for the environment that has it.

    python csrt.py LEFT TOP RIGHT BOTTOM < paths of the frames, one a line

Writes one JSON line per frame: box (or null where it reports a loss) and seconds,
reading the image included.
"""

import json
import sys
import time

import cv2


def main() -> None:
    """Track the images listed on stdin; print a box and its seconds per frame as JSON lines."""
    paths = sys.stdin.read().split("\n")
    left, top, right, bottom = (float(value) for value in sys.argv[1:5])
    tracker = cv2.TrackerCSRT_create()
    for number, path in enumerate(filter(None, paths)):
        started = time.perf_counter()
        frame = cv2.imread(path)
        if number == 0:
            box = [round(left), round(top), round(right - left), round(bottom - top)]
            tracker.init(frame, tuple(box))
        else:
            found, box = tracker.update(frame)
            box = list(box) if found else None
        seconds = time.perf_counter() - started
        print(json.dumps({"box": box, "seconds": seconds}), flush=True)


main()
