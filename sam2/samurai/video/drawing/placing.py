"""Places for labels: inside the frame, near their objects, none over another."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Area:
    """A rectangle of whole pixels; right and bottom are the first pixels beyond it."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        """In pixels."""
        return self.right - self.left

    @property
    def height(self) -> int:
        """In pixels."""
        return self.bottom - self.top

    @property
    def center(self) -> tuple[int, int]:
        """X and y."""
        return (self.left + self.right) // 2, (self.top + self.bottom) // 2

    def meets(self, other: Area) -> bool:
        """Whether they share a pixel."""
        return (
            self.left < other.right
            and other.left < self.right
            and self.top < other.bottom
            and other.top < self.bottom
        )


class Places:
    """The room of a frame, and what of it is taken.

    Args:
        width, height: of the frame in pixels, also attributes.
        gap: pixels between a label and its object, and between labels.
    """

    def __init__(self, width: int, height: int, gap: int) -> None:
        self.width, self.height, self._gap = width, height, gap
        self._taken: list[Area] = []

    def take(self, area: Area) -> None:
        """Keep labels out of an area."""
        self._taken.append(area)

    def near(self, area: Area, width: int, height: int, first: int = 0) -> tuple[Area, int] | None:
        """Take a free place for a label, as near to an object as there is one.

        Args:
            area: the object's.
            width, height: of the label.
            first: the number of the place around the object that is tried first.

        Returns:
            The place and its number, -1 where it isn't at the object; None if there is none.
        """
        if width > self.width or height > self.height:
            return None
        around = self._around(area, width, height)
        order = [first, *range(len(around))] if 0 <= first < len(around) else range(len(around))
        for number in order:
            place = self._inside(*around[number], width, height)
            if not any(place.meets(other) for other in self._taken):
                self._taken.append(self._with_gap(place))
                return place, number
        found = self._anywhere(area, width, height)
        if found is None:
            return None
        self._taken.append(self._with_gap(found))
        return found, -1

    def _around(self, area: Area, width: int, height: int) -> list[tuple[int, int]]:
        """Left and top of places above, below, in the corners inside, and beside."""
        gap = self._gap
        above, below = area.top - height - gap, area.bottom + gap
        right, middle = area.right - width, (area.left + area.right - width) // 2
        return [
            (area.left, above),
            (right, above),
            (area.left, below),
            (right, below),
            (area.left + gap, area.top + gap),
            (area.right + gap, area.top),
            (area.left - width - gap, area.top),
            (area.right + gap, area.bottom - height),
            (area.left - width - gap, area.bottom - height),
            (middle, (area.top + area.bottom - height) // 2),
        ]

    def _inside(self, left: int, top: int, width: int, height: int) -> Area:
        left = min(max(left, 0), self.width - width)
        top = min(max(top, 0), self.height - height)
        return Area(left, top, left + width, top + height)

    def _anywhere(self, area: Area, width: int, height: int) -> Area | None:
        """The free place of a grid that is nearest to the object's center."""
        columns = np.unique(np.append(np.arange(0, self.width - width, max(1, width // 4)), 0))
        columns = np.append(columns, self.width - width)
        rows = np.append(np.arange(0, self.height - height, max(1, height // 2)), 0)
        rows = np.append(rows, self.height - height)
        left, top = (each.ravel() for each in np.meshgrid(columns, rows))
        taken = np.array([[a.left, a.top, a.right, a.bottom] for a in self._taken]).T[..., None]
        met = (left < taken[2]) & (taken[0] < left + width)
        met &= (top < taken[3]) & (taken[1] < top + height)
        x, y = (area.left + area.right - width) / 2, (area.top + area.bottom - height) / 2
        far = np.where(met.any(axis=0), np.inf, np.hypot(left - x, top - y))
        best = int(far.argmin())
        if not np.isfinite(far[best]):
            return None
        return self._inside(int(left[best]), int(top[best]), width, height)

    def _with_gap(self, place: Area) -> Area:
        half = self._gap // 2
        return Area(place.left - half, place.top - half, place.right + half, place.bottom + half)
