"""What a session says of itself, as plain data."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class PromptState:
    """The prompts of an object in a frame.

    Attributes:
        frame: its number.
        points, labels: clicks, those of strokes included.
        box: x and y of the upper left and of the lower right corner.
        has_mask: a mask was given.
    """

    frame: int
    points: tuple[tuple[float, float], ...] = ()
    labels: tuple[int, ...] = ()
    box: tuple[float, float, float, float] | None = None
    has_mask: bool = False


@dataclass(frozen=True)
class ObjectState:
    """An object of a session.

    Attributes:
        number: the client's.
        name, color: for people; the color is #rrggbb.
        prompts: by frame, ascending.
        done, stale: ranges of frames, each with its last one.
        reason: why it is there, for people; None where it isn't tracked.
    """

    number: int
    name: str
    color: str
    prompts: tuple[PromptState, ...]
    done: tuple[tuple[int, int], ...]
    stale: tuple[tuple[int, int], ...]
    reason: str | None = None


@dataclass(frozen=True)
class SessionState:
    """A session as it is.

    Attributes:
        session_id, video_id: of the session and its video.
        num_frames: of the video.
        created_at: ISO 8601, in UTC.
        running: frames are being tracked.
        objects: in the order of introduction.
    """

    session_id: str
    video_id: str
    num_frames: int
    created_at: str
    running: bool
    objects: tuple[ObjectState, ...]


@dataclass(frozen=True)
class Track:
    """An object over a range of frames.

    Attributes:
        number: the client's.
        scores: confidence from 0 to 1, None where the frame isn't answered.
        absent: None where the frame isn't answered.
    """

    number: int
    scores: tuple[float | None, ...]
    absent: tuple[bool | None, ...]
