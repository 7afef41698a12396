"""What a contestant tells of one way through a film, and what a contestant is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from benchmarks.speed.film import Film


@dataclass(frozen=True)
class Lap:
    """Seconds of one way through a film.

    Attributes:
        total: everything, from the first file to the last answer.
        loading: the part of it before the first frame can be answered; 0 for a streaming tracker.
        frames: per frame, from the second one on.
    """

    total: float
    loading: float
    frames: list[float]


class Contestant(Protocol):
    """Somebody who tracks films, in a process of their own."""

    label: str

    def run(self, film: Film, objects: int) -> Lap:
        """Track that many objects through a film."""

    def close(self) -> dict[str, Any]:
        """End the process; what it has to tell of itself."""

    def kill(self) -> None:
        """End the process at once, if it still runs."""
