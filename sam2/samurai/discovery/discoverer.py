"""Finds objects while others are tracked, and lets those go that stay away."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from samurai.core.session import Session
from samurai.discovery.absences import Absences
from samurai.discovery.budget import TimeBudget
from samurai.discovery.by_grid import GridPass
from samurai.discovery.by_words import WordDetector, WordPass
from samurai.discovery.candidates import Candidate, covered, new_objects, split_by_match
from samurai.discovery.detectors.words import Words
from samurai.discovery.persistence import Persistence, found_again
from samurai.discovery.settings import DiscoverySettings
from samurai.errors import ConfigurationError
from samurai.regions import Answer, Mask, ObjectId

__all__ = ["Discoverer", "Findings", "Found"]


@dataclass(frozen=True, eq=False)
class Found:
    """A new object.

    Attributes:
        mask: in the newest frame, without pixels of other objects.
        reason: why it is one, for people: `grid at frame 40`, `word "dog" 0.61`.
        score: 0 to 1.
        label: the word that it was found by; None where it was found by looking.
    """

    mask: Mask
    reason: str
    score: float
    label: str | None = None


@dataclass(frozen=True)
class Findings:
    """What looking at a frame brought.

    Attributes:
        new: objects, the surest first.
        retired: identities of objects that were absent for too long.
        labels: words of objects that are tracked already.
    """

    new: tuple[Found, ...] = ()
    retired: tuple[ObjectId, ...] = ()
    labels: Mapping[ObjectId, str] = field(default_factory=dict)


class _Pass(Protocol):
    def work(self, session: Session, answers: Sequence[Answer], budget: TimeBudget) -> bool: ...
    def candidates(self) -> list[Candidate]: ...
    def close(self) -> None: ...


class Discoverer:
    """Looks for new objects in a video. One video has one; it isn't for several threads.

    `update` after each frame is all that a session needs:

        discoverer = Discoverer(DiscoverySettings(gap=30))
        answers = discoverer.update(session, frame, session.step(frame))

    Args:
        settings: how often, and what counts; the defaults if None.
        words: to look for, such as "dog, red car:0.4"; needs a detector.
        detector: of `detectors.create_detector`; the caller closes it.
        looking: also without words, by a grid of clicks; None: only where there are no words.
        clock: monotonic seconds, for `DiscoverySettings.budget`.

    Raises:
        ConfigurationError: words without a detector, or nothing to look for.
        PromptError: the words can't be used.
    """

    def __init__(
        self,
        settings: DiscoverySettings | None = None,
        *,
        words: Words | str | None = None,
        detector: WordDetector | None = None,
        looking: bool | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.settings = settings or DiscoverySettings()
        self.words = Words.of(words) if isinstance(words, str) else words
        if (self.words is None) is not (detector is None):
            missing = "words to look for" if self.words is None else "a detector for the words"
            raise ConfigurationError(f"discovery needs {missing}: give both or none")
        self._detector = detector
        self._looking = self.words is None if looking is None else looking
        if not self._looking and self.words is None:
            raise ConfigurationError("discovery has nothing to look for: give words, or looking")
        self._budget = TimeBudget(self.settings.budget, clock)
        self._absences = Absences(self.settings.retire_after)
        self._persistence = Persistence(self.settings)
        self._passes: list[_Pass] = []
        self._candidates: list[Candidate] = []
        self._began = -1
        self._newest: int | None = None
        self._thread: ThreadPoolExecutor | None = None
        self.reasons: dict[ObjectId, str] = {}
        self.labels: dict[ObjectId, str] = {}

    def update(
        self,
        session: Session,
        frame: NDArray[np.uint8],
        answers: Sequence[Answer],
        frame_index: int | None = None,
    ) -> list[Answer]:
        """Look at a session's newest frame; add what is found to it, remove what is retired.

        Args:
            session: that answered the frame.
            frame: the frame, (height, width, 3) RGB uint8.
            answers: of the frame.
            frame_index: its number; the session's own if None.

        Returns:
            The frame's answers anew, without retired objects, with those that were found.
            `reasons` says why they are there, `labels` which word an object answers to.
        """
        index = session.frame_index if frame_index is None else frame_index
        findings = self.look(session, frame, index, answers)
        self.labels.update(findings.labels)
        for gone in findings.retired:
            session.remove(gone)
            self.reasons.pop(gone, None)
            self.labels.pop(gone, None)
        kept = [each for each in answers if each.object_id not in findings.retired]
        if not findings.new:
            return kept
        answers = session.add([found.mask for found in findings.new])
        names = [each.object_id for each in answers[-len(findings.new) :]]
        self.joined(names)
        for name, found in zip(names, findings.new, strict=True):
            self.reasons[name] = found.reason
            if found.label is not None:
                self.labels[name] = found.label
        return answers

    def look(
        self,
        session: Session,
        frame: NDArray[np.uint8],
        frame_index: int,
        answers: Sequence[Answer],
    ) -> Findings:
        """Look at the newest frame; nothing of the session changes.

        Args:
            session: whose network looks; it has just answered the frame.
            frame: the frame, (height, width, 3) RGB uint8.
            frame_index: its number in the video.
            answers: of all objects that are tracked in it, by whichever session.
        """
        with self._budget.frame():
            retired = self._absences.retired(answers)
            living = [each for each in answers if each.object_id not in retired]
            size = (frame.shape[0], frame.shape[1])
            ready = self._persistence.ready(session, frame)
            due, self._newest = self._is_due(frame_index, living, size), frame_index
            if due and not self._passes:
                self._begin(session, frame, frame_index, size)
            labels = dict[ObjectId, str]()
            if self._passes and self._work(session, living):
                candidates, known = self._ended(session, frame, frame_index, living)
                fresh = new_objects(candidates, living, size, self.settings)
                labels = {name: each.label for name, each in known.items() if each.label}
                ready += self._persistence.taken(fresh)
            new = new_objects(ready, living, size, self.settings) if ready else []
            return Findings(tuple(map(_found, new)), tuple(retired), labels)

    def joined(self, object_ids: Sequence[ObjectId]) -> None:
        """Take note of the identities that found objects were given."""
        self._absences.watch(object_ids)

    @property
    def what(self) -> str:
        """What is looked for, in words: a search that goes on must be for the same."""
        values = [f"{name} {value}" for name, value in vars(self.settings).items()]
        by = [f"words {self.words}"] if self.words is not None else []
        return ", ".join([*by, *(["grid"] if self._looking else []), *values])

    def close(self) -> None:
        """Leave off. A detector that is at work goes on until it answers."""
        self._forget_passes()
        if self._thread is not None:
            self._thread.shutdown(wait=False, cancel_futures=True)
            self._thread = None

    def state(self) -> dict[str, Any]:
        """What `restore` needs, as plain values for JSON; a pass under way is left out."""
        own = {"newest": self._newest}
        return {**own, **self._absences.state(), **self._persistence.state()}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on where `state` was taken."""
        self._forget_passes()
        self._newest = state["newest"]
        self._absences.restore(state)
        self._persistence.restore(state)

    def _is_due(self, index: int, living: Sequence[Answer], size: tuple[int, int]) -> bool:
        """Whether a pass begins: in the first frame, and in the first one from each multiple of the
        gap on, also where frames are skipped."""
        gap, newest = self.settings.gap, self._newest
        if newest is not None and index // gap == newest // gap:
            return False
        if len(living) >= self.settings.max_objects:
            return False
        free = size[0] * size[1] - np.count_nonzero(covered(living, size))
        return bool(free >= self.settings.min_area)

    def _begin(
        self, session: Session, frame: NDArray[np.uint8], index: int, size: tuple[int, int]
    ) -> None:
        self._began = index
        if self._detector is not None and self.words is not None:
            if self._thread is None and not self._budget.unlimited:
                self._thread = ThreadPoolExecutor(1, "samurai-detector")
            self._passes.append(WordPass(self._detector, self.words, frame, self._thread))
        if self._looking:
            proposals = self.settings.proposals(session.device_type)
            self._passes.append(GridPass(proposals, size, index))

    def _work(self, session: Session, living: Sequence[Answer]) -> bool:
        """Go on with what is under way; whether all of it is over."""
        while self._passes:
            if not self._passes[0].work(session, living, self._budget):
                return False
            self._candidates += self._passes.pop(0).candidates()
        return True

    def _ended(
        self, session: Session, frame: NDArray[np.uint8], index: int, living: Sequence[Answer]
    ) -> tuple[list[Candidate], dict[ObjectId, Candidate]]:
        """The candidates of a pass as they are in this frame: new ones, and those of objects."""
        candidates, self._candidates = self._candidates, []
        if index != self._began:
            match = self.settings.match
            moved = [found_again(session, frame, each, match) for each in candidates]
            candidates = [each for each in moved if each is not None]
        return split_by_match(candidates, living, self.settings.match)

    def _forget_passes(self) -> None:
        for each in self._passes:
            each.close()
        self._passes, self._candidates = [], []


def _found(candidate: Candidate) -> Found:
    return Found(Mask(candidate.mask), candidate.found, candidate.score, candidate.label)
