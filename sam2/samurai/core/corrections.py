"""Corrections of the newest frame, and prompts of other frames: conditioning memories."""

from __future__ import annotations

from dataclasses import dataclass

from samurai.core.clicks import clicks_of
from samurai.core.encoded import EncodedFrame
from samurai.core.hypotheses import SelectedHypothesis, View
from samurai.core.memory_writer import MemoryUpdate, MemoryWriter
from samurai.core.objects import TrackedObject, Upcoming
from samurai.core.pipeline import Pipeline
from samurai.core.preprocess import Frame
from samurai.core.search_region import SearchRegion, SearchRegionTracker, region_around
from samurai.core.state import SessionState
from samurai.errors import SessionError
from samurai.regions import Box, Region


@dataclass(frozen=True)
class Corrections:
    """What a session does with prompts of objects that it tracks.

    Attributes:
        pipeline: the network's part.
        writer: of memories; nothing is owed when a method is called.
        window: side of search regions in object sizes; None where the network sees the whole frame.
        most: conditioning frames of an object, the first prompt's included.
    """

    pipeline: Pipeline
    writer: MemoryWriter
    window: float | None
    most: int

    def correct(self, state: SessionState, tracked: TrackedObject, prompt: Region) -> None:
        """Decode an object's newest mask anew, and store it as a conditioning memory.

        Args:
            prompt: with all clicks on this frame, checked against it.
        """
        before = next(each for each in state.best() if each.object_id == tracked.object_id)
        frame, view = self._view_for(state, before, prompt)
        prediction = self.pipeline.correct(frame, view, before, prompt)
        selected = tracked.correct(prediction, self.most)
        self._store(state, frame, tracked, selected)
        state.replace_selections(selected)
        tracked.clicks = clicks_of(frame.index, prompt)

    def follow(self, state: SessionState, tracked: TrackedObject, box: Box | None) -> None:
        """Let the search region start where a corrected object is; nowhere else if it is absent."""
        if box is not None and self.window is not None:
            assert state.frame_size is not None
            tracked.region_tracker = SearchRegionTracker(self.window, state.frame_size, box)

    def condition(
        self,
        state: SessionState,
        tracked: TrackedObject,
        region: Region,
        frame: Frame,
        frame_index: int,
    ) -> None:
        """Store what another frame's prompt is decoded to as a conditioning memory."""
        view = View(0, self._around((frame.shape[0], frame.shape[1]), region))
        encoded = self.pipeline.encode_view(frame, frame_index, view.region)
        prediction = self.pipeline.decode(encoded, view, region)
        prediction = prediction.only(prediction.decoded.best())
        tracked.add_conditioning(frame_index, self.most)
        first, *others = tracked.memories
        selected = SelectedHypothesis(tracked.object_id, 0, 0, first, prediction, 0, True)
        self._store(state, encoded, tracked, selected)
        for memory in others:
            memory.share(frame_index, first)
        if frame_index > state.frame_index:
            tracked.upcoming[frame_index] = Upcoming(prediction, clicks_of(frame_index, region))

    def _store(
        self,
        state: SessionState,
        frame: EncodedFrame,
        tracked: TrackedObject,
        selected: SelectedHypothesis,
    ) -> None:
        state.reserve(state.objects, self.pipeline.prompts.requirements)
        self.writer.store_prompted(MemoryUpdate(frame.index, frame.features, [tracked], [selected]))

    def _view_for(
        self, state: SessionState, before: SelectedHypothesis, prompt: Region
    ) -> tuple[EncodedFrame, View]:
        """The newest frame, encoded in a view that shows what a prompt is about."""
        assert state.frame_size is not None
        region = before.view.region
        if region is None or region.shows(prompt):
            encoded = state.encoded
            if encoded is not None and encoded.views.get(before.object_id) == before.view:
                return encoded, before.view
        else:
            region = self._around(state.frame_size, prompt)
        if state.pixels is None:
            raise SessionError(
                "the session was restored without its frame: give it to restore, or step first"
            )
        encoded = self.pipeline.encode_view(state.pixels, state.frame_index, region)
        return encoded, View(0, region)

    def _around(self, size: tuple[int, int], prompt: Region) -> SearchRegion | None:
        """The search region around what a prompt marks; None where the whole frame is seen."""
        return None if self.window is None else region_around(self.window, size, prompt)
