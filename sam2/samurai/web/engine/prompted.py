"""Prompts of a client's session, and what they give at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from samurai.jobs import Job
from samurai.regions import Answer, Box, Points
from samurai.runtime.turns import Turns
from samurai.video.sources.base import Source
from samurai.video.tracked import TrackedFrame
from samurai.web.engine.client_job import ClientJob
from samurai.web.engine.first_masks import FirstMasks
from samurai.web.engine.inputs import box_of, checked_frame, mask_of, points_of
from samurai.web.engine.looking import Looking
from samurai.web.engine.previews import Previews
from samurai.web.engine.prompts import FramePrompt, ObjectPrompts
from samurai.web.problems import Conflict, NotFound

Point = Sequence[float]


@dataclass(frozen=True)
class Parts:
    """What a session is made of; `Engine.create` puts it together.

    Attributes:
        session_id, video_id, created_at: as in `SessionState`.
        source, job, client_job, previews: of this session alone.
        open_source: opens the video once more.
        turns: at the device.
        looking: finds candidates; shared by all sessions.
        most_objects: that it may have.
        touched: called when the session is used.
    """

    session_id: str
    video_id: str
    created_at: str
    source: Source
    open_source: Callable[[], Source]
    job: Job
    client_job: ClientJob
    previews: Previews
    turns: Turns
    looking: Looking
    most_objects: int
    touched: Callable[[], None]


class PromptedSession:
    """The part of a `WebSession` that takes prompts.

    Attributes:
        session_id, video_id, created_at: as in `SessionState`.
        num_frames: of the video.
    """

    def __init__(self, parts: Parts) -> None:
        self._parts, self._client_job = parts, parts.client_job
        self.session_id, self.video_id = parts.session_id, parts.video_id
        self.created_at = parts.created_at
        info = parts.source.info
        self.num_frames = info.frame_count or 0
        self._size = (info.height, info.width)
        self._first = FirstMasks(parts.previews)
        self._looks: dict[int, tuple[str | None, str | None]] = {}

    # --- prompts: each returns the frame as `frame` does

    def set_points(
        self,
        frame: int,
        number: int,
        points: Sequence[Point],
        labels: Sequence[int],
        *,
        replace: bool = True,
        normalized: bool = False,
    ) -> TrackedFrame:
        """Clicks on an object (label 1) or beside it (0).

        Args:
            replace: in place of all that the frame has of the object; else they add up.
            normalized: points are parts of width and height, not pixels.

        Raises:
            RegionError: other labels or another number of them, points outside the frame or not
                finite, no click on an object that is new.
            Unprocessable: too many clicks on one frame.
            Conflict: too many objects.
            SessionError: the policy can't be corrected.
        """
        clicks = points_of(points, labels, self._size, normalized)
        return self._click(frame, number, clicks, replace)

    def set_box(self, frame: int, number: int, box: Sequence[float]) -> TrackedFrame:
        """A box, in place of all that the frame has of the object.

        Args:
            box: x and y of the upper left and of the lower right corner, in pixels; the part that
                lies in the frame counts.

        Raises:
            RegionError: corners in the wrong order, no area, not finite, wholly outside.
            Conflict, SessionError: as `set_points`.
        """
        region = box_of(box, self._size)
        return self._prompt(frame, number, lambda _: FramePrompt(region))

    def set_mask(self, frame: int, number: int, rle: Mapping[str, Any]) -> TrackedFrame:
        """A mask, in place of all that the frame has of the object.

        Args:
            rle: COCO's run-length code, of the frame's size.

        Raises:
            RegionError: not a code, another size, empty.
            Conflict, SessionError: as `set_points`.
        """
        region = mask_of(rle, self._size)
        return self._prompt(frame, number, lambda _: FramePrompt(region))

    def add_stroke(
        self,
        frame: int,
        number: int,
        points: Sequence[Point],
        label: int = 1,
        *,
        replace: bool = False,
    ) -> TrackedFrame:
        """A scribble along an object (label 1) or beside it (0): clicks at equal distances.

        Raises:
            RegionError, Unprocessable, Conflict, SessionError: as `set_points`.
        """
        points_of(points, [label] * len(points), self._size, False)
        return self._click(frame, number, Points.along(points, label=label), replace)

    def clear_frame(self, frame: int, number: int) -> TrackedFrame:
        """Take the prompts of an object in a frame back; none there is fine. An object without any
        prompt keeps its name and color, and isn't tracked.

        Raises:
            NotFound: no such object.
            RegionError: what is left of its prompts doesn't say where it is.
        """
        with self._client_job.in_use(), self._client_job.lock:
            checked_frame(frame, self.num_frames)
            wanted = self._client_job.wanted
            wanted[number] = self._known(number).changed(frame, None)
            self._client_job.want(wanted)
            self._first.forget(number, frame)
        return self.frame(frame)

    def clear_all(self) -> None:
        """Forget all objects with their prompts and answers."""
        with self._client_job.in_use(), self._client_job.lock:
            for number in self._client_job.wanted:
                self._first.forget(number)
            self._client_job.want({})
            self._looks.clear()

    def remove(self, number: int) -> list[int]:
        """Forget an object; the frames whose answers changed, ascending.

        Raises:
            NotFound: no such object.
        """
        with self._client_job.in_use(), self._client_job.lock:
            self._known(number)
            done = self._client_job.spans()[number].done
            wanted = self._client_job.wanted
            del wanted[number]
            self._client_job.want(wanted)
            self._first.forget(number)
            self._looks.pop(number, None)
        return [frame for part in done for frame in part]

    def preview(
        self,
        frame: int,
        number: int | None = None,
        points: Sequence[Point] = (),
        labels: Sequence[int] = (),
        box: Sequence[float] | None = None,
    ) -> TrackedFrame:
        """The mask that a prompt would give, as the only answer of a frame; nothing changes.

        Args:
            number: of the object, which need not be there; 0 if None.

        Raises:
            RegionError: the prompt can't be used.
        """
        with self._client_job.in_use():
            checked_frame(frame, self.num_frames)
            place = None if box is None else box_of(box, self._size)
            clicks = None
            if place is None or len(points) or len(labels):
                clicks = points_of(points, labels, self._size, False)
            region = FramePrompt(place, clicks).as_one
            found = self._parts.previews.preview(frame, region)
            answer = Answer(
                *(number or 0, found.mask, found.box),
                *(found.confidence, found.box is None, True),
            )
            return TrackedFrame(frame, (answer,), self._parts.previews.frame(frame).seconds)

    def frame(self, frame: int) -> TrackedFrame:
        """Objects that are done in a frame, and those that are prompted there with a preview of
        their masks."""
        with self._client_job.in_use():
            checked_frame(frame, self.num_frames)
            with self._client_job.lock:
                result, wanted = self._client_job.result(frame), self._client_job.wanted
            answers = {each.object_id: each for each in result.answers}
            seconds = result.seconds
            for number, want in wanted.items():
                if number not in answers and frame in want.frames:
                    answer = self._first.answer(frame, number, want.frames[frame])
                    if answer is not None:
                        answers[number] = answer
                        seconds = self._parts.previews.frame(frame).seconds
            shown = tuple(answers[number] for number in wanted if number in answers)
            return replace(result, answers=shown, seconds=seconds)

    # --- changes

    def _click(self, frame: int, number: int, clicks: Points, replaced: bool) -> TrackedFrame:
        def change(before: FramePrompt | None) -> FramePrompt:
            old = FramePrompt() if replaced or before is None else before
            return old.with_clicks(clicks)

        return self._prompt(frame, number, change)

    def _prompt(
        self, frame: int, number: int, change: Callable[[FramePrompt | None], FramePrompt]
    ) -> TrackedFrame:
        with self._client_job.in_use(), self._client_job.lock:
            checked_frame(frame, self.num_frames)
            wanted = self._client_job.wanted
            if number not in wanted and len(wanted) >= self._parts.most_objects:
                raise Conflict(
                    f"a session has at most {self._parts.most_objects} objects: remove one"
                )
            before = wanted.get(number, ObjectPrompts())
            wanted[number] = before.changed(frame, change(before.frames.get(frame)))
            place = self._place(frame, number, before)
            self._client_job.want(wanted)
            self._first.note(frame, number, place)
        return self.frame(frame)

    def _place(self, frame: int, number: int, before: ObjectPrompts) -> Box | None:
        """Where tracking saw an object that is corrected now."""
        if frame in before.frames or not before.tracked:
            return None
        answers = self._client_job.result(frame).answers
        return next((each.box for each in answers if each.object_id == number), None)

    def _known(self, number: int) -> ObjectPrompts:
        wanted = self._client_job.wanted
        if number not in wanted:
            known = ", ".join(map(str, wanted)) or "none"
            raise NotFound(f"there is no object {number}; there are: {known}")
        return wanted[number]
