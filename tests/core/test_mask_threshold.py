"""Masks that are cut at another logit than zero: what is answered changes, what is tracked not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from samurai.regions import Answer, Box, Points
from samurai.tracker import Tracker

FIRST, SECOND = Box(30, 34, 32, 26), Box(70, 20, 30, 30)
CLICK = Points([[46, 47]], [1])
LENGTH = 5

Video = list[NDArray[np.uint8]]
Run = tuple[list[list[Answer]], list[NDArray[np.float32]]]


def _run(tracker: Tracker, video: Video) -> Run:
    """Answers and logits of two objects, one of which is corrected in frame 2."""
    with tracker.session() as session:
        answers, logits = [session.start(video[0], [FIRST, SECOND])], [session.logits]
        for index, frame in enumerate(video[1:LENGTH], 1):
            answers.append(session.step(frame))
            if index == 2:
                answers[-1] = session.correct(0, CLICK)
            logits.append(session.logits)
        return answers, logits


@pytest.mark.parametrize("threshold", [1.5, -0.75])
def test_an_answer_is_what_the_predictor_has_above_the_threshold(
    make_tracker: Callable[..., Tracker],
    small_predictor: Any,
    propagate: Callable[..., list[NDArray[np.float32]]],
    video: Video,
    threshold: float,
) -> None:
    """SAMURAI's API cuts SAM 2's logits at the frame's size."""
    tracker = make_tracker(box_prompt="points")
    tracker.mask_threshold = threshold
    wanted = propagate(small_predictor, [FIRST, SECOND], LENGTH)
    differ = 0
    with tracker.session() as session:
        for index, whole in enumerate(wanted):
            advance = session.step if index else session.start
            answers = advance(video[index], [] if index else [FIRST, SECOND])
            for answer, logits in zip(answers, whole, strict=True):
                sure = np.abs(logits - threshold) > 0.02  # two objects at once round otherwise
                assert (answer.mask == (logits > threshold))[sure].all()
                assert answer.box == Box.of_mask(answer.mask)
                assert answer.absent == (answer.box is None)
                differ += int((answer.mask != (logits > 0)).sum())
    assert differ > 0


@pytest.mark.parametrize("settings", [{}, {"window": 4.0}, {"overlap": False}])
def test_tracking_and_memory_stay_as_they_are(
    make_tracker: Callable[..., Tracker], video: Video, settings: dict[str, Any]
) -> None:
    tracker = make_tracker("samurai", box_prompt="points", **settings)
    plain, logits = _run(tracker, video)
    tracker.mask_threshold = 1.0
    cut, same = _run(tracker, video)
    tracker.mask_threshold = 0.0
    again, _ = _run(tracker, video)
    for one, other in zip(logits, same, strict=True):
        assert one.tobytes() == other.tobytes()
    for before, less, after in zip(plain, cut, again, strict=True):
        for mine, theirs, last in zip(before, less, after, strict=True):
            assert not (theirs.mask & ~mine.mask).any()
            assert mine.mask.tobytes() == last.mask.tobytes()
    assert sum(each.mask.sum() for frame in plain for each in frame) > sum(
        each.mask.sum() for frame in cut for each in frame
    )


def test_a_preview_is_cut_too(make_tracker: Callable[..., Tracker], video: Video) -> None:
    tracker = make_tracker(box_prompt="points")
    with tracker.session() as session:
        plain = session.preview(video[0], FIRST)
    tracker.mask_threshold = 2.0
    with tracker.session() as session:
        cut = session.preview(video[0], FIRST)
        assert (session.start(video[0], [FIRST])[0].mask == cut.mask).all()
    assert cut.mask.sum() < plain.mask.sum() and not (cut.mask & ~plain.mask).any()
