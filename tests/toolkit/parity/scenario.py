"""A small world whose truth and whose tracker's answers are formulas, so that every run is alike.

Two sequences of an ellipse on the move, anchored at the start, in the middle and at the end; the
answers jitter around the truth and lose the target as LOSSES says. Nothing here needs the
toolkit: the same file serves vot-toolkit 0.7.4, which recorded the goldens, and today's.
"""

from __future__ import annotations

import math
import random
from pathlib import Path

import numpy as np

WIDTH, HEIGHT = 160, 120
SEED = 20
LENGTHS = {"drift": 50, "swing": 40}
# What a run does wrong: (sequence, frame of the start) -> (first frame, last frame, how).
# "away": answers elsewhere; "empty": answers that the object is not there. A streak of 10 bad
# frames is a failure to EAO, AR and robustness, a shorter one is only a bad stretch.
LOSSES = {
    ("drift", 25): (36, 49, "away"),
    ("swing", 39): (14, 20, "away"),
    ("swing", 0): (28, 39, "empty"),
}
ABSENT = {"swing": range(5, 9)}  # frames without the object, in the ground truth of the masks

Ellipse = tuple[float, float, float, float]  # center x, y and half axes, pixels


def truth(sequence: str, frame: int) -> Ellipse:
    """Where the object is in a 0-based frame."""
    phase = frame / 9.0
    if sequence == "drift":
        return 40 + 1.5 * frame, 60 + 8 * math.sin(phase), 16 + 0.1 * frame, 11
    return 80 + 40 * math.sin(phase), 55 + 10 * math.cos(phase / 2), 13, 17 - 0.1 * frame


def answer(sequence: str, start: int, frame: int) -> Ellipse | None:
    """What the tracker says in `frame` of the run that began at `start`; None is: absent."""
    first, last, how = LOSSES.get((sequence, start), (1, 0, ""))
    x, y, half_width, half_height = truth(sequence, frame)
    if first <= frame <= last:
        if how == "empty":
            return None
        x = x - WIDTH / 2 if x > WIDTH / 2 else x + WIDTH / 2
    chance = random.Random(f"{SEED}/{sequence}/{start}/{frame}")
    return (
        x + chance.uniform(-4, 4),
        y + chance.uniform(-4, 4),
        half_width * chance.uniform(0.85, 1.1),
        half_height * chance.uniform(0.85, 1.1),
    )


def seconds(start: int, frame: int) -> float:
    """A made-up time per reply for the real-time clock, whose interval is 0.05 s.

    Every seventh frame takes three to eight intervals, which costs frames once the grace of
    three late replies is used up; the others are in time.
    """
    if frame % 7 == 0:
        return 0.05 * (3.3 + (frame + start) % 6)
    return 0.01


def box(ellipse: Ellipse) -> tuple[float, float, float, float]:
    """The ellipse's box x, y, width, height, rounded to what survives a text file."""
    x, y, half_width, half_height = ellipse
    return (
        round(x - half_width, 2),
        round(y - half_height, 2),
        round(2 * half_width, 2),
        round(2 * half_height, 2),
    )


def mask(ellipse: Ellipse) -> np.ndarray:
    """The ellipse as uint8 (HEIGHT, WIDTH), 1 inside."""
    x, y, half_width, half_height = ellipse
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH]
    inside = ((columns + 0.5 - x) / half_width) ** 2 + ((rows + 0.5 - y) / half_height) ** 2 <= 1
    return np.asarray(inside, np.uint8)


def mask_line(array: np.ndarray) -> str:
    """A mask in the text format of VOT: m<x>,<y>,<w>,<h>,<runs of 0, 1, 0, ...>."""
    rows, columns = np.nonzero(array)
    if rows.size == 0:
        return "m0,0,0,0,0"
    top, left = rows.min(), columns.min()
    crop = array[top : rows.max() + 1, left : columns.max() + 1]
    changes = np.flatnonzero(np.diff(np.concatenate([[0], crop.ravel()])))
    runs = np.diff(np.concatenate([[0], changes, [crop.size]]))
    numbers = [left, top, crop.shape[1], crop.shape[0], *runs]
    return "m" + ",".join(str(int(number)) for number in numbers)


def truth_line(kind: str, sequence: str, frame: int) -> str:
    if kind == "rectangle":
        return ",".join(f"{value:g}" for value in box(truth(sequence, frame)))
    if frame in ABSENT.get(sequence, ()):
        return mask_line(np.zeros((HEIGHT, WIDTH), np.uint8))
    return mask_line(mask(truth(sequence, frame)))


def picture(sequence: str, frame: int) -> np.ndarray:
    """A gray frame with a bright ellipse where the object is, uint8 (HEIGHT, WIDTH, 3)."""
    gray = np.where(mask(truth(sequence, frame)) > 0, 220, 60).astype(np.uint8)
    return np.repeat(gray[:, :, None], 3, axis=2)


def write_sequences(folder: Path, kind: str, lengths: dict[str, int] | None = None) -> None:
    """Writes the sequences in VOT's layout, with ground truth of `kind` (rectangle or mask).

    They claim one frame per second, so that no reply is ever late for the real-time clock.
    """
    import cv2  # not in the tracker's process, which should start at once

    lengths = lengths or LENGTHS
    folder.mkdir(parents=True)
    (folder / "list.txt").write_text("".join(f"{name}\n" for name in lengths))
    for name, length in lengths.items():
        root = folder / name
        (root / "color").mkdir(parents=True)
        for frame in range(length):
            cv2.imwrite(str(root / "color" / f"{frame + 1:08d}.jpg"), picture(name, frame))
        (root / "groundtruth.txt").write_text(
            "".join(truth_line(kind, name, frame) + "\n" for frame in range(length))
        )
        anchors = {0: 1, length // 2: 1, length - 1: -1}
        (root / "anchor.value").write_text(
            "".join(f"{anchors.get(frame, 0)}\n" for frame in range(length))
        )
        (root / "sequence").write_text(
            f"channels.color=color/%08d.jpg\nfps=1\nformat=default\nname={name}\n"
            f"width={WIDTH}\nheight={HEIGHT}\nlength={length}\n"
        )
