"""One video's state, and one frame's way through the tracker.

    step(frame): preprocess, encode once -> per object: recall, condition, decode, choose -> answers
    update_memory(): the chosen masks become memories, and the policies say what is kept

All that a video leaves behind is here: the memory bank, the objects, and the memory update that is
still owed. Dropping the session drops it all.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NoReturn

import numpy as np
import torch
from numpy.typing import NDArray

from samurai.core.batching import predict, read_decodings
from samurai.core.frame_history import FrameHistory
from samurai.core.hypotheses import SelectedHypothesis, View
from samurai.core.memory_bank import MemoryBank
from samurai.core.memory_writer import MemoryUpdate, MemoryWriter
from samurai.core.objects import TrackedObject
from samurai.core.postprocess import locate_all, separate, to_answer
from samurai.core.preprocess import Frame, network_input, rgb_frame
from samurai.core.prompting import decode_prompt
from samurai.core.search_region import SearchRegionTracker, prompt_box
from samurai.core.session_checks import warn_of_prompts
from samurai.errors import FrameError, SessionError
from samurai.models.manifest import BoxPrompt
from samurai.networks.base import Features, VideoNetwork
from samurai.policies.base import Policy
from samurai.regions import Answer, Region, as_regions
from samurai.runtime.profiling import span


@dataclass(frozen=True)
class EncodedFrame:
    """A frame as the network sees it.

    Attributes:
        index: of the frame in the video, from 0.
        size: height and width, in pixels.
        features: of its views.
        views: that its objects are seen through, by object id.
    """

    index: int
    size: tuple[int, int]
    features: Features
    views: dict[int, View]


class Session:
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
    """

    def __init__(
        self,
        network: VideoNetwork,
        new_policy: Callable[[], Policy],
        box_prompt: BoxPrompt,
        window: float | None = None,
        confidence: Sequence[float] = (),
        overlap: bool = True,
    ) -> None:
        self._network = network
        self._new_policy = new_policy
        self._box_prompt: BoxPrompt = box_prompt
        self._window = window
        self._knots = tuple(confidence)
        self._overlap = overlap
        self._requirements = new_policy().requirements
        self._lock = threading.RLock()
        self._writer = MemoryWriter(network, self._requirements)
        self._reset()

    def _reset(self) -> None:
        self._writer.discard()
        spec = self._network.spec
        self._bank = MemoryBank(spec, self._network.device)
        whole_frame = self._window is None
        self._history = FrameHistory(
            self._requirements.frames, spec.input_size if whole_frame else None
        )
        self._objects: list[TrackedObject] = []
        self._selections: list[SelectedHypothesis] = []
        self._frame_index = -1
        self._frame_size: tuple[int, int] | None = None

    def __enter__(self) -> Session:
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

    def close(self) -> None:
        """Forget the video and free its memory; a write still pending is dropped with it."""
        with self._one_thread():
            self._reset()

    @property
    def frame_index(self) -> int:
        """Index of the newest frame, from 0; -1 before `start`."""
        return self._frame_index

    @property
    def logits(self) -> NDArray[np.float32]:
        """Mask logits of the newest frame's answers, (N, L, L), L the side of the network's masks.

        As they were before the resize to the frame: above zero is object, strongly negative
        everywhere means that the object isn't visible.
        """
        if self._frame_index < 0:
            raise SessionError("there are no logits before the first frame: call start first")
        best = [each.logits[:, 0] for each in self._selections if each.number == 0]
        if not best:
            side = self._network.spec.logit_size
            return np.zeros((0, side, side), dtype=np.float32)
        logits: NDArray[np.float32] = torch.cat(best).cpu().numpy()
        return logits

    def start(self, frame: Frame, objects: Sequence[Region] = ()) -> list[Answer]:
        """Begin a video: forget everything, and prompt the first objects.

        Args:
            frame: uint8 (H, W, 3) RGB; gray (H, W) and RGBA (H, W, 4) are converted.
            objects: `Box`, `Mask` or `Points` in the frame's pixels, or four numbers x, y, width,
                height; one alone needs no list. None at all is possible: objects may come later.

        Returns:
            One answer per object, in the order given.

        Raises:
            FrameError, RegionError: the input can't be used; the session is empty then.
            SessionError: another thread is using this session.
        """
        with self._one_thread():
            self._reset()
            return self._advance(frame, as_regions(objects))

    def step(self, frame: Frame, new_objects: Sequence[Region] | None = None) -> list[Answer]:
        """Track all objects into the next frame, and prompt new ones there.

        Returns:
            One answer per object so far, in the order of introduction, new ones included.

        Raises:
            FrameError, RegionError: the input can't be used. Nothing has changed: the same step
                may be tried again with better input.
            SessionError: `start` wasn't called, the previous frame couldn't be written into
                memory (the message names that frame), or another thread is using this session.
        """
        with self._one_thread():
            if self._frame_index < 0:
                raise SessionError("step needs a video: call start first")
            return self._advance(frame, as_regions(new_objects))

    @torch.inference_mode()
    def _advance(self, frame: Frame, regions: Sequence[Region]) -> list[Answer]:
        frame, size = self._checked(frame, regions)
        new = self._new_objects(regions, size)
        with self._network.precision():
            encoded = self._encode(frame, size, [*self._objects, *new])
            self._writer.update()  # of the last frame, behind the encoder where it runs in a thread
            self._show(frame)
            selections = self._track(encoded) + self._prompt(encoded, new, regions)
            answers = self._answer(selections, [*self._objects, *new], size)
        self._objects += new
        self._selections = selections
        self._frame_index, self._frame_size = encoded.index, size
        objects = list(self._objects)
        self._writer.submit(MemoryUpdate(encoded.index, encoded.features, objects, selections))
        warn_of_prompts(regions, answers, size)
        return answers

    def _checked(self, frame: Frame, regions: Sequence[Region]) -> tuple[Frame, tuple[int, int]]:
        """The frame as RGB and its size, if it fits the video and the regions fit it."""
        self._network.check_process()
        frame = rgb_frame(frame)
        size = (frame.shape[0], frame.shape[1])
        expected = self._frame_size or size
        if size != expected:
            raise FrameError(
                f"frame {self._frame_index + 1} is {size[1]}x{size[0]} but the video is "
                f"{expected[1]}x{expected[0]}: start anew where the size changes"
            )
        for region in regions:
            region.check(size)
        return frame, size

    def _new_objects(self, regions: Sequence[Region], size: tuple[int, int]) -> list[TrackedObject]:
        """Objects that join the session once the frame is answered."""
        new = []
        for number, region in enumerate(regions, start=len(self._objects)):
            region_tracker = None
            if self._window is not None:
                region_tracker = SearchRegionTracker(self._window, size, prompt_box(region))
            memory = self._bank.new_memory()
            new.append(TrackedObject(number, self._new_policy(), [memory], region_tracker))
        return new

    def _encode(
        self, frame: Frame, size: tuple[int, int], objects: Sequence[TrackedObject]
    ) -> EncodedFrame:
        """Encode what the objects need to see: one view for all, or a search region for each."""
        index = self._frame_index + 1
        regions = [
            each.region_tracker.region() for each in objects if each.region_tracker is not None
        ]
        if regions:
            views = {o.object_id: View(n, regions[n]) for n, o in enumerate(objects)}
        else:
            views = {o.object_id: View(0, None) for o in objects}
        if not objects:
            return EncodedFrame(index, size, _no_features(), views)
        with span("preprocess"):
            pictures = network_input(frame, regions or None, self._network)
        with span("encode"):
            features = self._network.encode(pictures)
        return EncodedFrame(index, size, features, views)

    def _show(self, frame: Frame) -> None:
        """Let policies that asked for it look at the frame."""
        if self._requirements.frames:
            self._history.push(frame)
            for tracked in self._objects:
                tracked.policy.observe(self._history)

    def _track(self, frame: EncodedFrame) -> list[SelectedHypothesis]:
        """Recall, condition, decode and choose, for all objects so far."""
        recalled = [each.recall(frame.index, frame.views[each.object_id]) for each in self._objects]
        hypotheses = [hypothesis for own in recalled for hypothesis in own]
        predictions = iter(
            predict(
                self._network,
                self._bank,
                frame.features,
                hypotheses,
                frame.index,
                self._requirements,
            )
        )
        selections = []
        with span("choose"):
            for tracked, own in zip(self._objects, recalled, strict=True):
                selections += tracked.choose([next(predictions) for _ in own])
        return selections

    def _prompt(
        self, frame: EncodedFrame, new: Sequence[TrackedObject], regions: Sequence[Region]
    ) -> list[SelectedHypothesis]:
        """Prompt new objects, make room for their memories, and let their policies choose."""
        if not new:
            return []
        requirements, views = (
            self._requirements,
            [frame.views[tracked.object_id] for tracked in new],
        )
        self._bank.reserve(requirements.maps * len(new), requirements.pointers * len(new))
        with span("prompt"):
            decodings = [
                decode_prompt(
                    self._network,
                    frame.features,
                    region,
                    view,
                    frame.size,
                    self._box_prompt,
                    requirements,
                )
                for view, region in zip(views, regions, strict=True)
            ]
        predictions = read_decodings(
            self._network.spec, decodings, views, frame.index, requirements
        )
        for tracked in new:
            if requirements.frames:
                tracked.policy.observe(self._history)
        return [each.start(seen) for each, seen in zip(new, predictions, strict=True)]

    def _answer(
        self,
        selections: Sequence[SelectedHypothesis],
        objects: Sequence[TrackedObject],
        size: tuple[int, int],
    ) -> list[Answer]:
        """What the best hypothesis of each object says, at the frame's size."""
        best = [selected for selected in selections if selected.number == 0]
        with span("postprocess"):
            located = locate_all(best, size)
            for tracked, (_, box) in zip(objects, located, strict=True):
                if tracked.region_tracker is not None:
                    tracked.region_tracker.update(box)
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
        if self._frame_size is None:
            return []
        with self._one_thread():
            others = [selected for selected in self._selections if selected.number > 0]
            located = iter(locate_all(others, self._frame_size))
            best = iter(answers)
            return [
                (
                    selected,
                    to_answer(selected, next(located), self._knots)
                    if selected.number
                    else next(best),
                )
                for selected in self._selections
            ]

    def update_memory(self) -> None:
        """Write the newest frame into memory, if that is still to be done, and wait for it.

        No answer waits for this part of a frame's work: call it, or `update_memory_async`, when the
        answer has been delivered. `step` does it otherwise.

        Raises:
            SessionError: the write failed (the message names the frame), or another thread is
                using this session.
        """
        with self._one_thread():
            self._writer.update()

    def update_memory_async(self) -> None:
        """`update_memory` in the background, where a core is free for it; else here and now.

        The next call waits for it where it needs the memory, and raises its error.
        """
        with self._one_thread():
            self._writer.update_async()


def _no_features() -> Features:
    """Of a frame that no object looks at."""
    return Features(torch.empty(0, 1, 0), ())
