"""What a detector is: words to regions of one frame. numpy only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from samurai.regions import Box, Mask

Frame = NDArray[np.uint8]
"""(height, width, 3) RGB."""


@dataclass(frozen=True)
class Detection:
    """One object that a detector sees in a frame.

    Attributes:
        label: one of the words that were asked for.
        score: 0 to 1, in the detector's own scale; `Words.thresholds` cut it.
        region: in pixels of the frame.
    """

    label: str
    score: float
    region: Box | Mask


class Detector(Protocol):
    """Finds what words name. `checking.CheckedDetector` calls it, from one thread at a time.

    A detector may have two things more:

    - an attribute `threshold`, a float: the score from which its detections count where the user
      names none;
    - a method `check_words(words)`, which raises PromptError for words that it doesn't know, before
      there is a frame.
    """

    def detect(self, frame: Frame, words: Sequence[str]) -> Sequence[Detection]:
        """What of the words is in a frame, in any order.

        Args:
            frame: (height, width, 3) RGB uint8, contiguous, the detector's own copy.
            words: the user's: one or more, all different, such as "dog" and "red car".

        Raises:
            DetectorError: it can't tell. Any other exception is reported as one.
        """
        ...

    def close(self) -> None:
        """Free what it holds. Called once, perhaps from another thread than `detect`."""
        ...
