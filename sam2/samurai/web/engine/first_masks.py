"""The masks that prompts give before anything is tracked, kept as long as the prompts stay."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import replace

from samurai.masks import PackedMask
from samurai.regions import Answer, Box, Points, Region
from samurai.web.engine.previews import Previews
from samurai.web.engine.prompts import FramePrompt

KEPT = 64
"""Masks, each of a frame's prompts of an object."""

Key = tuple[int, int]
"""A frame and a client's number."""


class FirstMasks:
    """Previews of the prompts that a session has.

    Args:
        previews: of its video.
    """

    def __init__(self, previews: Previews) -> None:
        self._previews = previews
        self._lock = threading.Lock()
        self._masks: OrderedDict[Key, tuple[FramePrompt, PackedMask, Answer]] = OrderedDict()
        self._places: dict[Key, Box] = {}

    def note(self, frame: int, number: int, place: Box | None) -> None:
        """Where an object was in a frame before somebody corrects it there: clicks say what of it
        is wrong. It holds until `forget`."""
        if place is not None:
            with self._lock:
                self._places[frame, number] = place

    def forget(self, number: int, frame: int | None = None) -> None:
        """Forget an object, in a frame or altogether."""
        with self._lock:
            for kept in (self._masks, self._places):
                for key in [each for each in kept if each[1] == number]:
                    if frame is None or key[0] == frame:
                        del kept[key]

    def answer(self, frame: int, number: int, prompt: FramePrompt) -> Answer | None:
        """An answer with the mask of a frame's prompts; None where they don't say where the object
        is."""
        with self._lock:
            region = aimed(prompt.as_one, self._places.get((frame, number)))
            kept = self._masks.get((frame, number))
        if region is None:
            return None
        if kept is not None and kept[0] is prompt:
            return replace(kept[2], mask=kept[1].mask)
        found = self._previews.preview(frame, region)
        mask = PackedMask.of(found.mask)
        answer = Answer(number, found.mask, found.box, found.confidence, found.box is None, True)
        light = replace(answer, mask=found.mask[:0])
        with self._lock:
            self._masks[frame, number] = (prompt, mask, light)
            if len(self._masks) > KEPT:
                self._masks.popitem(last=False)
        return answer


def aimed(region: Region, place: Box | None) -> Region | None:
    """A prompt with the place where the object was, where that helps clicks; None where it says
    nothing of where the object is.

    Args:
        place: None if it is unknown.
    """
    if not isinstance(region, Points) or region.box is not None:
        return region
    hits = region.coordinates[region.labels == 1]
    if place is None:
        return region if len(hits) else None
    right, bottom = place.x + place.width, place.y + place.height
    if ((hits < (place.x, place.y)) | (hits > (right, bottom))).any():
        return region
    return Points(region.coordinates, region.labels, place)
