"""A video whose objects can be corrected, removed, previewed and gone back to between frames."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray

from samurai.core.clicks import accumulated
from samurai.core.corrections import Corrections
from samurai.core.encoded import EncodedFrame
from samurai.core.frame_session import FrameSession, Objects, Prompts
from samurai.core.memory_writer import MemoryUpdate
from samurai.core.preprocess import Frame, rgb_frame
from samurai.core.preview import Preview, Previewer
from samurai.core.priming import primed_from
from samurai.core.proposals import (
    POINTS_AT_ONCE,
    Proposal,
    ProposalSettings,
    checked_settings,
    decoded,
)
from samurai.core.session_checks import as_frame_index, check_correction, warn_of_prompts
from samurai.core.snapshots import Snapshot
from samurai.core.state import SessionState
from samurai.errors import FrameError, SessionError
from samurai.regions import Answer, ObjectId, Region, as_region

__all__ = ["Objects", "Session"]


class Session(FrameSession):
    """Tracks the objects of one video; they may be corrected and removed at any frame.

    Made by `Tracker.session()`; arguments as for `FrameSession`.
    """

    def __enter__(self) -> Session:
        return self

    @cached_property
    def _corrections(self) -> Corrections:
        return Corrections(self._pipeline, self._writer, self._window, self._conditioning_frames)

    def close(self) -> None:
        """Forget the video and free its memory, and what frames of previews were encoded to."""
        with self._one_thread():
            super().close()
            self._previewer.forget()

    @cached_property
    def _previewer(self) -> Previewer:
        return Previewer(self._pipeline, self._window, self._knots, self._threshold)

    @contextmanager
    def _undone_on_error(self) -> Iterator[None]:
        """Put the state back where an error ends a change half way; the newest frame is written
        into memory first."""
        self._write_memory()
        state, before = self._state, self._state.copied()
        before.encoded, before.pixels, before.whole = state.encoded, state.pixels, state.whole
        try:
            yield
        except BaseException:
            state.clear()
            self._state = before
            raise
        before.clear()

    @torch.inference_mode()
    def correct(
        self, object_id: ObjectId, prompt: Region, *, replace: bool = False
    ) -> list[Answer]:
        """Correct an object in the newest frame, and remember that for the frames to come.

        Clicks of several calls on one frame add up, as in SAM 2; a box (or clicks with a box) or a
        mask replaces them. What the corrected frame shows becomes a conditioning memory.

        Args:
            object_id: of an object that is tracked.
            prompt: clicks on the object or beside it, a box, or a mask, in the frame's pixels. A
                scribble becomes clicks by `Points.along`.
            replace: forget the clicks of earlier calls on this frame.

        Returns:
            The frame's answers anew, as `step` returned them.

        Raises:
            RegionError: the prompt can't be used.
            SessionError: no such object, no frame yet, or a policy that can't be corrected. Nothing
                has changed in either case.
        """
        with self._going_on() as state:
            tracked = state.find(object_id)
            check_correction(tracked.policy)
            if state.frame_size is None:
                raise SessionError("there is no frame to correct in yet: call step first")
            prompt = accumulated(tracked, state.frame_index, as_region(prompt), replace)
            prompt.check_places(state.frame_size)
            with self._network.precision(), self._undone_on_error():
                self._corrections.correct(state, tracked, prompt)
                located = self._locate(state.selections, state.frame_size)
                self._corrections.follow(state, tracked, located[state.objects.index(tracked)][1])
                return self._answers(located)

    @torch.inference_mode()
    def add(self, objects: Objects) -> list[Answer]:
        """Prompt new objects in the newest frame, which was answered already.

        As if they had been given to `step` with that frame: they are tracked from the next one on.
        The memories of the objects that are there stay as they are.

        Args:
            objects: as for `start`; identities are never used again.

        Returns:
            The frame's answers anew, those of the new objects last.

        Raises:
            RegionError: a prompt can't be used.
            SessionError: no frame yet, or an identity was used before. Nothing has changed in
                either case.
        """
        with self._going_on() as state:
            if state.frame_size is None:
                raise SessionError("there is no frame to add objects in yet: call start first")
            prompts = state.identities.introduce(objects)
            for region in prompts.values():
                region.check(state.frame_size)
            if not prompts:
                return self._answers(self._locate(state.selections, state.frame_size))
            with self._network.precision(), self._undone_on_error():
                return self._added(state, prompts, state.frame_size)

    def _added(
        self, state: SessionState, prompts: dict[ObjectId, Region], size: tuple[int, int]
    ) -> list[Answer]:
        index = state.frame_index
        new = [self._new_object(size, index, *each) for each in prompts.items()]
        if self._requirements.frames:
            for tracked in new:
                tracked.policy.observe(state.history)
        if self._window is None:
            encoded = self._whole_frame().seen_whole(list(prompts))
            state.encoded = state.whole = encoded  # where corrections look for their views
        else:
            encoded = self._pipeline.encode(self._pixels(), index, new)
        state.reserve([*state.objects, *new], self._requirements)
        selections = self._pipeline.prompt(encoded, new, list(prompts.values()))
        self._move_regions(new, self._locate(selections, size))
        self._writer.submit(
            MemoryUpdate(index, encoded.features, new, selections, list(state.selections))
        )
        state.identities.take(prompts)
        state.objects = [*state.objects, *new]
        state.selections = [*state.selections, *selections]
        answers = self._answers(self._locate(state.selections, size))
        warn_of_prompts(list(prompts.values()), answers, size)
        return answers

    def _whole_frame(self) -> EncodedFrame:
        """The newest frame in one view, encoded once: shared with tracking where the network sees
        the whole frame."""
        state = self._state
        if state.whole is None:
            shared = self._window is None and state.encoded is not None and state.encoded.views
            state.whole = (
                state.encoded
                if shared
                else self._pipeline.encode_view(self._pixels(), state.frame_index, None)
            )
        assert state.whole is not None
        return state.whole

    def _pixels(self) -> Frame:
        if self._state.pixels is None:
            raise SessionError(
                "the session was restored without its frame: give it to restore, or step first"
            )
        return self._state.pixels

    @property
    def device_type(self) -> str:
        """Of the network's device: cpu, cuda or mps."""
        return self._network.device.type

    @torch.inference_mode()
    def propose_at(
        self, points: NDArray[np.float32], settings: ProposalSettings | None = None
    ) -> list[Proposal]:
        """Masks of what clicks of the newest frame show, each click by itself: up to three of a
        click, not yet without those that show the same (`core.proposals.distinct`).

        The frame is encoded at most once, and not anew where the network sees the whole frame.

        Args:
            points: float32 (N, 2) x and y in the frame's pixels.
            settings: the thresholds; SAM 2's if None. The grid isn't looked at.

        Raises:
            SessionError: no frame yet, or the session was restored without its frame.
        """
        settings = checked_settings(settings)
        with self._going_on() as state:
            if state.frame_size is None:
                raise SessionError("there is no frame to look at yet: call start first")
            with self._network.precision():
                features, found = self._whole_frame().features, list[Proposal]()
                for first in range(0, len(points), POINTS_AT_ONCE):
                    some = points[first : first + POINTS_AT_ONCE]
                    found += decoded(self._network, features, some, state.frame_size, settings)
                return found

    def clear_prompts(self, object_id: ObjectId, frame_index: int) -> None:
        """Make a corrected frame, or one with another prompt than the first, an ordinary memory,
        which is kept as long as the policy wants it. A frame still to come is forgotten.

        Raises:
            SessionError: no such object, or the frame has no such prompt.
        """
        with self._going_on() as state:
            tracked = state.find(object_id)
            if frame_index not in tracked.conditioning:
                given = ", ".join(map(str, tracked.conditioning)) or "none"
                raise SessionError(
                    f"object {object_id!r} has no prompt to be cleared in frame {frame_index}; "
                    f"frames that have one: {given} (the first prompt, of frame {tracked.prompt}, "
                    "stays)"
                )
            self._write_memory()
            tracked.clear_prompts(frame_index)

    def remove(self, object_id: ObjectId) -> None:
        """Stop tracking an object, and free its memory. The others go on as they were.

        Raises:
            SessionError: no such object.
        """
        with self._going_on() as state:
            tracked = state.find(object_id)
            self._write_memory()
            state.remove(tracked)
            state.compact(self._requirements)

    @torch.inference_mode()
    def condition(self, frame: Frame, frame_index: int, prompts: Prompts) -> None:
        """Give objects that are tracked a prompt of another frame of the video.

        It is decoded by itself and becomes a conditioning memory. Where the frame is still to come,
        its answer will be the prompt's mask.

        Args:
            frame: the other frame, as for `start`.
            frame_index: where it is in the video, from 0; not the newest one.
            prompts: by identity.

        Raises:
            FrameError, RegionError: the input can't be used.
            SessionError: no such object, no frame yet, no mapping, or an index that isn't that of
                another frame (the newest one is for `correct`). Nothing has changed in any case.
        """
        with self._going_on() as state:
            if state.frame_index < 0:
                raise SessionError(f"condition needs a frame before it: {self._first_call()}")
            if not isinstance(prompts, Mapping):
                raise SessionError(
                    "condition takes a mapping of identities to prompts, {object_id: prompt}, not "
                    f"{type(prompts).__name__}"
                )
            frame_index = as_frame_index(frame_index)
            if frame_index == state.frame_index or frame_index < 0:
                raise SessionError(
                    f"frame {frame_index} can't be conditioned on: give a frame from 0 on that "
                    f"isn't the newest one ({state.frame_index}), which `correct` is for"
                )
            given = [(state.find(name), as_region(region)) for name, region in prompts.items()]
            frame = self._checked(frame, frame_index, [region for _, region in given])
            with self._network.precision(), self._undone_on_error():
                for tracked, region in given:
                    self._corrections.condition(state, tracked, region, frame, frame_index)

    def preview(self, frame: Frame, prompt: Region) -> Preview:
        """The mask that a prompt of a new object would give, without touching the session.

        A box is decoded from its corners. A network with search regions looks for a click in the
        whole frame and in regions of several sizes, and the surest mask counts; to track that, give
        `Mask(preview.mask)` to `start` or `step`. What the frame is encoded to is kept for the next
        call with the same frame.

        Raises:
            FrameError, RegionError: the input can't be used.
        """
        with self._one_thread():
            return self._previewer.preview(frame, as_region(prompt))

    def prime(self, like: Snapshot) -> None:
        """Look for the objects of another video in this one, from its first frame on.

        Their conditioning memories count as seen right before the first frame; motion and search
        regions start empty. Objects that look alike in both videos are found, by appearance alone.
        Call `step` with the first frame then, not `start`.

        Args:
            like: a snapshot of a session with the same model and settings.

        Raises:
            SessionError: this session has begun already, the snapshot is one of another model, or
                the network looks for objects in search regions only, which the other video can't
                tell.
        """
        with self._one_thread():
            if self._state.frame_index >= 0 or self._state.objects:
                raise SessionError("prime needs a session that has no frame yet, and no objects")
            self._check_fits(like)
            if self._window is not None:
                raise SessionError(
                    "this model follows objects with search regions, and can't look for them in a "
                    "whole frame: use one without, or set window to whole"
                )
            with self._undone_on_error():
                primed_from(self._state, like.state, self._new_policy)

    def snapshot(self) -> Snapshot:
        """The state after the newest frame, to come back to with `restore`.

        It shares its memories with the session and costs little, but holds them until its `close`.
        """
        with self._going_on() as state:
            self._write_memory()
            return Snapshot(state.copied(own_tensors=True))

    def restore(self, snapshot: Snapshot, frame: Frame | None = None) -> None:
        """Go back to a snapshot, which stays as it is. What follows has the same bits as if the
        session had never gone on.

        Args:
            snapshot: of this session, or of another one of the same model and settings.
            frame: the frame that the snapshot was taken after; only needed to correct in it.

        Raises:
            FrameError: the frame has another size.
            SessionError: the snapshot was closed, or is one of another model.
        """
        with self._one_thread():
            self._check_fits(snapshot)
            if frame is not None:
                frame = rgb_frame(frame)
                size = snapshot.state.frame_size
                if size is None:
                    raise FrameError("the snapshot was taken before the first frame: give none")
                if frame.shape[:2] != size:
                    raise FrameError(
                        f"the frame isn't the snapshot's, which is {size[1]}x{size[0]}: give the "
                        "frame after which the snapshot was taken"
                    )
            own = snapshot.state.bank is self._state.bank
            state = snapshot.state.copied(None if own else self._empty_state().bank)
            if frame is not None:
                state.pixels = frame.copy()
            self._writer.discard()
            self._state.clear()
            self._state = state

    def _check_fits(self, snapshot: Snapshot) -> None:
        """Raise SessionError unless a snapshot is one of this model and these settings."""
        if not isinstance(snapshot, Snapshot):
            raise SessionError(
                f"a snapshot is what session.snapshot() returns, not {type(snapshot).__name__}"
            )
        theirs = snapshot.state.made_with
        if theirs != self._made_with:
            raise SessionError(
                f"the snapshot was made with {theirs}; the session has {self._made_with}. Use a "
                "tracker with the same model and settings"
            )
