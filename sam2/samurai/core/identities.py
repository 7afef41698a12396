"""Identities of objects: given by the caller or running numbers, never used twice in a session."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from operator import index
from typing import Any, SupportsIndex

from samurai.errors import SessionError
from samurai.regions import ObjectId, Region, as_region, as_regions


class Identities:
    """The identities that a session has given out."""

    def __init__(self) -> None:
        self._used: set[ObjectId] = set()
        self._next = 0

    def copy(self) -> Identities:
        """The same identities, for a snapshot."""
        other = Identities()
        other._used, other._next = set(self._used), self._next
        return other

    def introduce(self, objects: Any) -> dict[ObjectId, Region]:
        """New objects by identity, in their order; nothing is taken note of yet.

        Args:
            objects: a mapping of identities to regions, or regions, which get running numbers: the
                smallest above all integers so far.

        Raises:
            RegionError: something isn't a region.
            SessionError: an identity isn't an integer from 0 or a text, or was used before.
        """
        if not isinstance(objects, Mapping):
            regions = as_regions(objects)
            return dict(enumerate(regions, start=self._next))
        introduced: dict[ObjectId, Region] = {}
        for given, region in objects.items():
            object_id = as_object_id(given)
            if object_id in self._used or object_id in introduced:
                raise SessionError(
                    f"object {object_id!r} was in this session before: identities aren't used "
                    "again. Give another one"
                )
            introduced[object_id] = as_region(region)
        return introduced

    def take(self, object_ids: Iterable[ObjectId]) -> None:
        """Take note of identities of objects that joined the session."""
        for object_id in object_ids:
            self._used.add(object_id)
            if isinstance(object_id, int):
                self._next = max(self._next, object_id + 1)

    def was_used(self, object_id: ObjectId) -> bool:
        """Whether an object of this session has or had that identity."""
        return object_id in self._used


def as_object_id(value: Any) -> ObjectId:
    """An integer from 0 (also of numpy) as an int, a text that isn't empty as it is.

    Raises:
        SessionError: anything else.
    """
    if isinstance(value, str) and value:
        return str.__str__(value)  # of a subclass: as plain text, which snapshots can hold
    if isinstance(value, SupportsIndex) and not isinstance(value, bool) and index(value) >= 0:
        return index(value)
    raise SessionError(f"an object is called by an integer from 0 or a name, not {value!r}")
