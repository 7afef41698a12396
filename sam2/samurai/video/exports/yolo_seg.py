"""YOLO's text for segmentation: outlines of a frame's objects in parts of its size."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from samurai.regions import Answer, Box
from samurai.video.exports.kinds import decimal
from samurai.video.exports.yolo import YoloText

Outline = NDArray[np.int64]
"""(N, 2): x and y of pixels."""

WITHIN = 0.25
"""Of a pixel, from its top-left corner."""


class YoloSegmentation(YoloText):
    """`class x1 y1 x2 y2 ...`: one outline per object, a corner in each outer pixel where it turns.

    Corners lie a quarter into their pixel, so that readers that round and readers that cut decimals
    find the same one. Holes are filled. Parts of an object are joined by lines there and back,
    since a row is one outline.
    """

    name = "yolo-seg"
    help = "a folder of YOLO's texts for segmentation: class and outline of each object"

    def row(self, answer: Answer, box: Box) -> str:
        """As `YoloText.row`."""
        height, width = answer.mask.shape
        places = (joined(outlines(answer.mask)) + WITHIN) / (width, height)
        return " ".join(decimal(value, 6) for value in places.ravel())


def outlines(mask: NDArray[np.bool_]) -> list[Outline]:
    """The outer pixels of each part of a mask, the largest part first."""
    import cv2

    found, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    largest_first = sorted(found, key=len, reverse=True)
    return [outline.reshape(-1, 2).astype(np.int64) for outline in largest_first]


def joined(parts: list[Outline]) -> Outline:
    """One outline around all parts: from the nearest of its points to each further part, around
    it, and back. It has three points or more, if need be equal ones."""
    whole = parts[0]
    for part in parts[1:]:
        away = ((whole[:, None] - part[None]) ** 2).sum(axis=2)
        here, there = np.unravel_index(int(away.argmin()), away.shape)
        around = np.concatenate([part[there:], part[: there + 1]])
        whole = np.concatenate([whole[: here + 1], around, whole[here:]])
    return np.concatenate([whole, np.repeat(whole[-1:], max(3 - len(whole), 0), axis=0)])
