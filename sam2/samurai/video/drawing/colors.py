"""Which object has which color."""

from __future__ import annotations

import zlib

from samurai.painting.colors import PALETTES, Color, extended
from samurai.regions import ObjectId


class ObjectColors:
    """Colors of a video's objects, the same in every frame and every run.

    A number has the color of its place in the palette; a name, one that follows from its letters.
    An object whose color is another's, introduced earlier, gets the next one that is free.

    Args:
        palette: its name.
    """

    def __init__(self, palette: str) -> None:
        self._colors = extended(palette)
        self._base = len(PALETTES[palette])
        self._slots: dict[ObjectId, int] = {}

    def __getitem__(self, object_id: ObjectId) -> Color:
        """The color of an object; asking introduces it."""
        if object_id not in self._slots:
            self._slots[object_id] = self._free_slot(object_id)
        return self._colors[self._slots[object_id]]

    def _free_slot(self, object_id: ObjectId) -> int:
        """Names take the palette itself as long as it lasts; Python's hash of a text differs from
        run to run, a checksum doesn't."""
        taken = set(self._slots.values())
        if isinstance(object_id, str):
            wanted = zlib.crc32(object_id.encode("utf-8", "replace")) % self._base
            order = [(wanted + step) % self._base for step in range(self._base)]
        else:
            order = [int(object_id) % len(self._colors)]
        wanted = order[0]
        order += [*range(self._base, len(self._colors)), *range(self._base)]
        return next((slot for slot in order if slot not in taken), wanted)
