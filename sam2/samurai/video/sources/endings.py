"""The warning about a video that is damaged or cut off."""

from __future__ import annotations

from samurai.video.sources.base import Warn
from samurai.video.sources.beginning import Beginning


class Endings:
    """Warns once if a video is damaged or cut off.

    Args:
        beginning: of the video.
        warn: is called with one sentence.
    """

    def __init__(self, beginning: Beginning, warn: Warn) -> None:
        self._beginning = beginning
        self._warn = warn
        self._warned = False

    def check(self, faults: int, last: int | None) -> None:
        """A pass came to the end.

        Args:
            faults: packets and places that were damaged.
            last: the last frame, if the pass read to the end.
        """
        is_cut = self._beginning.is_cut
        if self._warned or not (faults or is_cut):
            return
        self._warned = True
        where = f" after frame {last}" if last is not None else ""
        what = f"ends early{where}" if is_cut else f"is damaged in {faults} place(s)"
        self._warn(
            f"{self._beginning.address.name} {what}: the frames that can be decoded are used; copy "
            "the file again if it should have more"
        )
