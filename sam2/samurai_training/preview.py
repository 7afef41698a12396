"""A sheet of clips with the target outlined, for a look at the training data."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np

from samurai_training.clips import Clip

OUTLINE = (255, 40, 40)


def sheet(clips: Iterable[Clip], path: Path, columns: int = 8) -> None:
    """Write a PNG: one clip a row, evenly spaced frames from left to right."""
    rows = []
    for clip in clips:
        picked = np.linspace(0, len(clip.frames) - 1, min(columns, len(clip.frames))).astype(int)
        row = []
        for number in picked:
            frame = np.ascontiguousarray(clip.frames[number])
            mask = clip.masks[number].astype(np.uint8)
            outlines, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
            cv2.drawContours(frame, outlines, -1, OUTLINE, 1)
            row.append(frame)
        rows.append(np.hstack(row))
    cv2.imwrite(str(path), np.vstack(rows)[..., ::-1])
