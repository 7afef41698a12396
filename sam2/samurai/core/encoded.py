"""A frame as the network sees it."""

from __future__ import annotations

from dataclasses import dataclass

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
