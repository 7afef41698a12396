"""What may be objects in a frame: looked for in steps, between the frames of those who track."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import torch

from samurai.core.session import Session
from samurai.discovery import Discoverer
from samurai.discovery.budget import OneStep
from samurai.discovery.by_grid import GridPass
from samurai.discovery.by_words import decoded
from samurai.discovery.candidates import Candidate, new_objects, split_by_match
from samurai.discovery.detectors import CheckedDetector, Words, create_detector
from samurai.discovery.settings import DiscoverySettings
from samurai.errors import DeviceError
from samurai.regions import Answer
from samurai.runtime.turns import Turns
from samurai.tracker import Tracker
from samurai.video.sources.base import VideoFrame
from samurai.web.problems import NotAvailable


@dataclass(frozen=True)
class Search:
    """What is looked for while a session tracks.

    Attributes:
        settings: how often, and what counts.
        words: to look for; None for none.
        looking: by a grid of clicks.
    """

    settings: DiscoverySettings
    words: Words | None = None
    looking: bool = True


class Looking:
    """Finds candidates in single frames, for all sessions of a server.

    Args:
        tracker: whose device is shared.
        turns: at that device; a step of clicks, or a box, is a turn.
        detector: for words, as `create_detector` takes it; None: the server has none.
    """

    def __init__(self, tracker: Tracker, turns: Turns, detector: str | None) -> None:
        self._tracker, self._turns, self._spec = tracker, turns, detector
        self._making = threading.Lock()
        self._made: CheckedDetector | None = None

    def by_grid(
        self,
        frame: VideoFrame,
        answers: Sequence[Answer],
        settings: DiscoverySettings,
        stop: threading.Event,
    ) -> list[Candidate]:
        """New objects of a frame that a grid of clicks shows, surest first.

        Args:
            answers: what is tracked or prompted in the frame.
            stop: once it is set, what was found by then is all.

        Raises:
            DeviceError: the device has too little memory.
        """
        size = (frame.pixels.shape[0], frame.pixels.shape[1])
        proposals = settings.proposals(self._tracker.network.device.type)
        looking = GridPass(proposals, size, frame.index)
        with self._session(frame) as session:
            over = False
            while not (over or stop.is_set()):
                with self._turns.prompt():
                    over = looking.work(session, answers, OneStep())
        return self._new(looking.candidates(), answers, size, settings)

    def by_words(
        self,
        frame: VideoFrame,
        answers: Sequence[Answer],
        words: Words,
        settings: DiscoverySettings,
        stop: threading.Event,
    ) -> list[Candidate]:
        """New objects of a frame that words name, surest first; arguments as for `by_grid`.

        Raises:
            NotAvailable: the server has no detector.
            DependencyError, CheckpointError, DetectorError: the detector can't be used, or fails.
            DeviceError: the device has too little memory.
        """
        detections = self._detector.detect(frame.pixels, words)
        candidates = list[Candidate]()
        with self._session(frame) as session:
            for detection in detections:
                if stop.is_set():
                    break
                with self._turns.prompt():
                    candidate = decoded(session, frame.pixels, detection)
                if candidate is not None:
                    candidates.append(candidate)
        size = (frame.pixels.shape[0], frame.pixels.shape[1])
        return self._new(candidates, answers, size, settings)

    def discoverer(self, search: Search) -> Discoverer:
        """What looks for objects while a session tracks.

        Raises:
            NotAvailable: words, and the server has no detector.
            DependencyError, CheckpointError, DetectorError: the detector can't be used.
            ConfigurationError: nothing to look for.
        """
        detector = None if search.words is None else self._detector
        return Discoverer(
            search.settings, words=search.words, detector=detector, looking=search.looking
        )

    def close(self) -> None:
        """Close the detector, if there is one."""
        with self._making:
            if self._made is not None:
                self._made.close()

    @property
    def _detector(self) -> CheckedDetector:
        if self._spec is None:
            raise NotAvailable(
                "this server has no detector for words: start it with --detector, for example "
                "`samurai web --detector grounding-dino`"
            )
        with self._making:
            if self._made is None:
                self._made = create_detector(self._spec, str(self._tracker.network.device))
            return self._made

    @contextmanager
    def _session(self, frame: VideoFrame) -> Iterator[Session]:
        try:
            with self._tracker.session() as session:
                session.start(frame.pixels)
                yield session
        except (torch.OutOfMemoryError, MemoryError) as error:
            raise DeviceError(
                f"{self._tracker.network.device} has too little memory to look for objects: close "
                "a session, or choose a smaller model or device cpu"
            ) from error

    def _new(
        self,
        candidates: Sequence[Candidate],
        answers: Sequence[Answer],
        size: tuple[int, int],
        settings: DiscoverySettings,
    ) -> list[Candidate]:
        fresh, _ = split_by_match(candidates, answers, settings.match)
        return new_objects(fresh, answers, size, settings)
