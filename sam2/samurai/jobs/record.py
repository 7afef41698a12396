"""job.json: what is tracked, by what, and how far; small, and written as a whole."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from samurai.errors import JobError
from samurai.jobs.plan import Direction, Segment, Span
from samurai.regions import ObjectId, Region
from samurai.runtime.whole_files import write_whole
from samurai.video.prompts.base import ObjectPrompt
from samurai.video.prompts.own_json import trusted_region, written_region

VERSION = 1
FIRST_INTERVAL = 8
"""Frames between snapshots, as long as there are few."""

NAME = "job.json"


@dataclass
class PromptRecord:
    """A prompt of an object.

    Attributes:
        number: of the prompt in its job, never used again.
        place: of its frame in the span.
        region: in the frame's pixels.
        taken: the ways on which a pass was given it.
        answered: the stored answer of its frame is its own, and stays.
    """

    number: int
    place: int
    region: Region
    taken: set[Direction] = field(default_factory=set)
    answered: bool = False


@dataclass
class ObjectRecord:
    """An object.

    Attributes:
        object_id, label: of the object.
        number: of its file of answers.
        anchor: the place at which it is introduced.
        prompts: in the order in which they were given.
        segments: whose answers count, by direction; see `plan.Segment`.
        primed: it comes from another video, without a prompt in this one.
        removed: it is tracked no more; its identity stays taken.
        cleared: places whose prompts were taken back, which older snapshots may still know.
        reason: why it was found by discovery; None of an object that was prompted.
        retired: the last place at which the way forward tracks it, where discovery let it go.
    """

    object_id: ObjectId
    number: int
    anchor: int
    label: str | None = None
    prompts: list[PromptRecord] = field(default_factory=list)
    segments: dict[Direction, list[Segment]] = field(default_factory=dict)
    primed: bool = False
    removed: bool = False
    cleared: list[int] = field(default_factory=list)
    reason: str | None = None
    retired: int | None = None

    def prompts_at(self, place: int) -> list[PromptRecord]:
        """Of one frame."""
        return [each for each in self.prompts if each.place == place]


@dataclass(eq=False)
class Event:
    """What a pass did with its session after it showed the frame of a step (introductions: with
    it). A session is a function of its frames and its events, so that it can be had again.

    Attributes:
        step: of the newest frame then.
        kind: introduce, join (after the frame was answered), condition, correct, mask, remove or
            clear.
        object_id: of the object.
        prompt: the number of the prompt; of what is cleared, the place of the frame.
        keep: the stored answer of this frame stays.
    """

    step: int
    kind: str
    object_id: ObjectId
    prompt: int = -1
    keep: bool = False


@dataclass
class PassRecord:
    """A pass over frames, with a session of its own.

    Attributes:
        number: of the pass in its job, and of its folder of snapshots.
        direction: in which it goes.
        base: the step of its session's frame 0.
        position: the last step that it answered.
        interval: of its snapshots, in frames.
        founders: the objects with which it began, others of its first snapshot are dropped; None
            of a pass that began without a snapshot of another one.
        events: in their order.
        flight: the step that is being computed, so that what comes in meanwhile counts after it.
    """

    number: int
    direction: Direction
    base: int
    position: int
    interval: int = FIRST_INTERVAL
    founders: list[ObjectId] | None = None
    events: list[Event] = field(default_factory=list)
    flight: int | None = None

    @property
    def now(self) -> int:
        """The step after which the next event comes."""
        return self.position if self.flight is None else max(self.position, self.flight)


@dataclass
class SearchRecord:
    """A search for objects.

    Attributes:
        pass_number: of the pass whose session it looks with.
        what: is looked for, in words.
        looked: the last step that it looked at.
        state: of the discoverer then.
    """

    pass_number: int
    what: str
    looked: int
    state: dict[str, Any] = field(default_factory=dict)


@dataclass
class JobRecord:
    """All of job.json.

    Attributes:
        source: identity of the video.
        settings: what the answers depend on, by name.
        span: which frames are tracked.
        objects: in the order of introduction, those removed included.
        passes: those that a segment names.
        length: frames of the video, where reading told.
        next_pass, next_prompt: the first numbers that weren't used yet.
        search: for objects, where there is one.
    """

    source: dict[str, Any]
    settings: dict[str, str]
    span: Span
    objects: list[ObjectRecord] = field(default_factory=list)
    passes: dict[int, PassRecord] = field(default_factory=dict)
    length: int | None = None
    next_pass: int = 0
    next_prompt: int = 0
    search: SearchRecord | None = None

    def write(self, folder: Path) -> None:
        """Write it in place of the one before.

        Raises:
            StorageError: it can't be written.
        """
        plain = {
            "version": VERSION,
            "source": self.source,
            "settings": self.settings,
            "span": asdict(self.span),
            "length": self.length,
            "next_pass": self.next_pass,
            "next_prompt": self.next_prompt,
            "objects": [_plain_object(each) for each in self.objects],
            "passes": [_plain_pass(each) for each in self.passes.values()],
            "search": None if self.search is None else asdict(self.search),
        }
        write_whole(folder / NAME, json.dumps(plain) + "\n")

    @classmethod
    def read(cls, folder: Path) -> JobRecord:
        """What `write` wrote.

        Raises:
            JobError: there is none, or it can't be used.
        """
        file = folder / NAME
        try:
            plain = json.loads(file.read_text(encoding="utf-8"))
            version = plain["version"]
            if version == VERSION:
                return cls(
                    plain["source"],
                    plain["settings"],
                    Span(**plain["span"]),
                    [_read_object(each) for each in plain["objects"]],
                    {each["number"]: _read_pass(each) for each in plain["passes"]},
                    plain["length"],
                    plain["next_pass"],
                    plain["next_prompt"],
                    SearchRecord(**search) if (search := plain.get("search")) else None,
                )
        except FileNotFoundError:
            raise JobError(
                f"there is no job in {folder}: name the folder of one, or create one"
            ) from None
        except (OSError, KeyError, TypeError, ValueError, AttributeError) as error:
            raise JobError(
                f"{file} can't be read ({type(error).__name__}: {error}): track the video again "
                "in another folder"
            ) from error
        raise JobError(
            f"{file} has version {version!r}, not {VERSION}: another version of samurai wrote it. "
            "Track the video again in another folder"
        )


def as_prompt(owner: ObjectRecord, prompt: PromptRecord, span: Span) -> ObjectPrompt:
    """A prompt as it was given."""
    frame, first = span.frame(prompt.place), prompt is owner.prompts[0]
    reason = owner.reason if first else None
    return ObjectPrompt(owner.object_id, frame, prompt.region, owner.label, reason)


def reason_of(owner: ObjectRecord, span: Span) -> str:
    """Why an object is there, for people."""
    if owner.reason is not None:
        return owner.reason
    if not owner.prompts:
        return "another video"
    kind = {"Points": "clicks"}.get(type(owner.prompts[0].region).__name__)
    kind = kind or type(owner.prompts[0].region).__name__.lower()
    return f"{kind} at frame {span.frame(owner.prompts[0].place)}"


def _plain_object(obj: ObjectRecord) -> dict[str, Any]:
    prompts = [
        {
            "number": each.number,
            "place": each.place,
            "region": written_region(each.region),
            "taken": sorted(each.taken),
            "answered": each.answered,
        }
        for each in obj.prompts
    ]
    return {**vars(obj), "prompts": prompts}


def _read_object(plain: dict[str, Any]) -> ObjectRecord:
    prompts = [
        PromptRecord(
            each["number"],
            each["place"],
            trusted_region(each["region"]),
            set(each["taken"]),
            each["answered"],
        )
        for each in plain["prompts"]
    ]
    segments = {
        way: [(number, begin) for number, begin in parts]
        for way, parts in plain["segments"].items()
    }
    return ObjectRecord(**{**plain, "prompts": prompts, "segments": segments})


def _plain_pass(pass_: PassRecord) -> dict[str, Any]:
    plain = {name: value for name, value in vars(pass_).items() if name != "flight"}
    return {**plain, "events": [list(vars(each).values()) for each in pass_.events]}


def _read_pass(plain: dict[str, Any]) -> PassRecord:
    return PassRecord(**{**plain, "events": [Event(*each) for each in plain["events"]]})
