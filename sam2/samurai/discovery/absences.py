"""How long found objects have been away."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from samurai.regions import Answer, ObjectId


class Absences:
    """Counts frames in a row in which found objects are absent.

    Args:
        retire_after: so many, and they are retired; None never.
    """

    def __init__(self, retire_after: int | None) -> None:
        self._retire_after = retire_after
        self._frames: dict[ObjectId, int] = {}

    def watch(self, object_ids: Iterable[ObjectId]) -> None:
        """Count these objects' absences."""
        if self._retire_after is not None:
            self._frames.update((name, 0) for name in object_ids)

    def retired(self, answers: Sequence[Answer]) -> list[ObjectId]:
        """Take note of a frame; objects that have been away for too long, which aren't counted any
        more."""
        if self._retire_after is None:
            return []
        present = {each.object_id: not each.absent for each in answers}
        self._frames = {
            name: 0 if present[name] else frames + 1
            for name, frames in self._frames.items()
            if name in present
        }
        gone = [name for name, frames in self._frames.items() if frames >= self._retire_after]
        for name in gone:
            del self._frames[name]
        return gone

    def state(self) -> dict[str, Any]:
        """As plain values."""
        return {"absences": [[name, frames] for name, frames in self._frames.items()]}

    def restore(self, state: Mapping[str, Any]) -> None:
        """What `state` gave."""
        self._frames = dict((name, frames) for name, frames in state["absences"])
