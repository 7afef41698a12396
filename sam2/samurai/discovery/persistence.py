"""Candidates that must be found again before they are objects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from samurai.core.session import Session
from samurai.discovery.candidates import Candidate, mask_overlap
from samurai.discovery.settings import DiscoverySettings
from samurai.masks import PackedMask, from_coco_rle, to_coco_rle
from samurai.regions import Box


def found_again(
    session: Session, frame: NDArray[np.uint8], candidate: Candidate, match: float
) -> Candidate | None:
    """A candidate as it is in a later frame: what its mask's box shows there. None where that
    overlaps the mask by less than `match`."""
    before = candidate.mask
    box = Box.of_mask(before)
    if box is None:
        return None
    mask = session.preview(frame, box).mask
    return candidate.moved(mask) if mask_overlap(before, mask) >= match else None


class Persistence:
    """Follows candidates for some frames.

    Args:
        settings: for how many, and what counts as found again.
    """

    def __init__(self, settings: DiscoverySettings) -> None:
        self._frames, self._match = settings.persist, settings.match
        self._followed: list[tuple[Candidate, int]] = []

    def taken(self, candidates: Sequence[Candidate]) -> list[Candidate]:
        """Follow candidates of this frame; those that need no following."""
        if not self._frames:
            return list(candidates)
        self._followed += [(each, self._frames) for each in candidates]
        return []

    def ready(self, session: Session, frame: NDArray[np.uint8]) -> list[Candidate]:
        """Find what is followed again in the next frame; what was found often enough."""
        ready, followed = list[Candidate](), list[tuple[Candidate, int]]()
        for candidate, left in self._followed:
            again = found_again(session, frame, candidate, self._match)
            if again is not None and left == 1:
                ready.append(again)
            elif again is not None:
                followed.append((again, left - 1))
        self._followed = followed
        return ready

    def state(self) -> dict[str, Any]:
        """As plain values."""
        return {
            "followed": [
                [to_coco_rle(each.mask), each.score, each.found, each.label, left]
                for each, left in self._followed
            ]
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """What `state` gave."""
        self._followed = [
            (Candidate(PackedMask.of(from_coco_rle(rle)), score, found, label), left)
            for rle, score, found, label, left in state["followed"]
        ]
