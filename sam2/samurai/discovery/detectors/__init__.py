"""Detectors: from words to regions of a frame. `create_detector` makes one, whose answers are
checked; `registry` finds those of other packages."""

from samurai.discovery.detectors.base import Detection, Detector
from samurai.discovery.detectors.checking import CheckedDetector
from samurai.discovery.detectors.registry import create_detector, detector_names
from samurai.discovery.detectors.words import Words

__all__ = [
    "CheckedDetector",
    "Detection",
    "Detector",
    "Words",
    "create_detector",
    "detector_names",
]
