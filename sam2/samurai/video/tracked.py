"""A frame's answers with its place in the video: what drawing, exports and jobs hand on."""

from __future__ import annotations

from dataclasses import dataclass

from samurai.regions import Answer


@dataclass(frozen=True, eq=False)
class TrackedFrame:
    """The answers of one frame.

    Attributes:
        index: the frame's number in its source, from 0.
        answers: in the order of the objects' introduction; empty where nothing is tracked. Masks
            have the size of the source's frames.
        seconds, name: as of `VideoFrame`.
    """

    index: int
    answers: tuple[Answer, ...]
    seconds: float | None = None
    name: str | None = None
