"""A client's session: prompts, tracking and results of one video."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

from samurai.core.snapshots import Snapshot
from samurai.discovery import DiscoverySettings
from samurai.discovery.candidates import Candidate
from samurai.discovery.detectors import Words
from samurai.errors import SamuraiError
from samurai.painting.colors import PALETTES, Color, extended
from samurai.painting.pages import css
from samurai.regions import ObjectId
from samurai.video.prompts.base import ObjectPrompt
from samurai.video.tracked import TrackedFrame
from samurai.web.engine.exporting import VIDEOS, check_format, export_answers, export_video
from samurai.web.engine.inputs import checked_frame
from samurai.web.engine.looking import Search
from samurai.web.engine.prompted import Parts, PromptedSession
from samurai.web.engine.propagation import Propagation, Route
from samurai.web.engine.views import ObjectState, SessionState, Track
from samurai.web.problems import Conflict, Unprocessable

Way = Literal["forward", "backward", "both"]


class WebSession(PromptedSession):
    """One video with a client's objects. Made by `Engine.create`; every call is safe in any thread.

    Objects have the client's numbers. Frames that come back are `TrackedFrame`s with these numbers
    as `object_id`; objects come in the order in which the client introduced them.
    Every call raises NotFound once the session is closed, and Unprocessable for a frame that the
    video doesn't have. Prompts that come while it tracks count between two frames.

    Attributes:
        session_id, video_id, created_at: as in `SessionState`.
        num_frames: of the video.
    """

    def __init__(self, parts: Parts) -> None:
        super().__init__(parts)
        self._propagation: Propagation | None = None

    @property
    def running(self) -> bool:
        """Whether frames are being tracked."""
        propagation = self._propagation
        return propagation is not None and propagation.running

    # --- tracking

    def propagate(
        self,
        start: int | None = None,
        direction: Way = "both",
        max_frames: int | None = None,
        search: Search | None = None,
    ) -> Propagation:
        """Track what is stale, and read the answers of the frames asked for.

        Args:
            start: the frame at which reading begins; None is the earliest one with a prompt.
            direction: forward reads to the end, backward to frame 0, both does one after the other.
            max_frames: frames per direction, the start frame included.
            search: for new objects, which get numbers above all others.

        Raises:
            Conflict: no prompts and no search, it is running already, or the way isn't possible.
            Unprocessable: no such start, or fewer than one frame.
        """
        if max_frames is not None and max_frames < 1:
            raise Unprocessable(f"max_frames is {max_frames}: give at least 1, or none")
        if start is not None:
            checked_frame(start, self.num_frames)
        with self._client_job.in_use(), self._client_job.lock:
            if self.running:
                raise Conflict("this session is tracking already: wait for it, or cancel it")
            wanted = [each for each in self._client_job.wanted.values() if each.tracked]
            if not wanted and search is None:
                raise Conflict("no prompts: mark an object first")
            if self._parts.job.span.direction == "forward" and direction != "forward":
                if direction == "backward":
                    raise Conflict("objects of another video are only tracked forward: do that")
                direction = "forward"
            prompted = [frame for each in wanted for frame in each.frames]
            if start is None:
                primed = search or any(each.primed for each in wanted)
                start = 0 if primed else min(prompted)
            anchors = [each.anchor for each in wanted if each.anchor is not None]
            route = Route.of(start, direction, max_frames, self.num_frames, anchors)
            parts = self._parts
            discoverer = None if search is None else parts.looking.discoverer(search)
            self._propagation = Propagation(
                self._client_job, route, parts.turns, parts.touched, discoverer
            )
            return self._propagation

    def cancel(self) -> bool:
        """Stop tracking after the frame at work, and wait for that; whether it was running."""
        with self._client_job.in_use():
            propagation = self._propagation
            return propagation is not None and propagation.cancel()

    def stop_run(self, error: SamuraiError) -> None:
        """Stop tracking after the frame at work, with an error for who reads it."""
        if self._propagation is not None:
            self._propagation.stop(error)

    # --- objects that are found

    def find(
        self,
        frame: int,
        words: Words | None = None,
        settings: DiscoverySettings | None = None,
        stop: threading.Event | None = None,
    ) -> list[Candidate]:
        """What may be new objects in a frame; nothing changes. Each has pixels of its own, which no
        object of the session covers there.

        Args:
            words: to look for; None looks by a grid of clicks.
            settings: what counts; the defaults if None. At most the objects are found that the
                session may still have.
            stop: ends the search; what was found by then is all.

        Raises:
            NotAvailable: words, and the server has no detector.
            DetectorError: the detector fails.
        """
        tracked = self.frame(frame).answers
        settings = replace(settings or DiscoverySettings(), max_objects=self._parts.most_objects)
        looking, stop = self._parts.looking, stop or threading.Event()
        with self._client_job.in_use():
            pixels = self._parts.previews.frame(frame)
            if words is None:
                return looking.by_grid(pixels, tracked, settings, stop)
            return looking.by_words(pixels, tracked, words, settings, stop)

    # --- results

    def results(self, start: int = 0, stop: int | None = None) -> Iterator[TrackedFrame]:
        """Frames of a range in which any object is done, by number; read one by one."""
        stop = self.num_frames if stop is None else min(stop, self.num_frames)
        with self._client_job.in_use():
            spans = self._client_job.spans().values()
            parts = [part for each in spans for part in each.done]
        return self._read(range(start, stop), parts)

    def _read(self, frames: range, parts: Sequence[range]) -> Iterator[TrackedFrame]:
        with self._client_job.in_use():
            for frame in frames:
                if any(frame in part for part in parts):
                    result = self._client_job.result(frame)
                    if result.answers:
                        self._parts.touched()
                        yield result

    def prompts(self) -> list[ObjectPrompt]:
        """What the client wants, with its numbers; names, but for made-up ones, are labels."""
        with self._client_job.in_use(), self._client_job.lock:
            labels = self._labels()
            return [
                ObjectPrompt(number, frame, region, labels.get(number))
                for number, want in self._client_job.wanted.items()
                for frame in sorted(want.frames)
                for region in want.frames[frame].regions
            ]

    def timeline(self, start: int = 0, stop: int | None = None) -> list[Track]:
        """Confidence and absences of all objects in a range of frames."""
        stop = self.num_frames if stop is None else min(stop, self.num_frames)
        frames = range(max(0, start), stop)
        with self._client_job.in_use():
            return [
                Track(
                    number,
                    tuple(None if each is None else each[0] for each in found),
                    tuple(None if each is None else each[1] for each in found),
                )
                for number in self._client_job.wanted
                for found in [self._client_job.scores(number, frames)]
            ]

    def view(self) -> SessionState:
        """Objects, prompts, what is done and stale."""
        with self._client_job.in_use(), self._client_job.lock:
            spans, objects = self._client_job.spans(), []
            labels, reasons = self._client_job.labels, self._client_job.reasons
            for number, want in self._client_job.wanted.items():
                name, color = self._looks.get(number, (None, None))
                name = name or labels.get(number)
                prompts = [want.frames[frame].state(frame) for frame in sorted(want.frames)]
                done, stale = (_ends(each) for each in (spans[number].done, spans[number].stale))
                shown = color or default_color(number)
                why = reasons.get(number)
                name = name or f"Object {number}"
                objects.append(ObjectState(number, name, shown, tuple(prompts), done, stale, why))
        return SessionState(
            *(self.session_id, self.video_id, self.num_frames, self.created_at),
            *(self.running, tuple(objects)),
        )

    def export(self, name: str, folder: Path) -> Path:
        """Write what is done in a format of `samurai track`'s exports; or, with the name of a
        video's suffix (mp4, webm), the video with the answers drawn on it.

        Args:
            folder: empty; the export is a file or folder in it.

        Returns:
            The file or folder.

        Raises:
            NotFound: no such format.
            ExportError: the format can't hold these answers.
            Conflict: nothing is done yet.
            StorageError: it can't be written.
        """
        check_format(name)
        with self._client_job.in_use():
            view = self.view()
            labels = self._labels()
            if not any(each.done for each in view.objects):
                raise Conflict("nothing is tracked yet, so there is nothing to export: track first")
            if name in VIDEOS:
                colors: dict[ObjectId, Color] = {
                    each.number: rgb_of(each.color) for each in view.objects
                }
                with self._parts.open_source() as source:
                    return export_video(name, folder, source, self.results(), labels, colors)
            numbers = [each.number for each in view.objects]
            info = self._parts.source.info
            return export_answers(name, folder, info, self.results(), numbers, labels)

    def objects_seen(self) -> tuple[Snapshot, dict[int, ObjectId]]:
        """The newest state of the objects, to look for them in another video, and the identities in
        it by the client's numbers.

        Raises:
            JobError: nothing is tracked yet.
        """
        with self._client_job.in_use(), self._client_job.lock:
            snapshot, ids = self._parts.job.snapshot(), self._client_job.ids
            known = {each.object_id for each in snapshot.state.objects}
            return snapshot, {number: name for number, name in ids.items() if name in known}

    def close(self) -> None:
        """Stop tracking after the frame at work, and free all but the folder; see `Engine`."""
        if self._client_job.close():
            if self._propagation is not None:
                self._propagation.close()
            self._parts.previews.close()
            self._parts.job.close()
            self._parts.source.close()

    # --- names

    def _labels(self) -> dict[ObjectId, str]:
        """Names that the client gave, else words that objects were found by."""
        labels: dict[ObjectId, str] = dict(self._client_job.labels.items())
        labels.update((number, name) for number, (name, _) in self._looks.items() if name)
        return labels

    def rename(self, number: int, name: str | None = None, color: str | None = None) -> ObjectState:
        """Another name or color (#rrggbb).

        Raises:
            NotFound: no such object.
        """
        with self._client_job.in_use(), self._client_job.lock:
            self._known(number)
            old_name, old_color = self._looks.get(number, (None, None))
            self._looks[number] = (name or old_name, color or old_color)
            return next(each for each in self.view().objects if each.number == number)


def _ends(parts: Sequence[range]) -> tuple[tuple[int, int], ...]:
    return tuple((part[0], part[-1]) for part in parts)


def default_color(number: int) -> str:
    """The color that exported videos give an object, as #rrggbb."""
    colors = extended(next(iter(PALETTES)))
    return css(colors[number % len(colors)])


def rgb_of(color: str) -> Color:
    """#rrggbb as numbers."""
    red, green, blue = bytes.fromhex(color[1:])
    return red, green, blue
