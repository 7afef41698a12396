"""Which candidates are new objects: pure functions of masks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from samurai.discovery.settings import DiscoverySettings
from samurai.masks import PackedMask
from samurai.regions import Answer, ObjectId


@dataclass(frozen=True, eq=False)
class Candidate:
    """What may be an object.

    Attributes:
        packed: the mask, at the frame's size.
        score: how sure it is, 0 to 1: of candidates of equal area, and where there are too many.
        found: where it comes from, for people: `grid at frame 40`, `word "dog" 0.61`.
        label: the word that it was found by; None where it was found by looking.
    """

    packed: PackedMask
    score: float
    found: str
    label: str | None = None

    @property
    def mask(self) -> NDArray[np.bool_]:
        """Boolean (H, W)."""
        return self.packed.mask

    def moved(self, mask: NDArray[np.bool_]) -> Candidate:
        """The same with another mask."""
        return replace(self, packed=PackedMask.of(mask))


def covered(answers: Sequence[Answer], size: tuple[int, int]) -> NDArray[np.bool_]:
    """Pixels of a (height, width) frame that objects cover."""
    union = np.zeros(size, np.bool_)
    for answer in answers:
        union |= answer.mask
    return union


def mask_overlap(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    """Intersection over union of two masks; 0 for two empty ones."""
    union = np.count_nonzero(one | other)
    return float(np.count_nonzero(one & other) / union) if union else 0.0


def split_by_match(
    candidates: Sequence[Candidate], answers: Sequence[Answer], match: float
) -> tuple[list[Candidate], dict[ObjectId, Candidate]]:
    """Candidates that no tracked object has, and of each object the surest one that is it.

    A candidate is the object with which it has the highest mask IoU, if that is `match` at least.
    """
    living = [(answer.object_id, answer.mask) for answer in answers if not answer.absent]
    new, known = list[Candidate](), dict[ObjectId, Candidate]()
    for candidate in candidates:
        mask = candidate.mask
        overlaps = [(mask_overlap(mask, other), name) for name, other in living]
        best, name = max(overlaps, key=lambda pair: pair[0], default=(0.0, None))
        if name is None or best < match:
            new.append(candidate)
        elif name not in known or candidate.score > known[name].score:
            known[name] = candidate
    return new, known


def new_objects(
    candidates: Sequence[Candidate],
    answers: Sequence[Answer],
    size: tuple[int, int],
    settings: DiscoverySettings,
) -> list[Candidate]:
    """The candidates that become objects, each with the pixels that nothing covers yet; the surest
    first. The rules are those of `DiscoverySettings`.

    Args:
        answers: of all objects that are tracked.
        size: height and width of the frame.
    """

    def order(candidate: Candidate) -> tuple[int, float, int]:
        area = candidate.packed.area
        first = int(candidate.packed.runs[0])  # pixels before it, row by row
        return -area if settings.keep == "wholes" else area, -candidate.score, first

    taken, chosen = covered(answers, size), list[Candidate]()
    largest = settings.largest * size[0] * size[1]
    for candidate in sorted(candidates, key=order):
        mask, area = candidate.mask, candidate.packed.area
        free = mask & ~taken
        left = np.count_nonzero(free)
        if area > largest or left < max(settings.min_area, settings.min_new * area):
            continue
        taken |= free
        chosen.append(candidate if left == area else candidate.moved(free))
    room = settings.max_objects - len(answers)
    chosen.sort(key=lambda each: -each.score)
    return chosen[: max(0, room)]
