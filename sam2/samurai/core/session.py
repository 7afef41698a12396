"""One video's state, and one frame's way through the tracker.

    step(frame):  encode once -> per object: recall, attend, decode, choose -> answers
    settle():     the chosen masks become memories, and the policies say what is kept

All that a video leaves behind is here: the bank, one `Track` per object, and the write that is
still pending. Dropping the session drops it all.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, wait
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from typing import NoReturn

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from samurai.confidence import calibrated
from samurai.core.batching import DecodedRow, Group, Row, View, decode_rows, gather, read_batches
from samurai.core.frame_history import FrameHistory
from samurai.core.mask_upsampling import frame_logits
from samurai.core.memory_bank import MemoryBank, Shelf
from samurai.core.preprocess import Frame, frame_masks, rgb_frame
from samurai.core.prompting import decode_prompt
from samurai.core.search_region import Viewfinder, Window, prompt_box
from samurai.core.session_checks import check_needs, warn_of_prompts
from samurai.errors import FrameError, SessionError
from samurai.masks import separated
from samurai.models.manifest import BoxPrompt
from samurai.networks.sam2.network import Decoding, Features, Network
from samurai.policies.base import Choice, Keep, Policy
from samurai.regions import Answer, Box, Region, as_regions
from samurai.runtime.threads import background_pays, in_background


@dataclass
class Track:
    """One object: its policy, a shelf of the bank per hypothesis (the best one first), and what
    aims its window, if the model asks for one."""

    number: int
    policy: Policy
    shelves: list[Shelf]
    viewfinder: Viewfinder | None


@dataclass(frozen=True)
class Survivor:
    """A chosen candidate: whose, which hypothesis it became, which one it comes from, its tensors,
    and whether a prompt made it."""

    track: Track
    hypothesis: int
    parent: int
    row: DecodedRow
    candidate: int
    prompted: bool

    @property
    def shelf(self) -> Shelf:
        return self.track.shelves[self.hypothesis]

    def full_size(self, network: Network) -> Tensor:
        """The chosen mask's logits at the network's input size, (1, 1, S, S)."""
        return self.row.full_size(network, self.candidate)


@dataclass(frozen=True)
class PendingWrite:
    """The memory write that an answered frame still owes."""

    time: int
    features: Features
    survivors: list[Survivor]


class Session:
    """Tracks the objects of one video, frame by frame, with memory that doesn't grow.

    Made by `Tracker.session()`. Different sessions on one tracker don't touch each other; one
    session serves one thread at a time, and refuses a second one. It can't be copied or pickled.

    Args:
        network: shared, without a state of its own.
        new_policy: makes a fresh policy for one object.
        box_prompt: how an initial box is given to the network.
        window: side of the window that follows each object, in object sizes; None shows the
            network the whole frame.
        confidence: knots of the model's calibration, see `confidence.calibrated`.
        overlap: whether answers of different objects may share pixels, see `overlaps`.
    """

    def __init__(
        self,
        network: Network,
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
        self._needs = new_policy().needs
        self._lock = threading.RLock()
        self._writing: Future[None] | None = None
        self._reset()

    def _reset(self) -> None:
        if self._writing is not None:  # it works on what is forgotten here
            wait([self._writing])
        network = self._network
        map_shape = (network.tokens, network.memory_channels)
        self._bank = MemoryBank(map_shape, network.channels, network.device)
        self._history = FrameHistory(
            self._needs.frames, network.image_size if self._window is None else None
        )
        self._tracks: list[Track] = []
        self._time = -1
        self._frame_size: tuple[int, int] | None = None
        self._pending: PendingWrite | None = None
        self._writing = None
        self._logits: Tensor | None = None

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
    def time(self) -> int:
        """Number of the newest frame, from 0; -1 before `start`."""
        return self._time

    @property
    def logits(self) -> NDArray[np.float32]:
        """Mask logits of the newest frame's answers, (N, S/4, S/4), S the network's input size.

        As they were before the resize to the frame: above zero is object, -1024 everywhere means
        that the object isn't visible.
        """
        if self._logits is None:
            raise SessionError("there are no logits before the first frame: call start first")
        logits: NDArray[np.float32] = self._logits[:, 0].cpu().numpy()
        return logits

    def start(self, frame: Frame, objects: Sequence[Region] = ()) -> list[Answer]:
        """Begin a video: forget everything, and prompt the first objects.

        Args:
            frame: uint8 (H, W, 3) RGB; grey (H, W) and RGBA (H, W, 4) are converted.
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
            if self._time < 0:
                raise SessionError("step needs a video: call start first")
            return self._advance(frame, as_regions(new_objects))

    @torch.inference_mode()
    def _advance(self, frame: Frame, new_objects: Sequence[Region]) -> list[Answer]:
        self._network.process.check()
        frame = rgb_frame(frame)
        size = (frame.shape[0], frame.shape[1])
        self._check_size(size)
        for region in new_objects:
            region.check(size)
        time = self._time + 1
        if not self._tracks and not new_objects:
            return self._pass(frame, time, size)
        finders = [track.viewfinder for track in self._tracks] + self._aim(new_objects, size)
        with self._network.precision():
            views, features = self._look(frame, finders)
        self._finish_write()  # only now: a write in the background goes on during encoding
        self._show(frame)
        with self._network.precision():
            survivors = self._track(features, views, time)
            survivors += self._prompt(features, views, finders, time, new_objects, size)
            answers = self._answer(survivors, time, size)
        self._time, self._frame_size = time, size
        self._pending = PendingWrite(time, features, survivors)
        warn_of_prompts(new_objects, answers, size)
        return answers

    def _pass(self, frame: Frame, time: int, size: tuple[int, int]) -> list[Answer]:
        """A frame before the first object: it is counted, and kept for policies that look back."""
        self._show(frame)
        side = self._network.image_size // 4
        self._logits = torch.zeros(0, 1, side, side)
        self._time, self._frame_size = time, size
        return []

    def _recall(self, time: int) -> list[Group]:
        """What all objects so far attend to in a frame."""
        rows = [
            Row(shelf, recall)
            for track in self._tracks
            for shelf, recall in zip(track.shelves, track.policy.recall(time), strict=True)
        ]
        return gather(self._network, self._bank, rows)

    def _show(self, frame: Frame) -> None:
        """Let policies that asked for it look at the frame."""
        if self._needs.frames:
            self._history.push(frame)
            for track in self._tracks:
                track.policy.see(self._history)

    def _check_size(self, size: tuple[int, int]) -> None:
        expected = self._frame_size or size
        if size != expected:
            raise FrameError(
                f"frame {self._time + 1} is {size[1]}x{size[0]} but the video is "
                f"{expected[1]}x{expected[0]}: start anew where the size changes"
            )

    def _aim(
        self, regions: Sequence[Region], size: tuple[int, int]
    ) -> list[Viewfinder] | list[None]:
        """What aims the windows of new objects; nothing where the whole frame is seen."""
        if self._window is None:
            return [None] * len(regions)
        return [Viewfinder(self._window, size, prompt_box(region)) for region in regions]

    def _look(
        self, frame: Frame, finders: Sequence[Viewfinder | None]
    ) -> tuple[list[View], Features]:
        """Encode what the objects need to see: one view for all, or a window for each."""
        network = self._network
        if self._window is None:
            return [View(0, None)] * len(finders), network.encode(network.views([frame]))
        windows = [finder.window() for finder in finders if finder is not None]
        views = [View(number, window) for number, window in enumerate(windows)]
        pictures = [window.crop(frame) for window in windows]
        return views, network.encode(network.views(pictures))

    def _track(self, features: Features, views: Sequence[View], time: int) -> list[Survivor]:
        """Recall, attend, decode and choose, for all objects so far."""
        groups = self._recall(time)
        through = [views[track.number] for track in self._tracks for _ in track.shelves]
        decoded = iter(decode_rows(self._network, features, groups, through, time, self._needs))
        survivors = []
        for track in self._tracks:
            own = [next(decoded) for _ in track.shelves]
            choices = track.policy.choose([row.seen for row in own])
            survivors += _survivors(track, choices, own, prompted=False)
            _follow(track, choices)
        return survivors

    def _prompt(
        self,
        features: Features,
        views: Sequence[View],
        finders: Sequence[Viewfinder | None],
        time: int,
        regions: Sequence[Region],
        size: tuple[int, int],
    ) -> list[Survivor]:
        """Prompt new objects, make room for their memories, and let their policies choose."""
        if not regions:
            return []
        needs = self._needs
        self._bank.reserve(needs.maps * len(regions), needs.pointers * len(regions))
        first = len(self._tracks)
        batches = [
            self._decode_prompt(features, view, region, size)
            for view, region in zip(views[first:], regions, strict=True)
        ]
        survivors = []
        for row in read_batches(self._network, batches, views[first:], time, needs):
            policy, shelf, number = self._new_policy(), self._bank.new_shelf(), len(self._tracks)
            if needs.frames:
                policy.see(self._history)
            track = Track(number, policy, [shelf], finders[number])
            self._tracks.append(track)
            survivors += _survivors(track, [policy.start(row.seen)], [row], prompted=True)
        return survivors

    def _decode_prompt(
        self, features: Features, view: View, region: Region, size: tuple[int, int]
    ) -> Decoding:
        """Decode one object's prompt, in the view's coordinates."""
        if view.window is not None:
            region, size = view.window.cut(region), view.window.size
        box_prompt = self._box_prompt
        if self._needs.box_as_mask and box_prompt == "points":
            box_prompt = "decoded_mask"
        seen = features.of([view.index])
        return decode_prompt(self._network, seen, region, size, box_prompt, self._needs)

    def _answer(
        self, survivors: Sequence[Survivor], time: int, size: tuple[int, int]
    ) -> list[Answer]:
        """What the best hypothesis of each object says, at the frame's size."""
        best = [survivor for survivor in survivors if survivor.hypothesis == 0]
        self._logits = torch.cat([survivor.row.logits(survivor.candidate) for survivor in best])
        answers = []
        masks, boxes = map(list, zip(*self._masks(best, self._logits, size), strict=True))
        for survivor, box in zip(best, boxes, strict=True):
            if survivor.track.viewfinder is not None:
                survivor.track.viewfinder.follow(box)
        if not self._overlap and len(masks) > 1:
            masks = separated(masks, lambda number: self._frame_logits(best[number], number, size))
            boxes = [Box.of_mask(mask) for mask in masks]
        for survivor, mask, box in zip(best, masks, boxes, strict=True):
            confidence = self._confidence(survivor) if box else 0.0
            answers.append(Answer(survivor.track.number, mask, box, confidence, box is None))
        return answers

    def _confidence(self, survivor: Survivor) -> float:
        """The expected overlap of a mask that isn't empty."""
        return calibrated(survivor.row.confidence(survivor.candidate), self._knots)

    def _masks(
        self, survivors: Sequence[Survivor], logits: Tensor, size: tuple[int, int]
    ) -> list[tuple[NDArray[np.bool_], Box | None]]:
        """Masks at the frame's size, of logits (N, 1, S/4, S/4), and their boxes."""
        if self._window is None:
            return frame_masks(logits, size)
        answers = []
        for survivor, own in zip(survivors, logits, strict=True):
            window = survivor.row.view.window
            assert window is not None
            [(part, box)] = frame_masks(own[None], window.size, window.shared(size)[2])
            answers.append(window.placed(part, box, size))
        return answers

    def _frame_logits(
        self, survivor: Survivor, number: int, size: tuple[int, int]
    ) -> NDArray[np.float32]:
        """Mask logits (H, W) of the answer with that number, at the frame's size."""
        assert self._logits is not None
        window = survivor.row.view.window or Window.whole(size)
        logits = frame_logits(self._logits[number : number + 1], window.size)[0, 0]
        pasted: NDArray[np.float32] = window.paste(logits.cpu().numpy(), size)
        return pasted

    def settle(self) -> None:
        """Write the newest frame into memory, if that is still to be done, and wait for it.

        It is the part of a frame's work that nobody waits for: call it, or `settle_soon`, when the
        answer has been delivered. `step` calls it otherwise.

        Raises:
            SessionError: the write failed (the message names the frame), or another thread is
                using this session.
        """
        with self._one_thread():
            self._finish_write()

    def _finish_write(self) -> None:
        writing, self._writing = self._writing, None
        if writing is not None:
            writing.result()
        pending, self._pending = self._pending, None
        if pending is not None:
            self._settle(pending)

    def settle_soon(self) -> None:
        """`settle` in the background, where a core is free for it; else here and now.

        The next call waits for it where it needs the memory, and raises its error.
        """
        with self._one_thread():
            if self._pending is None or not background_pays(self._network.device):
                self._finish_write()
                return
            pending, self._pending = self._pending, None
            self._writing = in_background(self._settle, pending)

    @torch.inference_mode()
    def _settle(self, pending: PendingWrite) -> None:
        try:
            self._write(pending)
        except Exception as error:
            raise SessionError(
                f"frame {pending.time} couldn't be written into memory ({error}): start anew"
            ) from error

    def _write(self, pending: PendingWrite) -> None:
        """Free what the policies no longer want, then store what they want of this frame."""
        keeps = [track.policy.remember(pending.time) for track in self._tracks]
        kept = list(zip(pending.survivors, chain.from_iterable(keeps), strict=True))
        for survivor, keep in kept:
            survivor.shelf.keep(keep.maps, keep.pointers)
        for track, own in zip(self._tracks, keeps, strict=True):
            check_needs(track.policy, track.shelves, own, pending.time)
        with self._network.precision():
            self._write_maps(pending, [both for both in kept if pending.time in both[1].maps])
            self._write_pointers(pending, [s for s, keep in kept if pending.time in keep.pointers])

    def _write_maps(self, pending: PendingWrite, kept: Sequence[tuple[Survivor, Keep]]) -> None:
        if not kept:
            return
        survivors = [survivor for survivor, _ in kept]
        maps = self._network.memorise(
            pending.features.of([survivor.row.view.index for survivor in survivors]),
            torch.cat([survivor.full_size(self._network) for survivor in survivors]),
            torch.cat([survivor.row.object_score() for survivor in survivors]),
            [survivor.prompted for survivor in survivors],
            [keep.trust for _, keep in kept],
        )
        for survivor, value in zip(survivors, maps, strict=True):
            survivor.shelf.put_map(pending.time, value)

    def _write_pointers(self, pending: PendingWrite, survivors: Sequence[Survivor]) -> None:
        if not survivors:
            return
        pointers = self._network.point(
            torch.cat([survivor.row.token(survivor.candidate) for survivor in survivors]),
            torch.cat([survivor.row.pointer_score() for survivor in survivors]),
            self._needs.object_gate,
        )
        for survivor, value in zip(survivors, pointers, strict=True):
            survivor.shelf.put_pointer(pending.time, value)


def _survivors(
    track: Track, choices: Sequence[Choice], rows: Sequence[DecodedRow], prompted: bool
) -> list[Survivor]:
    return [
        Survivor(
            track, number, choice.hypothesis, rows[choice.hypothesis], choice.candidate, prompted
        )
        for number, choice in enumerate(choices)
    ]


def _follow(track: Track, choices: Sequence[Choice]) -> None:
    """Give each hypothesis that lives on the past of the one that it comes from."""
    parents = [choice.hypothesis for choice in choices]
    if parents == list(range(len(track.shelves))):
        return
    before = track.shelves
    track.shelves = [before[parent].fork() for parent in parents]
    for shelf in before:
        shelf.clear()
