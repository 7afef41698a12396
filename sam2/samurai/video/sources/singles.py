"""Single frames of a video file in any order, the last ones from a cache."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from samurai.video.sources.beginning import Beginning
from samurai.video.sources.index import FrameIndex
from samurai.video.sources.passes import NEAR, Numbered, Pass

if TYPE_CHECKING:
    from av.video import VideoFrame as Picture

CACHE_BYTES = 128 << 20
"""Decoded pictures that are kept: about 40 of 1080p."""

MOST_KEPT = 4096
"""Pictures that are kept of small videos."""


def pictures_kept(beginning: Beginning) -> int:
    """How many pictures of a video fit in the cache, at least one."""
    return min(MOST_KEPT, max(1, CACHE_BYTES // beginning.picture_bytes))


class Singles:
    """Finds frames by number; who steps backward finds most in the cache."""

    def __init__(self, beginning: Beginning, index: Callable[[], FrameIndex]) -> None:
        self._pass = Pass(beginning, index)
        self._most = pictures_kept(beginning)
        self._cache: OrderedDict[int, Picture] = OrderedDict()
        self._walk: Iterator[Numbered] = iter(())
        self._next: int | None = None
        self._last_asked = -1

    def get(self, number: int) -> Picture | None:
        """A picture by its number; None if there is none, or it is lost."""
        backward, self._last_asked = 0 < self._last_asked - number <= NEAR, number
        if number in self._cache:
            self._cache.move_to_end(number)
            return self._cache[number]
        if self._next is None or not 0 <= number - self._next <= NEAR:
            before = min(NEAR, self._most // 2) if backward else 0
            self._walk = self._pass.pictures(max(0, number - before))
        for place, picture in self._walk:
            self._next = place + 1
            self._keep(place, picture)
            if place >= number:
                return self._cache.get(number)
        self._next = None
        return self._cache.get(number)

    def _keep(self, number: int, picture: Picture) -> None:
        self._cache[number] = picture
        while len(self._cache) > self._most:
            self._cache.popitem(last=False)

    def close(self) -> None:
        """Free the container and the cache."""
        self._cache.clear()
        self._walk = iter(())
        self._pass.close()
