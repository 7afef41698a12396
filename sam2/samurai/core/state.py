"""All that a video leaves behind in a session, so that it can be copied and dropped as one."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from samurai.core.encoded import EncodedFrame
from samurai.core.frame_history import FrameHistory
from samurai.core.hypotheses import SelectedHypothesis
from samurai.core.identities import Identities, as_object_id
from samurai.core.memory_bank import MemoryBank, ObjectMemory
from samurai.core.objects import TrackedObject
from samurai.core.preprocess import Frame
from samurai.errors import SessionError
from samurai.policies.base import Policy, PolicyRequirements
from samurai.regions import ObjectId


@dataclass
class SessionState:
    """The state of a video.

    Attributes:
        bank: holds the memories of all objects.
        history: the newest frames, for policies that look at them.
        identities: given out so far.
        objects: that are tracked, in the order of their introduction.
        selections: of the newest frame, in the objects' order.
        frame_index: of the newest frame, -1 before the first.
        frame_size: height and width; None before the first frame.
        encoded: the newest frame, for corrections; None after going back.
        pixels: the newest frame as RGB, where corrections and new objects may look elsewhere in it.
        whole: the newest frame in one view of it all, once something asked for that.
        made_with: the model and the settings that it holds for; "" if unknown.
        interrupted: says which frame ended half way, and why; empty while all is well.
    """

    bank: MemoryBank
    history: FrameHistory
    identities: Identities = field(default_factory=Identities)
    objects: list[TrackedObject] = field(default_factory=list)
    selections: list[SelectedHypothesis] = field(default_factory=list)
    frame_index: int = -1
    frame_size: tuple[int, int] | None = None
    encoded: EncodedFrame | None = None
    pixels: Frame | None = None
    whole: EncodedFrame | None = None
    made_with: str = ""
    interrupted: str = ""

    def take_frame(
        self,
        encoded: EncodedFrame,
        objects: list[TrackedObject],
        selections: list[SelectedHypothesis],
    ) -> None:
        """Make an answered frame the newest one."""
        self.objects, self.selections = objects, selections
        self.frame_index, self.frame_size = encoded.index, encoded.size
        self.encoded, self.whole = encoded, None

    def find(self, object_id: ObjectId) -> TrackedObject:
        """An object by its identity.

        Raises:
            SessionError: it isn't tracked.
        """
        object_id = as_object_id(object_id)
        for tracked in self.objects:
            if tracked.object_id == object_id:
                return tracked
        gone = " any more" if self.identities.was_used(object_id) else ""
        known = ", ".join(repr(tracked.object_id) for tracked in self.objects) or "none"
        raise SessionError(f"object {object_id!r} isn't tracked{gone}; tracked are: {known}")

    def best(self) -> list[SelectedHypothesis]:
        """The best hypothesis of each object in the newest frame."""
        return [selected for selected in self.selections if selected.number == 0]

    def reserve(self, objects: Sequence[TrackedObject], requirements: PolicyRequirements) -> None:
        """Make room for all that objects may remember."""
        self.bank.reserve(*_needed(objects, requirements))

    def compact(self, requirements: PolicyRequirements) -> None:
        """Give back room that the objects left don't need."""
        self.bank.compact(*_needed(self.objects, requirements))

    def replace_selections(self, selected: SelectedHypothesis) -> None:
        """Put an object's only hypothesis in the place of those that it had."""
        place = next(
            n for n, each in enumerate(self.selections) if each.object_id == selected.object_id
        )
        others = [each for each in self.selections if each.object_id != selected.object_id]
        self.selections = [*others[:place], selected, *others[place:]]

    def remove(self, tracked: TrackedObject) -> None:
        """Free an object's memories and forget it; its identity stays taken."""
        tracked.free()
        self.objects = [each for each in self.objects if each is not tracked]
        self.selections = [s for s in self.selections if s.object_id != tracked.object_id]

    def copied(self, bank: MemoryBank | None = None, own_tensors: bool = False) -> SessionState:
        """A copy that shares nothing that changes: policies and search regions are copied, memories
        are further holders of the same rows, or copies in another bank. Features and pixels of the
        newest frame are left out.

        Args:
            bank: for the memories; None for the same one.
            own_tensors: also copy what else is kept of the newest frame, which may be a view of
                what was computed for all objects together.

        Raises:
            SessionError: a policy can't be copied.
        """
        history = self.history.copied()
        known = {id(self.history): history}
        policies = [_copied_policy(tracked.policy, known) for tracked in self.objects]
        memories: dict[int, ObjectMemory] = {}
        objects = []
        for tracked, policy in zip(self.objects, policies, strict=True):
            own = [
                memory.fork() if bank is None else memory.moved(bank) for memory in tracked.memories
            ]
            memories.update(zip(map(id, tracked.memories), own, strict=True))
            objects.append(tracked.copied(policy, own))
        selections = [
            replace(
                each,
                memory=memories[id(each.memory)],
                prediction=each.prediction.kept(own_tensors or bank is not None),
            )
            for each in self.selections
        ]
        return SessionState(
            bank or self.bank,
            history,
            self.identities.copy(),
            objects,
            selections,
            self.frame_index,
            self.frame_size,
            made_with=self.made_with,
        )

    @contextmanager
    def advancing(self, frame_index: int) -> Iterator[None]:
        """Note what an error interrupts: objects are between two frames then, with no way on."""
        try:
            yield
        except BaseException as error:
            reason = f"frame {frame_index} was interrupted ({str(error) or type(error).__name__})"
            own = isinstance(error, SessionError)
            self.interrupted = str(error) if own else f"{reason}: start anew, or restore a snapshot"
            raise

    def clear(self) -> None:
        """Free all memories."""
        for tracked in self.objects:
            tracked.free()
        self.objects, self.selections = [], []


def _copied_policy(policy: Policy, known: dict[int, Any]) -> Policy:
    """A deep copy of a policy.

    Raises:
        SessionError: it holds something that can't be copied.
    """
    try:
        return copy.deepcopy(policy, dict(known))
    except (TypeError, AttributeError, ValueError) as error:
        raise SessionError(
            f"policy {policy.name} can't be copied ({error}), which corrections and snapshots do: "
            "let it hold numbers, arrays and plain containers, or define __deepcopy__"
        ) from error


def _needed(objects: Sequence[TrackedObject], requirements: PolicyRequirements) -> tuple[int, int]:
    """Maps and pointers that objects may remember in all."""
    further = sum(len(each.conditioning) for each in objects)
    maps = len(objects) * requirements.maps + further
    return maps, len(objects) * requirements.pointers + further
