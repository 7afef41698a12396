"""The interface between a session and a memory policy: observations, decisions and memory.

A policy decides, for one object, which candidate mask is the object, which past frames the network
may look at, and which of them stay in memory. It sees plain numbers and, if requested, small numpy
masks; the tensors are in the bank, under the frame numbers that the policy uses here. It may follow
several hypotheses (SAM 2's single line of memory is one): every list below has one entry per
hypothesis, in the same order, the best one first.

One frame of a policy's life, as the session calls it:

    observe(frames)         only if it asked for frames: the newest one and some before it
    recall(frame_index)     -> the memories and prompts of each hypothesis
    choose(decoded)         -> the candidates that continue (a hypothesis may fork, or be dropped)
    remember(frame_index)   -> the frames whose entries each hypothesis keeps; the rest is freed

`start` stands for `recall` and `choose` on the frame that carries the object's prompt.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from samurai.policies.observations import Candidate, Decoded, Grid, RecentFrames
from samurai.policies.parameters import Parameters


@dataclass(frozen=True)
class PolicyContext:
    """The properties of the model that a policy works with.

    Attributes:
        slots: how many memory maps the network attends to at most; slot 0 is the prompt's, the
            last one, slots - 1, the newest frame's (`num_maskmem`, 7 in SAM 2).
        pointers: how many object pointers at most, the prompt's included (16 in SAM 2).
        motion_weight: the w of SAMURAI for this model size (0.15 large, 0.25 the others).
        large: whether this is SAM 2.1 large: papers have separate constants for it.
        points: name of the point tracker, for policies that use pictures; see `motion.points`.
        flow: name of the dense flow, likewise; see `motion.flow`.
    """

    slots: int = 7
    pointers: int = 16
    motion_weight: float = 0.25
    points: str = "lucas-kanade"
    flow: str = "dis"
    large: bool = False


@dataclass(frozen=True)
class PolicyRequirements:
    """A policy's requirements on the session.

    Attributes:
        maps: the most memory maps that `remember` ever keeps, over all hypotheses.
        pointers: the most object pointers, likewise.
        boxes: whether candidates come with their boxes (costs a resize of every candidate).
        areas: whether candidates come with their areas.
        object_gate: object score (a logit) above which the head lets masks through.
        frames: how many frames before the newest `observe` can access.
        box_as_mask: where the model takes a box as corner points: decode them first, and prompt
            with the mask that comes out.
        prompt_candidates: prompts of at most so many points are answered by three candidates
            (SAM 2: 1, so that a box has a single one).
    """

    maps: int
    pointers: int
    boxes: bool = False
    areas: bool = False
    object_gate: float = 0.0
    frames: int = 0
    box_as_mask: bool = False
    prompt_candidates: int = 1


class Choice(NamedTuple):
    """A candidate that continues, and the index into `decoded` of its hypothesis."""

    candidate: int
    hypothesis: int = 0


class MapRecall(NamedTuple):
    """The map of frame `frame_index`, attended to in `slot` (0 the prompt's, the last the newest).

    The attention's keys are made of its tokens times `weight`, the values of the plain tokens.
    """

    frame_index: int
    slot: int
    weight: float = 1.0


class PointerRecall(NamedTuple):
    """The object pointer of frame `frame_index`, `distance` frames ago; `weight` as a map's."""

    frame_index: int
    distance: int
    weight: float = 1.0


@dataclass(frozen=True)
class DecoderPrompt:
    """A prompt made by a policy on a tracked frame.

    Attributes:
        points: float32 (N, 2), x and y in the policies' coordinates.
        labels: int32 (N,): 1 object, 0 background.
        logits: float32 (h, w), a guess of the mask, as large as the pictures; or None.
    """

    points: NDArray[np.float32]
    labels: NDArray[np.int32]
    logits: NDArray[np.float32] | None = None


@dataclass(frozen=True)
class Recall:
    """The memories of one hypothesis, in the network's order, and a prompt made by the policy."""

    maps: tuple[MapRecall, ...]
    pointers: tuple[PointerRecall, ...]
    prompt: DecoderPrompt | None = None


@dataclass(frozen=True)
class Keep:
    """The frames whose entries one hypothesis keeps; anything else is freed.

    The frame just answered is stored only if it is named: an unnamed map is not encoded.

    Attributes:
        pixel_weights: float32 (S/4, S/4), 0 to 1, over the pixels of the chosen mask: the weight of
            each in this frame's memory map; None for 1 everywhere.
    """

    maps: frozenset[int]
    pointers: frozenset[int]
    pixel_weights: NDArray[np.float32] | None = None


class Policy(ABC):
    """The memory policy of one object; holds that object's numbers and nothing else.

    A policy with parameters declares their type and is constructed with a context and parameters;
    one that leaves `parameters_type` None is constructed with a context alone.
    """

    name: ClassVar[str]
    parameters_type: ClassVar[type[Parameters] | None] = None

    def __init__(self, context: PolicyContext, parameters: Parameters | None = None) -> None:
        self.context = context

    @property
    @abstractmethod
    def requirements(self) -> PolicyRequirements:
        """This policy's requirements on the session; constant over its life."""

    @abstractmethod
    def start(self, decoded: Decoded) -> Choice:
        """Choose on the frame that carries the prompt, and note its time."""

    def observe(self, frames: RecentFrames) -> None:  # noqa: B027  (most policies look at none)
        """Look at the newest frame, before `start` or `recall`, if `requirements.frames` is set.

        The frames may be kept until the next call, not longer.
        """

    @abstractmethod
    def recall(self, frame_index: int) -> Sequence[Recall]:
        """The memories that each hypothesis attends to in frame `frame_index`."""

    @abstractmethod
    def choose(self, decoded: Sequence[Decoded]) -> Sequence[Choice]:
        """One choice per hypothesis that continues; the first one is the answer."""

    @property
    def correctable(self) -> bool:
        """Whether the policy defines `correct`."""
        return type(self).correct is not Policy.correct

    def correct(self, decoded: Decoded, candidate: int) -> None:
        """The object was corrected in the newest frame: start anew from what is told there.

        It comes after `remember` of that frame. The session keeps the corrected frame's memory and
        recalls it beside the prompt's; one hypothesis is left.

        Args:
            decoded: the candidates of the correction.
            candidate: the one that is the object now.

        Raises:
            NotImplementedError: a policy that doesn't define this can't be corrected.
        """
        raise NotImplementedError

    @abstractmethod
    def remember(self, frame_index: int) -> Sequence[Keep]:
        """The entries that each hypothesis keeps, after frame `frame_index` was answered."""


def recent_pointers(prompt: int, frame_index: int, count: int) -> tuple[PointerRecall, ...]:
    """SAM 2's choice of object pointers: the prompt's, then those before a frame, newest first.

    `count` includes the prompt's pointer, which never leaves; the others are the frames after the
    prompt that are less than `count` frames old.
    """
    oldest = max(prompt + 1, frame_index - count + 1)
    recent = (PointerRecall(t, frame_index - t) for t in range(frame_index - 1, oldest - 1, -1))
    return (PointerRecall(prompt, frame_index - prompt), *recent)


def kept_pointers(prompt: int, frame_index: int, count: int) -> frozenset[int]:
    """The frames whose pointers `recent_pointers` can still ask for after frame `frame_index`."""
    return frozenset(
        pointer.frame_index for pointer in recent_pointers(prompt, frame_index + 1, count)
    )


__all__ = [
    "Candidate",
    "Choice",
    "Decoded",
    "DecoderPrompt",
    "Grid",
    "Keep",
    "MapRecall",
    "PointerRecall",
    "Policy",
    "PolicyContext",
    "PolicyRequirements",
    "Recall",
    "RecentFrames",
    "kept_pointers",
    "recent_pointers",
]
