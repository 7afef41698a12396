"""A frame as the network sees it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from samurai.core.hypotheses import View
from samurai.networks.base import Features
from samurai.regions import ObjectId


@dataclass(frozen=True)
class EncodedFrame:
    """A frame and its features.

    Attributes:
        index: of the frame in the video, from 0.
        size: height and width, in pixels.
        features: of its views.
        views: that its objects are seen through.
    """

    index: int
    size: tuple[int, int]
    features: Features
    views: dict[ObjectId, View]

    def seen_whole(self, object_ids: Sequence[ObjectId]) -> EncodedFrame:
        """The same frame, whose only view, of the whole frame, also shows further objects."""
        return replace(self, views={**self.views, **{name: View(0, None) for name in object_ids}})
