"""Sessions over whole videos, and the bundled sequences to run them on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from samurai.core.session import Session
from samurai.regions import Answer, Region

Frames = list[NDArray[np.uint8]]

WORKSPACE = Path(__file__).parents[2] / "vot_workspace"


def bundled(sequence: str, length: int | None = None) -> Frames:
    """The first frames of a bundled sequence, or all."""
    folder = WORKSPACE / "sequences" / sequence / "color"
    return [np.asarray(Image.open(path)) for path in sorted(folder.glob("*.jpg"))[:length]]


def run(
    session: Session,
    frames: Frames,
    regions: Sequence[Region],
    late: Mapping[int, Sequence[Region]] | None = None,
) -> list[list[Answer]]:
    """Answers to all frames; `late` has the regions that start in later frames."""
    answers = [session.start(frames[0], regions)]
    for frame_index, frame in enumerate(frames[1:], start=1):
        answers.append(session.step(frame, (late or {}).get(frame_index)))
    return answers


def run_logits(
    session: Session, frames: Frames, regions: Sequence[Region]
) -> list[NDArray[np.float32]]:
    """Mask logits (objects, L, L) of all frames."""
    session.start(frames[0], regions)
    logits = [session.logits]
    for frame in frames[1:]:
        session.step(frame)
        logits.append(session.logits)
    return logits


def same(ours: Sequence[Sequence[Answer]], theirs: Sequence[Sequence[Answer]]) -> bool:
    """Whether two runs have the same answers, bit by bit."""
    return len(ours) == len(theirs) and all(
        np.array_equal(a.mask, b.mask) and a.confidence == b.confidence and a.box == b.box
        for one, other in zip(ours, theirs, strict=True)
        for a, b in zip(one, other, strict=True)
    )
