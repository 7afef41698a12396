"""Bodies of requests and answers. Names, shapes and defaults of the first part are SAMURAI's API.

Coordinates are pixels of the video's frame, x to the right, y down; frames count from 0.
"""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

LARGEST_ID = 2**31 - 1
MOST_CLICKS = 256
MOST_STROKE_POINTS = 4096


def _finite(value: float) -> float:
    if not math.isfinite(value):
        raise ValueError("a coordinate must be a finite number")
    return value


Finite = Annotated[float, AfterValidator(_finite)]
Point = Annotated[list[Finite], Field(min_length=2, max_length=2)]
ObjectNumber = Annotated[int, Field(ge=0, le=LARGEST_ID, strict=True)]
Label = Annotated[int, Field(ge=0, le=1, strict=True)]
Direction = Literal["forward", "backward", "both"]


class Body(BaseModel):
    """A request's body; unknown fields are ignored, as the contract does."""

    model_config = ConfigDict(extra="ignore")


# --- videos


class Video(BaseModel):
    """An upload. `warnings` says what may not be as intended (a truncated file, say)."""

    id: str
    filename: str
    width: int
    height: int
    duration_sec: float
    frame_count: int | None
    url: str
    poster_url: str
    fps: float | None = None
    has_audio: bool = False
    warnings: list[str] = []


class VideoAnswer(BaseModel):
    """The answer to an upload, or to a question for one video."""

    video: Video


class VideoList(BaseModel):
    """All uploads, the newest first."""

    items: list[Video]
    total: int


# --- sessions


class SessionBody(Body):
    """A session on an upload.

    `like` is another session, whose objects are looked for in this video.
    """

    video_id: str
    like: str | None = None


class Session(BaseModel):
    """A new session."""

    session_id: str
    video_id: str
    num_frames: int
    created_at: str


class Success(BaseModel):
    """Whether something was done."""

    success: bool


# --- prompts


class PointsBody(Body):
    """Clicks on an object: label 1 is on it, 0 beside it.

    `clear_old_points` replaces the frame's clicks, and its box or mask, else they add up.
    `normalize_coords`: False takes pixels, True parts of width and height.
    """

    object_id: ObjectNumber
    points: Annotated[list[Point], Field(min_length=1, max_length=MOST_CLICKS)]
    labels: Annotated[list[Label], Field(min_length=1, max_length=MOST_CLICKS)]
    clear_old_points: bool = True
    normalize_coords: bool = False


class BoxBody(Body):
    """A box around an object: x and y of its upper left and of its lower right corner."""

    object_id: ObjectNumber
    box: Annotated[list[Finite], Field(min_length=4, max_length=4)]


class Rle(BaseModel):
    """A mask as COCO's compressed run-length code."""

    size: Annotated[list[int], Field(min_length=2, max_length=2)]
    counts: str


class MaskBody(Body):
    """An object's mask, of the frame's size."""

    object_id: ObjectNumber
    mask: Rle


class StrokeBody(Body):
    """A scribble along an object (label 1) or beside it (0); it adds up as clicks do."""

    object_id: ObjectNumber
    points: Annotated[list[Point], Field(min_length=1, max_length=MOST_STROKE_POINTS)]
    label: Label = 1
    clear_old_points: bool = False


class PreviewBody(Body):
    """A prompt whose mask is asked for, and nothing else: no session changes."""

    object_id: ObjectNumber | None = None
    points: list[Point] = Field(default=[], max_length=MOST_CLICKS)
    labels: list[Label] = Field(default=[], max_length=MOST_CLICKS)
    box: Annotated[list[Finite], Field(min_length=4, max_length=4)] | None = None


class BoundingBox(BaseModel):
    """A tight box in whole pixels: `width` is the last column minus the first, plus 1."""

    x: int
    y: int
    width: int
    height: int


class ObjectAnswer(BaseModel):
    """An object in a frame; mask and bbox are null where it isn't seen.

    `score` is the confidence from 0 to 1. `prompted`: a person gave this answer.
    """

    object_id: int
    mask: Rle | None
    bbox: BoundingBox | None
    score: float | None = None
    absent: bool = False
    prompted: bool = False


class FrameAnswer(BaseModel):
    """All objects of a frame: the answer to a prompt, and a line of `propagate`."""

    frame_index: int
    objects: list[ObjectAnswer]
    time_sec: float | None = None


class Candidate(BaseModel):
    """What may be an object; `reason` says how it was found, `label` is the word, if by one."""

    mask: Rle
    bbox: BoundingBox
    score: float
    reason: str
    label: str | None = None


class Candidates(BaseModel):
    """What may be new objects in a frame, surest first; masks share no pixel with each other, nor
    with objects of the session."""

    frame_index: int
    candidates: list[Candidate]


class FindBody(Body):
    """In which frame, and what counts: see docs/discovery.md."""

    frame_index: Annotated[int, Field(ge=0, strict=True)]
    keep: Literal["wholes", "parts"] = "wholes"
    min_area: Annotated[int, Field(ge=1, strict=True)] = 200
    min_new: Annotated[float, Field(gt=0, le=1)] = 0.8
    largest: Annotated[float, Field(gt=0, le=1)] = 0.5


class DiscoverBody(FindBody):
    """A search by a grid of clicks, `points_per_side` along each side; absent is the default."""

    points_per_side: Annotated[int, Field(ge=1, le=64, strict=True)] | None = None
    min_predicted_iou: Annotated[float, Field(ge=0, le=1)] = 0.8
    min_stability: Annotated[float, Field(ge=0, le=1)] = 0.9


class TextBody(FindBody):
    """A search for words: `dog, red car:0.4`."""

    text: Annotated[str, Field(min_length=1, max_length=8192)]


class UpdatedFrames(BaseModel):
    """Frames whose answers changed."""

    updated_frames: list[int]


# --- tracking


class SearchBody(Body):
    """A search for new objects in every `gap`th frame: for the words of `text` or, without it, by a
    grid of clicks. Objects that are found get numbers above all others. See docs/discovery.md.
    """

    gap: Annotated[int, Field(ge=1, strict=True)] = 100
    text: Annotated[str, Field(min_length=1, max_length=8192)] | None = None
    keep: Literal["wholes", "parts"] = "wholes"
    min_area: Annotated[int, Field(ge=1, strict=True)] = 200
    min_new: Annotated[float, Field(gt=0, le=1)] = 0.8
    largest: Annotated[float, Field(gt=0, le=1)] = 0.5
    points_per_side: Annotated[int, Field(ge=1, le=64, strict=True)] | None = None
    min_predicted_iou: Annotated[float, Field(ge=0, le=1)] = 0.8
    min_stability: Annotated[float, Field(ge=0, le=1)] = 0.9
    persist: Annotated[int, Field(ge=0, le=100, strict=True)] = 0
    retire_after: Annotated[int, Field(ge=1, strict=True)] | None = None


class PropagateBody(Body):
    """Which frames are tracked. `discover` looks for new objects meanwhile, on the way forward.

    `start_frame_index`: absent begins at the earliest prompt. `max_frames` counts per direction,
    the start frame included. `events` adds lines of progress, and a last one that says how it
    ended. `close_on_complete` closes the session afterwards.
    """

    start_frame_index: Annotated[int, Field(ge=0, strict=True)] | None = None
    direction: Direction = "both"
    max_frames: Annotated[int, Field(gt=0, strict=True)] | None = None
    events: bool = False
    close_on_complete: bool = False
    discover: SearchBody | None = None


class Event(BaseModel):
    """The last line of a stream with events; `detail` is an error's message with its remedy."""

    event: Literal["done", "cancelled", "error"]
    frames: int
    detail: str | None = None


class ProgressEvent(BaseModel):
    """A line of progress, about every second: frames of those asked for that are done, frames per
    second lately, and the seconds that the rest will take at that speed; null where it is unknown.
    """

    event: Literal["progress"]
    done: int
    total: int
    fps: float | None
    eta_sec: float | None


class ResizedEvent(BaseModel):
    """Frames of a live source have another size, from this one on."""

    event: Literal["resized"]
    frame_index: int
    width: int
    height: int


EVENTS = (Event, ProgressEvent, ResizedEvent)
"""Lines that no path has as its whole answer."""


# --- what the contract doesn't have


class PromptView(BaseModel):
    """The prompts of an object in a frame."""

    frame_index: int
    points: list[list[float]] = []
    labels: list[int] = []
    box: list[float] | None = None
    has_mask: bool = False


class ObjectView(BaseModel):
    """An object of a session. `done` and `stale` are ranges of frames, [first, last]; `reason` says
    why it is there."""

    object_id: int
    name: str
    color: str
    prompts: list[PromptView]
    done: list[list[int]]
    stale: list[list[int]]
    reason: str | None = None


class SessionView(BaseModel):
    """A session as it is. `running`: frames are being tracked."""

    session_id: str
    video_id: str
    num_frames: int
    created_at: str
    running: bool
    objects: list[ObjectView]


class SessionList(BaseModel):
    """All sessions."""

    items: list[SessionView]
    total: int


class ObjectPatch(Body):
    """A new name or color (#rrggbb) of an object."""

    name: Annotated[str, Field(min_length=1, max_length=64)] | None = None
    color: Annotated[str, Field(pattern="^#[0-9a-fA-F]{6}$")] | None = None


class ObjectTrack(BaseModel):
    """An object over a range of frames, for a timeline; null where a frame isn't answered."""

    object_id: int
    scores: list[float | None]
    absent: list[bool | None]


class Timeline(BaseModel):
    """Confidence and absences of all objects, per frame of a range."""

    start: int
    stop: int
    objects: list[ObjectTrack]


class PickBody(Body):
    """The session whose prompts `samurai pick` is to save."""

    session_id: str


class Picked(BaseModel):
    """The file of prompts."""

    path: str


class Health(BaseModel):
    """The server's state; the first four names are the contract's."""

    status: Literal["ok", "starting", "failed"]
    cuda_available: bool
    gpu_memory_allocated_mb: int
    gpu_memory_reserved_mb: int
    model: str
    device: str
    version: str
    detail: str | None = None


class Problem(BaseModel):
    """An error: the cause, then the remedy."""

    detail: str | list[dict[str, Any]]
