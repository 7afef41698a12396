"""What tests of corrected, removed and restored objects share."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from samurai.regions import Answer, Box, Points

Video = list[NDArray[np.uint8]]

CUP, SPOON = Box(30.5, 33.25, 32.0, 27.5), Box(60.0, 40.0, 30.0, 30.0)
CLICK = Points([[46.0, 47.5]], [1])


def assert_equal(answers: list[Answer], expected: list[Answer]) -> None:
    """Bit for bit."""
    assert [a.object_id for a in answers] == [e.object_id for e in expected]
    for answer, wanted in zip(answers, expected, strict=True):
        np.testing.assert_array_equal(answer.mask, wanted.mask)
        assert (answer.box, answer.confidence) == (wanted.box, wanted.confidence)
