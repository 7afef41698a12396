"""Answers as detections of the package supervision, for its annotators, zones and writers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from samurai.regions import Answer, detections


def to_detections(answers: Iterable[Answer]) -> Any:
    """`supervision.Detections` of the objects that are visible, in the order of the answers.

    `xyxy` is (N, 4), `mask` (N, H, W), `confidence` (N,); `tracker_id` (N,) is the object's id, or
    a number from 2^31 that its name always gets. `data["object_id"]` has the ids themselves.

    Raises:
        DependencyError: supervision isn't installed.
    """
    return detections(answers)
