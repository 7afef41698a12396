"""One video: frames and prompts in, answers out.

    step(frame): encode -> per object: recall, condition, decode, choose -> answers
    update_memory(): the chosen masks become memories, and the policies say what is kept

All that a video leaves behind is in `core.state`. What changes objects between frames is in
`core.session`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NoReturn

import numpy as np
import torch
from numpy.typing import NDArray

from samurai.core.clicks import clicks_of
from samurai.core.frame_history import FrameHistory
from samurai.core.hypotheses import SelectedHypothesis
from samurai.core.memory_bank import MemoryBank
from samurai.core.memory_writer import MemoryUpdate, MemoryWriter
from samurai.core.objects import TrackedObject
from samurai.core.pipeline import Pipeline
from samurai.core.postprocess import LocatedMask, locate_all, separate, to_answer
from samurai.core.preprocess import Frame
from samurai.core.prompting import PromptDecoder
from samurai.core.search_region import SearchRegionTracker, prompt_box
from samurai.core.session_checks import checked_frame, warn_of_prompts
from samurai.core.state import SessionState
from samurai.errors import SessionError
from samurai.models.manifest import BoxPrompt
from samurai.networks.base import VideoNetwork
from samurai.policies.base import Policy
from samurai.regions import Answer, ObjectId, Region
from samurai.runtime.profiling import span

Prompts = Mapping[Any, Region]
"""Prompts by identity, an `ObjectId` each."""

Objects = Prompts | Sequence[Region] | Region
"""Prompts of objects: by identity, or in a list, which gives them running numbers."""


class FrameSession:
    """Tracks the objects of one video, frame by frame, with memory that doesn't grow.

    Made by `Tracker.session()`. Different sessions on one tracker don't touch each other; one
    session serves one thread at a time, and refuses a second one. It can't be copied or pickled.

    Args:
        network: shared, without a state of its own.
        new_policy: makes a fresh policy for one object.
        box_prompt: how an initial box is given to the network.
        window: side of the search region that follows each object, in object sizes; None shows the
            network the whole frame.
        confidence: knots of the model's calibration, see `confidence.calibrated`.
        overlap: whether answers of different objects may share pixels, see `masks.separated`.
        memory_overlap: the same of the masks that are remembered, see `mask_separation`.
        conditioning_frames: the most frames of an object's prompts and corrections that are
            recalled beside what its policy recalls, the first one included.
        batched: whether objects go through the network together; if not, an object's answers don't
            depend on the others in any bit, and several objects take longer.
        made_with: the model and settings, in words; snapshots fit where they are the same.
        threshold: mask logits above it are the object's in answers and previews. What is tracked
            and remembered doesn't depend on it.
    """

    def __init__(
        self,
        network: VideoNetwork,
        new_policy: Callable[[], Policy],
        box_prompt: BoxPrompt,
        window: float | None = None,
        confidence: Sequence[float] = (),
        overlap: bool = True,
        memory_overlap: bool = True,
        conditioning_frames: int = 4,
        batched: bool = True,
        made_with: str = "",
        threshold: float = 0.0,
    ) -> None:
        self._network = network
        self._new_policy = new_policy
        self._window = window
        self._knots = tuple(confidence)
        self._overlap = overlap
        self._requirements = new_policy().requirements
        self._pipeline = Pipeline(PromptDecoder(network, box_prompt, self._requirements), batched)
        self._lock = threading.RLock()
        self._writer = MemoryWriter(network, self._requirements, batched, memory_overlap)
        self._conditioning_frames = conditioning_frames
        self._made_with = made_with
        self._threshold = threshold
        self._state = self._empty_state()

    def _empty_state(self) -> SessionState:
        spec, requirements = self._network.spec, self._requirements
        side = spec.input_size if self._window is None else None
        bank = MemoryBank(spec, self._network.device)
        history = FrameHistory(requirements.frames, side)
        return SessionState(bank, history, made_with=self._made_with)

    def _reset(self) -> None:
        self._writer.discard()
        self._state = self._empty_state()

    def __enter__(self) -> FrameSession:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise SessionError(
            "a session can't be copied or pickled: its memory belongs to one video. Make another "
            "one with tracker.session() and show it the same frames"
        )

    @contextmanager
    def _one_thread(self) -> Iterator[None]:
        """Refuses a call while another thread's call is under way; nothing has changed then."""
        if not self._lock.acquire(blocking=False):
            raise SessionError(
                "this session is at work in another thread: give each thread a session of its "
                "own (tracker.session()), or put a lock around the calls"
            )
        try:
            yield
        finally:
            self._lock.release()

    @contextmanager
    def _going_on(self) -> Iterator[SessionState]:
        """The state, for one thread, unless an error left it between two frames."""
        with self._one_thread():
            if self._state.interrupted:
                raise SessionError(self._state.interrupted)
            yield self._state

    def close(self) -> None:
        """Forget the video and free its memory; a write still pending is dropped with it."""
        with self._one_thread():
            self._reset()

    @property
    def frame_index(self) -> int:
        """Index of the newest frame, from 0; -1 before `start`."""
        return self._state.frame_index

    @property
    def object_ids(self) -> list[ObjectId]:
        """Identities of the objects that are tracked, in the order of their introduction."""
        return [tracked.object_id for tracked in self._state.objects]

    @property
    def memory_bytes(self) -> int:
        """Bytes of the memories of all objects, on the tracker's device."""
        return self._state.bank.live_bytes

    @property
    def logits(self) -> NDArray[np.float32]:
        """Mask logits of the newest frame's answers, (N, L, L), L the side of the network's masks.

        As they were before the resize to the frame: above zero is object, strongly negative
        everywhere means that the object isn't visible.
        """
        if self._state.frame_index < 0:
            raise SessionError(f"there are no logits before the first frame: {self._first_call()}")
        best = [each.logits[:, 0] for each in self._state.best()]
        if not best:
            side = self._network.spec.logit_size
            return np.zeros((0, side, side), dtype=np.float32)
        logits: NDArray[np.float32] = torch.cat(best).cpu().numpy()
        return logits

    def _first_call(self) -> str:
        """What begins the video."""
        return "call step with it" if self._state.objects else "call start first"

    def start(self, frame: Frame, objects: Objects = ()) -> list[Answer]:
        """Begin a video: forget everything, and prompt the first objects.

        Args:
            frame: uint8 (H, W, 3) RGB; gray (H, W) and RGBA (H, W, 4) are converted.
            objects: `Box`, `Mask` or `Points` in the frame's pixels, or four numbers x, y, width,
                height; one alone needs no list. Or a mapping of identities (integers from 0, or
                names) to them. None at all is possible: objects may come later.

        Returns:
            One answer per object, in the order given.

        Raises:
            FrameError, RegionError: the input can't be used; the session is empty then.
            SessionError: an identity can't be used, or another thread is using this session.
        """
        with self._one_thread():
            self._reset()
            return self._advance(frame, objects)

    def step(self, frame: Frame, new_objects: Objects | None = None) -> list[Answer]:
        """Track all objects into the next frame, and prompt new ones there.

        Args:
            frame: as for `start`, of the same size.
            new_objects: as for `start`; identities are never used again.

        Returns:
            One answer per object, in the order of introduction, new ones last.

        Raises:
            FrameError, RegionError: the input can't be used. Nothing has changed: the same step
                may be tried again with better input.
            SessionError: `start` wasn't called, an identity was used before, an earlier frame was
                interrupted or couldn't be written into memory (the message names that frame), or
                another thread is using this session.
        """
        with self._going_on() as state:
            if state.frame_index < 0 and not state.objects:
                raise SessionError("step needs a video: call start first")
            return self._advance(frame, () if new_objects is None else new_objects)

    @torch.inference_mode()
    def _advance(self, frame: Frame, introduced: Any) -> list[Answer]:
        state = self._state
        prompts = state.identities.introduce(introduced)
        frame = self._checked(frame, state.frame_index + 1, list(prompts.values()))
        index, size = state.frame_index + 1, (frame.shape[0], frame.shape[1])
        new = [self._new_object(size, index, *each) for each in prompts.items()]
        objects = [*state.objects, *new]
        with self._network.precision():
            encoded = self._pipeline.encode(frame, index, objects)
            self._write_memory()  # of the last frame, behind the encoder where it runs in a thread
            if new:
                state.reserve(objects, self._requirements)
            with state.advancing(encoded.index):
                self._show(frame, objects)
                selections = self._pipeline.track(encoded, state.objects, state.bank)
                selections += self._pipeline.prompt(encoded, new, list(prompts.values()))
                located = self._locate(selections, encoded.size)
                self._move_regions(objects, located)
                state.identities.take(prompts)
                state.pixels = frame.copy() if self._window is not None or not objects else None
                state.take_frame(encoded, objects, selections)
                answers = self._answers(located)
        self._writer.submit(MemoryUpdate(encoded.index, encoded.features, objects, selections))
        warn_of_prompts(list(prompts.values()), answers, encoded.size)
        return answers

    def _write_memory(self) -> None:
        """Write the newest frame into memory, if that is still to be done."""
        with self._state.advancing(self._state.frame_index):
            self._writer.update()

    def _checked(self, frame: Frame, frame_index: int, regions: Sequence[Region]) -> Frame:
        """The frame as RGB, if it fits the video and the regions fit it."""
        self._network.check_process()
        return checked_frame(frame, regions, self._state.frame_size, frame_index)

    def _new_object(
        self, size: tuple[int, int], index: int, object_id: ObjectId, region: Region
    ) -> TrackedObject:
        """An object that joins the session in a frame of a size and an index."""
        aim = None
        if self._window is not None:
            aim = SearchRegionTracker(self._window, size, prompt_box(region))
        memory = self._state.bank.new_memory()
        new = TrackedObject(object_id, self._new_policy(), [memory], aim)
        new.clicks = clicks_of(index, region)
        return new

    def _show(self, frame: Frame, objects: Sequence[TrackedObject]) -> None:
        """Let policies that asked for it look at the frame."""
        if self._requirements.frames:
            self._state.history.push(frame)
            for tracked in objects:
                tracked.policy.observe(self._state.history)

    def _locate(
        self, selections: Sequence[SelectedHypothesis], size: tuple[int, int]
    ) -> list[LocatedMask]:
        """The best hypotheses' masks at the frame's size."""
        with span("postprocess"):
            return locate_all([each for each in selections if each.number == 0], size)

    def _move_regions(
        self, objects: Sequence[TrackedObject], located: Sequence[LocatedMask]
    ) -> None:
        """Let search regions follow their objects."""
        for tracked, (_, box) in zip(objects, located, strict=True):
            if tracked.region_tracker is not None:
                tracked.region_tracker.update(box)

    def _answers(self, located: Sequence[LocatedMask]) -> list[Answer]:
        """What the best hypothesis of each object says of the newest frame."""
        best, size = self._state.best(), self._state.frame_size
        assert size is not None
        with span("postprocess"):
            if self._threshold:
                located = locate_all(best, size, self._threshold)
            if not self._overlap and len(best) > 1:
                located = separate(located, best, size)
            return [
                to_answer(selected, mask, self._knots)
                for selected, mask in zip(best, located, strict=True)
            ]

    @torch.inference_mode()
    def hypotheses(self, answers: Sequence[Answer]) -> list[tuple[SelectedHypothesis, Answer]]:
        """Every hypothesis of the newest frame and what it says, the best of each object first.

        Args:
            answers: of the newest frame: what the best hypotheses say.
        """
        state = self._state
        if state.frame_size is None:
            return []
        with self._one_thread():
            others = [selected for selected in state.selections if selected.number > 0]
            located = iter(locate_all(others, state.frame_size, self._threshold))
            best = iter(answers)
            return [
                (
                    selected,
                    to_answer(selected, next(located), self._knots)
                    if selected.number
                    else next(best),
                )
                for selected in state.selections
            ]

    def update_memory(self) -> None:
        """Write the newest frame into memory, if that is still to be done, and wait for it.

        No answer waits for this part of a frame's work: call it, or `update_memory_async`, when the
        answer has been delivered. `step` does it otherwise.

        Raises:
            SessionError: the write failed (the message names the frame), or another thread is
                using this session.
        """
        with self._going_on():
            self._write_memory()

    def update_memory_async(self) -> None:
        """`update_memory` in the background, where a core is free for it; else here and now.

        The next call waits for it where it needs the memory, and raises its error.
        """
        with self._going_on() as state, state.advancing(state.frame_index):
            self._writer.update_async()
