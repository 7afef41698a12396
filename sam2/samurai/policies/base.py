"""The seam between the tracker and its opinions: what a memory policy sees, says and must keep.

A policy decides, for one object, which candidate mask is the object, which past frames the
network may look at, and which of them stay in memory. It deals in plain numbers and, when it asks,
small numpy masks; the tensors are in the bank, under the frame numbers that the policy uses here.
It may follow several hypotheses (SAM 2's single line of memory is one): every list below has one
entry per hypothesis, in the same order, the best one first.

One frame of a policy's life, as the session calls it:

    recall(time)      -> what each hypothesis attends to
    choose(decoded)   -> which candidates live on (a hypothesis may fork, or be dropped)
    remember(time)    -> which frames' entries each hypothesis keeps; the rest is freed

`start` stands for the first two on the frame that carries the object's prompt.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from samurai.geometry import Corners


@dataclass(frozen=True)
class Traits:
    """What a policy must know of the model that it steers.

    Attributes:
        slots: how many memory maps the network attends to at most; slot 0 is the prompt's, the
            last one, slots - 1, the newest frame's (`num_maskmem`, 7 in SAM 2).
        pointers: how many object pointers at most, the prompt's included (16 in SAM 2).
        motion_weight: the w of SAMURAI for this model size (0.15 large, 0.25 the others).
    """

    slots: int = 7
    pointers: int = 16
    motion_weight: float = 0.25


@dataclass(frozen=True)
class Needs:
    """What a policy asks of the session.

    Attributes:
        maps: the most memory maps that `remember` ever keeps, over all hypotheses.
        pointers: the most object pointers, likewise.
        boxes: whether candidates come with their boxes (costs a resize of every candidate).
        object_gate: object score (a logit) above which the head lets masks through.
    """

    maps: int
    pointers: int
    boxes: bool = False
    object_gate: float = 0.0


@dataclass(frozen=True)
class Candidate:
    """One of the masks that the decoder offers.

    Attributes:
        predicted_iou: the network's own estimate of the mask's overlap with the truth, 0 to 1.
        corners: smallest and largest pixel (left, top, right, bottom) of the mask, without + 1;
            None when it is empty or boxes weren't asked for. In the network's square input, or, for
            a model that sees windows, in the frame: either way the same in all frames.
    """

    predicted_iou: float
    corners: Corners | None = None


@dataclass(frozen=True)
class Decoded:
    """What the network says of one hypothesis in one frame.

    Attributes:
        time: the frame's number in the session.
        object_score: logit of "the object is visible"; where it isn't above the gate, every
            candidate is empty.
        candidates: three on tracked frames, one or three on a prompt's frame.
        mask: copies one candidate's mask from the device: boolean, a quarter of the input size.
    """

    time: int
    object_score: float
    candidates: tuple[Candidate, ...]
    mask: Callable[[int], NDArray[np.bool_]]

    def best(self) -> int:
        """The candidate with the highest predicted IoU, the first of equals."""
        return int(np.argmax([candidate.predicted_iou for candidate in self.candidates]))


class Choice(NamedTuple):
    """A candidate that lives on, and the hypothesis (index into `decoded`) that it comes from."""

    candidate: int
    hypothesis: int = 0


class MapRecall(NamedTuple):
    """The map of frame `time`, attended to in `slot` (0 the prompt's, the last the newest)."""

    time: int
    slot: int


class PointerRecall(NamedTuple):
    """The object pointer of frame `time`, `distance` frames ago."""

    time: int
    distance: int


@dataclass(frozen=True)
class Recall:
    """What one hypothesis attends to, in the order in which the network gets it."""

    maps: tuple[MapRecall, ...]
    pointers: tuple[PointerRecall, ...]


@dataclass(frozen=True)
class Keep:
    """The frames whose entries one hypothesis keeps; anything else is freed.

    The frame just answered is stored only if it is named: an unnamed map is never even encoded.
    """

    maps: frozenset[int]
    pointers: frozenset[int]


class Policy(ABC):
    """The memory policy of one object; holds that object's numbers and nothing else."""

    name: ClassVar[str]

    def __init__(self, traits: Traits) -> None:
        self.traits = traits

    @property
    @abstractmethod
    def needs(self) -> Needs:
        """What this policy asks of the session; constant over its life."""

    @abstractmethod
    def start(self, decoded: Decoded) -> Choice:
        """Choose on the frame that carries the prompt, and note its time."""

    @abstractmethod
    def recall(self, time: int) -> Sequence[Recall]:
        """What each hypothesis attends to in frame `time`."""

    @abstractmethod
    def choose(self, decoded: Sequence[Decoded]) -> Sequence[Choice]:
        """One entry per hypothesis that lives on; the first one is the answer."""

    @abstractmethod
    def remember(self, time: int) -> Sequence[Keep]:
        """What each living hypothesis keeps, after frame `time` was answered."""


def recent_pointers(prompt: int, time: int, count: int) -> tuple[PointerRecall, ...]:
    """SAM 2's choice of object pointers: the prompt's, then the frames before `time`, newest first.

    `count` includes the prompt's pointer, which never leaves; the others are the frames after the
    prompt that are less than `count` frames old.
    """
    oldest = max(prompt + 1, time - count + 1)
    recent = (PointerRecall(t, time - t) for t in range(time - 1, oldest - 1, -1))
    return (PointerRecall(prompt, time - prompt), *recent)


def kept_pointers(prompt: int, time: int, count: int) -> frozenset[int]:
    """The frames whose pointers `recent_pointers` can still ask for after frame `time`."""
    return frozenset(pointer.time for pointer in recent_pointers(prompt, time + 1, count))
