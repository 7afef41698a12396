"""An engine on a network that costs nothing, a clock that is set, and a video in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pytest
from oracles.array_source import ArraySource
from oracles.color_tracker import color_tracker, colored_video, place_of

from samurai.jobs import identity
from samurai.tracker import Tracker
from samurai.video.sources.base import Pixels
from samurai.video.tracked import TrackedFrame
from samurai.web.engine import Engine, Propagation, WebSession
from samurai.web.settings import WebSettings

LENGTH = 24
SIZE = (48, 64)

Engines = Callable[..., Engine]


@dataclass
class Clock:
    """Seconds that a test sets."""

    now: float = 100.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Videos:
    """Opens a video, and knows what was opened; `before` is called before a frame is decoded."""

    frames: list[Pixels]
    before: Callable[[int], None] | None = None
    opened: list[ArraySource] = field(default_factory=list)

    def __call__(self) -> ArraySource:
        source = ArraySource(self.frames, before=self._before)
        self.opened.append(source)
        return source

    def _before(self, index: int) -> None:
        if self.before is not None:
            self.before(index)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch, one_thread: None) -> None:
    """Settings count by their values, without digests of code."""
    monkeypatch.setattr(
        identity,
        "tracker_fingerprint",
        lambda config: {k: str(v) for k, v in asdict(config).items()},
    )


@pytest.fixture(scope="session")
def tracker() -> Tracker:
    return color_tracker()


@pytest.fixture(scope="session")
def pixels() -> list[Pixels]:
    return colored_video(LENGTH)


@pytest.fixture
def video(pixels: list[Pixels]) -> Videos:
    return Videos(pixels)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def engines(tmp_path: Path, tracker: Tracker, clock: Clock) -> Iterator[Engines]:
    """Makes engines, closed at the end."""
    made: list[Engine] = []

    def make(own: Tracker | None = None, **settings: Any) -> Engine:
        settings = {"data_path": tmp_path / "data", **settings}
        made.append(Engine(own or tracker, WebSettings(**settings), clock=clock))
        return made[-1]

    yield make
    for engine in made:
        engine.close()


@pytest.fixture
def engine(engines: Engines) -> Engine:
    return engines()


@pytest.fixture
def session(engine: Engine, video: Videos) -> WebSession:
    return engine.create("v", video)


def corners(color: str, frame: int) -> list[float]:
    """A square's upper left and lower right corner."""
    box = place_of(color, frame)
    return [box.x, box.y, box.x + box.width, box.y + box.height]


def middle(color: str, frame: int) -> list[float]:
    box = place_of(color, frame)
    return [box.x + box.width / 2, box.y + box.height / 2]


def read_all(propagation: Propagation) -> list[TrackedFrame]:
    """All frames of a run that comes to its end."""
    with propagation:
        found = list(propagation)
    assert propagation.outcome is not None
    assert propagation.outcome.kind == "done", propagation.outcome.error
    assert propagation.outcome.frames == len(found)
    return found
