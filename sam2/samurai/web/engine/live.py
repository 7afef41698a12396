"""A live source with a client's objects: tracked as frames come, and only the newest is kept."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch

from samurai.core.session_checks import check_correction
from samurai.errors import DeviceError, RegionError, SamuraiError
from samurai.masks import resized
from samurai.regions import Answer, Mask, ObjectId, Points, Region
from samurai.runtime.turns import Turns
from samurai.tracker import Tracker
from samurai.video.sources.base import Source, VideoFrame
from samurai.video.tracked import TrackedFrame
from samurai.web.engine.inputs import Size, box_of, mask_of, points_of
from samurai.web.engine.propagation import Kind, Outcome
from samurai.web.problems import Busy, Conflict, NotFound, WebError

log = logging.getLogger(__name__)


OUT_OF_MEMORY = (
    "the device has too little memory for these objects: close a session, or choose a smaller "
    "model or device cpu"
)

LONGEST_WAIT = 5.0
"""Seconds for which `close` waits for a source that doesn't react."""


@dataclass(frozen=True)
class _Prompt:
    number: int
    region: Region
    replaces: bool


class LiveSession:
    """Tracks a live source in a thread from the start on. Made by `Engine.open_live`; every call is
    safe in any thread.

    A prompt means the newest frame and counts in the next one. Answers are `TrackedFrame`s with the
    client's numbers; frames are numbered as they come. Where their size changes, objects go on from
    their last masks. Every call but `outcome` raises NotFound once it is closed.

    Args:
        session_id, created_at: for clients.
        source: is closed with the session.
        tracker: whose device is shared.
        turns: at that device.
        most_objects: that it may have.
        counted: called for each frame that was tracked.
        touched: called when the session is used.

    Attributes:
        session_id, created_at: as given.
    """

    def __init__(
        self,
        session_id: str,
        created_at: str,
        source: Source,
        tracker: Tracker,
        turns: Turns,
        most_objects: int,
        counted: Callable[[], None],
        touched: Callable[[], None],
    ) -> None:
        self.session_id, self.created_at = session_id, created_at
        self._source, self._tracker, self._turns = source, tracker, turns
        self._most, self._counted, self._touched = most_objects, counted, touched
        self._session = tracker.session()
        self._stop = threading.Event()
        self._news = threading.Condition(threading.RLock())
        self._waiting: list[_Prompt] = []
        self._gone: list[ObjectId] = []
        self._ids: dict[int, ObjectId] = {}
        self._next = 0
        self._newest: tuple[VideoFrame, TrackedFrame] | None = None
        self._outcome: Outcome | None = None
        self._count = 0
        self._thread = threading.Thread(target=self._work, name="samurai-live", daemon=True)
        self._thread.start()

    # --- what comes

    @property
    def outcome(self) -> Outcome | None:
        """How the source ended; None while frames come."""
        return self._outcome

    def newest(self, timeout: float | None = None) -> tuple[VideoFrame, TrackedFrame] | None:
        """The newest frame with its answers; None where none came in time, or ever.

        Args:
            timeout: seconds to wait for the first one; None waits to the end.
        """
        return self.answered(-1, timeout)

    def read(self, after: int = -1, timeout: float | None = None) -> TrackedFrame | None:
        """The newest answers, as soon as they are of a frame after another one; those between are
        left out. None where none came in time, or where there are none any more: `outcome` tells.

        Args:
            after: the number of the frame that was read last.
            timeout: seconds to wait; None waits to the end.
        """
        found = self.answered(after, timeout)
        return None if found is None else found[1]

    def answered(self, index: int, timeout: float | None) -> tuple[VideoFrame, TrackedFrame] | None:
        """As `read`, with the frame."""
        self._check_open()
        self._touched()
        with self._news:
            self._news.wait_for(lambda: self._is_after(index) or self._outcome is not None, timeout)
            return self._newest if self._is_after(index) else None

    def _is_after(self, index: int) -> bool:
        return self._newest is not None and self._newest[0].index > index

    @property
    def numbers(self) -> list[int]:
        """The objects, in the order of introduction."""
        with self._news:
            return list(dict.fromkeys([*self._ids, *(each.number for each in self._waiting)]))

    # --- prompts

    def set_points(
        self,
        number: int,
        points: Sequence[Sequence[float]],
        labels: Sequence[int],
        *,
        replace: bool = True,
        normalized: bool = False,
    ) -> None:
        """Clicks in the newest frame; see `WebSession.set_points`.

        Raises:
            RegionError, Conflict: as there.
            Busy: no frame has come yet.
            SessionError: the policy can't be corrected.
        """
        self._give(_Prompt(number, points_of(points, labels, self._size(), normalized), replace))

    def set_box(self, number: int, box: Sequence[float]) -> None:
        """A box in the newest frame; see `set_points` and `WebSession.set_box`."""
        self._give(_Prompt(number, box_of(box, self._size()), True))

    def set_mask(self, number: int, rle: Mapping[str, Any]) -> None:
        """A mask of the newest frame; see `set_points` and `WebSession.set_mask`."""
        self._give(_Prompt(number, mask_of(rle, self._size()), True))

    def add_stroke(self, number: int, points: Sequence[Sequence[float]], label: int = 1) -> None:
        """A scribble in the newest frame; see `set_points` and `WebSession.add_stroke`."""
        points_of(points, [label] * len(points), self._size(), False)
        self._give(_Prompt(number, Points.along(points, label=label), False))

    def remove(self, number: int) -> None:
        """Forget an object.

        Raises:
            NotFound: no such object.
        """
        self._check_open()
        with self._news:
            waiting = [each for each in self._waiting if each.number != number]
            if number in self._ids:
                self._gone.append(self._ids.pop(number))
            elif len(waiting) == len(self._waiting):
                raise NotFound(f"there is no object {number}: there are {self.numbers or 'none'}")
            self._waiting = waiting

    def close(self) -> None:
        """Stop after the frame at work, and close the source; twice is allowed."""
        self._stop.set()
        self._turns.recheck()
        self._source.close()
        self._thread.join(LONGEST_WAIT)  # a network may keep it waiting; it ends by itself then

    def _check_open(self) -> None:
        if self._stop.is_set():
            raise NotFound("the live session is closed: open the source again")

    def _size(self) -> Size:
        self._check_open()
        with self._news:
            if self._newest is None:
                raise Busy("no frame has come yet: wait for the first one", 1)
            height, width = self._newest[0].pixels.shape[:2]
            return height, width

    def _give(self, prompt: _Prompt) -> None:
        self._touched()
        with self._news:
            if prompt.number in self.numbers:
                check_correction(self._tracker.new_policy())
            else:
                prompt.region.check(self._size())
                if len(self.numbers) >= self._most:
                    raise Conflict(f"a session has at most {self._most} objects: remove one")
            self._waiting.append(prompt)

    # --- the thread

    def _work(self) -> None:
        kind: Kind = "done"
        error: SamuraiError | None = None
        try:
            self._track_all()
        except SamuraiError as caught:
            kind, error = "error", caught
        except (torch.OutOfMemoryError, MemoryError):
            kind, error = "error", DeviceError(OUT_OF_MEMORY)
        except Exception as caught:
            log.exception("tracking a live source failed")
            kind = "error"
            error = WebError(
                f"tracking failed ({type(caught).__name__}: {caught}): open the source again, and "
                "report it"
            )
        if self._stop.is_set():
            kind, error = "cancelled", None
        with self._news:
            self._outcome = Outcome(kind, self._count, error)
            self._news.notify_all()
        self._session.close()

    def _track_all(self) -> None:
        for frame in self._source.frames():
            with self._turns.frame(self._stop) as given:
                if not given:
                    return
                answers = self._track(frame)
            self._counted()
            with self._news:
                self._count += 1
                self._newest = frame, TrackedFrame(frame.index, answers, frame.seconds, frame.name)
                self._news.notify_all()

    def _track(self, frame: VideoFrame) -> tuple[Answer, ...]:
        """Answers of the next frame, under the client's numbers."""
        carried = self._carried_over(frame)
        with self._news:
            waiting, self._waiting = self._waiting, []
            gone, self._gone = self._gone, []
            new, later = self._sorted(waiting, (frame.pixels.shape[0], frame.pixels.shape[1]))
            numbers = {identity: number for number, identity in self._ids.items()}
        for identity in gone:
            carried.pop(identity, None)
            if identity in self._session.object_ids:
                self._session.remove(identity)
        advance = self._session.start if self._session.frame_index < 0 else self._session.step
        answers = advance(frame.pixels, {**carried, **new})
        for prompt, identity in later:
            try:
                answers = self._session.correct(identity, prompt.region, replace=prompt.replaces)
            except SamuraiError as error:  # frames have another size since it was given
                log.warning("a correction is left out: %s", error)
        self._session.update_memory_async()
        return tuple(
            replace(each, object_id=numbers[each.object_id], prompted=each.prompted and fresh)
            for each in answers
            for fresh in [each.object_id not in carried]
            if each.object_id in numbers
        )

    def _sorted(
        self, waiting: Sequence[_Prompt], size: Size
    ) -> tuple[dict[ObjectId, Region], list[tuple[_Prompt, ObjectId]]]:
        """Prompts that introduce an object, and corrections, each with the session's identity."""
        new: dict[ObjectId, Region] = {}
        later: list[tuple[_Prompt, ObjectId]] = []
        for prompt in waiting:
            if prompt.number in self._ids:
                later.append((prompt, self._ids[prompt.number]))
                continue
            try:
                prompt.region.check(size)
            except RegionError as error:  # frames have another size since it was given
                log.warning("a prompt is left out: %s", error)
                continue
            self._ids[prompt.number], self._next = self._next, self._next + 1
            new[self._ids[prompt.number]] = prompt.region
        return new, later

    def _carried_over(self, frame: VideoFrame) -> dict[ObjectId, Region]:
        """The objects' last masks where the size of frames changes, for a session that begins
        anew; those that aren't seen are lost."""
        if self._newest is None or self._newest[0].pixels.shape == frame.pixels.shape:
            return {}
        height, width = frame.pixels.shape[:2]
        carried: dict[ObjectId, Region] = {}
        with self._news:
            for answer in self._newest[1].answers:
                scaled = resized(answer.mask, (height, width))
                if scaled.any() and int(answer.object_id) in self._ids:
                    carried[self._ids[int(answer.object_id)]] = Mask(scaled)
            self._ids = {n: each for n, each in self._ids.items() if each in carried}
        self._session.close()
        self._session = self._tracker.session()
        return carried
