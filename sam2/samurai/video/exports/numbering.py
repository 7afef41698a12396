"""Objects by number, for formats that have no other names for them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from samurai.errors import ExportError
from samurai.regions import Answer, ObjectId
from samurai.spelling import counted
from samurai.video.exports.base import ExportOptions


class Numbering:
    """Numbers from 1.

    An integer from 1 is its own number, unless an earlier object has it. Names, and the integer 0,
    get the smallest number that is free when they come. Of objects that come in the same frame,
    integers choose first.

    Args:
        format_name: for the message of `number`.
        most: the largest number; None if there is none.
        void: a number that readers may take for something else, given when all others are taken.
    """

    def __init__(self, format_name: str, most: int | None = None, void: int | None = None) -> None:
        self._format, self._most, self._void = format_name, most, void
        self._numbers: dict[ObjectId, int] = {}
        self._taken: set[int] = set()
        self._next = 1

    def introduce(self, answers: Sequence[Answer]) -> None:
        """Give numbers to the objects of a frame that have none yet.

        Raises:
            ExportError: there are no more.
        """
        new = [each.object_id for each in answers if each.object_id not in self._numbers]
        for object_id in sorted(new, key=lambda each: not self._is_free(each)):
            self._numbers[object_id] = self._choose(object_id)
            self._taken.add(self._numbers[object_id])

    def check(self, object_ids: Sequence[ObjectId]) -> None:
        """Refuse more objects than there are numbers.

        Raises:
            ExportError: there are more.
        """
        if self._most is not None and len(set(object_ids)) > self._most:
            raise self._too_many()

    def __getitem__(self, object_id: ObjectId) -> int:
        return self._numbers[object_id]

    def __iter__(self) -> Iterator[tuple[ObjectId, int]]:
        """Objects and their numbers, in the order of the numbers."""
        return iter(sorted(self._numbers.items(), key=lambda pair: pair[1]))

    def __len__(self) -> int:
        return len(self._numbers)

    def tells(self, options: ExportOptions) -> bool:
        """Whether `described` says more than the numbers do."""
        return any(each != number or each in options.labels for each, number in self)

    def described(self, options: ExportOptions) -> str:
        """Which number is which object, as JSON."""
        objects = [
            {"number": number, "object_id": object_id, "label": options.label(object_id)}
            for object_id, number in self
        ]
        return json.dumps({"objects": objects}, indent=1) + "\n"

    def _is_free(self, object_id: ObjectId) -> bool:
        if not isinstance(object_id, int) or object_id < 1 or object_id in self._taken:
            return False
        return object_id != self._void and (self._most is None or object_id <= self._most)

    def _choose(self, object_id: ObjectId) -> int:
        if isinstance(object_id, int) and self._is_free(object_id):
            return object_id
        while self._next in self._taken:
            self._next += 1
        if self._most is not None and self._next > self._most:
            raise self._too_many()
        return self._next

    def _too_many(self) -> ExportError:
        return ExportError(
            f"{self._format} holds {counted(self._most or 0, 'object')} at most, and there are "
            "more. Remedy: export in another format, such as coco"
        )
