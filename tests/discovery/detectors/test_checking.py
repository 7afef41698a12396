"""What a detector answers is checked before anybody sees it."""

from __future__ import annotations

import logging
import math
import threading
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samurai.discovery.detectors.base import Detection, Frame
from samurai.discovery.detectors.checking import MOST, CheckedDetector, without_doubles
from samurai.discovery.detectors.words import Words
from samurai.errors import DetectorError, PromptError
from samurai.regions import Box, Mask, Points

HEIGHT, WIDTH = 48, 64
FRAME: Frame = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
WORDS = Words.of("dog, red car:0.6")
HERE = Box(10, 10, 20, 20)


class Scripted:
    """Answers what it was told, or raises it."""

    threshold = 0.25

    def __init__(self, answer: Any) -> None:
        self.answer, self.closings = answer, 0
        self.asked: tuple[str, ...] = ()

    def detect(self, frame: Frame, words: Sequence[str]) -> Any:
        self.asked = tuple(words)
        frame[:] = 255
        if isinstance(self.answer, BaseException):
            raise self.answer
        return self.answer

    def close(self) -> None:
        self.closings += 1


def found(answer: Any, words: Words = WORDS) -> list[Detection]:
    return CheckedDetector(Scripted(answer), "scripted").detect(FRAME, words)


def boxes(*answer: Box) -> list[Any]:
    return [each.region for each in found([Detection("dog", 0.9, box) for box in answer])]


def test_a_good_answer_comes_best_first_with_the_words_as_the_user_spells_them() -> None:
    mask = np.zeros((HEIGHT, WIDTH), np.bool_)
    mask[40:, 40:] = True
    answer = [
        Detection("dog", 0.5, HERE),
        Detection("Red  Car", np.float64(0.75), Mask(mask)),
        Detection("dog", 0.7, Box(40, 0, 5, 5)),
    ]
    got = found(answer)
    assert [(each.label, each.score) for each in got] == [
        ("red car", 0.75),
        ("dog", 0.7),
        ("dog", 0.5),
    ]
    assert all(type(each.score) is float for each in got)
    assert isinstance(got[0].region, Mask) and np.array_equal(got[0].region.array, mask)
    assert found([]) == found(()) == []


def test_a_detector_gets_the_words_and_a_frame_of_its_own() -> None:
    detector = Scripted([])
    CheckedDetector(detector, "scripted").detect(FRAME[:, ::-1], WORDS)
    assert detector.asked == ("dog", "red car")
    assert not FRAME.any()


@pytest.mark.parametrize(
    "bad",
    [
        *(Detection("dog", score, HERE) for score in (math.nan, math.inf, -math.inf, 1.01, -0.1)),
        *(Detection(label, 0.9, HERE) for label in ("cat", "", "do", "dog red car")),
        Detection(None, 0.9, HERE),  # type: ignore[arg-type]
        *(Detection("dog", 0.9, Box(*values)) for values in (
            (math.nan, 0, 5, 5), (0, 0, math.inf, 5), (20, 20, -5, -5), (20, 20, -5, 5),
            (5, 5, 0, 5), (5, 5, 5, 0), (5, 5, 0.5, 5), (64, 0, 5, 5), (0, -9, 5, 9),
            (63.5, 0, 5, 5), (-1e308, -1e308, 1e300, 1e300), (1e308, 1e308, 1e308, 1e308),
        )),
        Detection("dog", 0.9, Mask(np.ones((WIDTH, HEIGHT), np.bool_))),
        Detection("dog", 0.9, Mask(np.ones((1, 1), np.bool_))),
        Detection("dog", 0.9, Mask(np.zeros((HEIGHT, WIDTH), np.bool_))),
    ],
    ids=repr,
)  # fmt: skip
def test_a_detection_that_cannot_be_used_is_dropped_and_told_once(
    bad: Detection, caplog: pytest.LogCaptureFixture
) -> None:
    good = Detection("dog", 0.8, HERE)
    detector = CheckedDetector(Scripted([bad, good, bad]), "scripted")
    for _ in range(3):
        assert detector.detect(FRAME, WORDS) == [good]
    (line,) = caplog.messages
    assert "\n" not in line
    assert list(detector.dropped.values()) == [6]


def test_boxes_are_clipped_to_the_frame() -> None:
    assert boxes(Box(-5, -5, 10, 10)) == [Box(0, 0, 5, 5)]
    assert boxes(Box(60, 40, 100, 100)) == [Box(60, 40, 4, 8)]
    assert boxes(Box(-1e300, -1e300, 1e301, 1e301)) == [Box(0, 0, WIDTH, HEIGHT)]
    assert boxes(Box(0, 0, WIDTH, HEIGHT)) == [Box(0, 0, WIDTH, HEIGHT)]
    assert boxes(Box(3.25, 4.5, 1, 1)) == [Box(3.25, 4.5, 1, 1)]


@pytest.mark.parametrize(
    "answer",
    [
        None,
        3,
        [{"label": "dog"}],
        [("dog", 0.9, HERE)],
        [Detection("dog", "0.x", HERE)],  # type: ignore[arg-type]
        [Detection("dog", None, HERE)],  # type: ignore[arg-type]
        [Detection("dog", 0.9, (1, 2, 3, 4))],  # type: ignore[arg-type]
        [Detection("dog", 0.9, Points([[1, 1]], [1]))],  # type: ignore[arg-type]
        "dog",
        ValueError("several\nlines"),
        RuntimeError(),
        KeyError("dog"),
        MemoryError(),
        DetectorError("its own"),
    ],
    ids=repr,
)
def test_what_is_no_answer_is_an_error_in_one_line(answer: Any) -> None:
    with pytest.raises(DetectorError) as caught:
        found(answer)
    assert "\n" not in str(caught.value)


def test_words_are_checked_by_the_detectors_that_can() -> None:
    class Choosy(Scripted):
        def check_words(self, words: Sequence[str]) -> None:
            if "cat" in words:
                raise PromptError("no cats")
            if "dog" not in words:
                raise ZeroDivisionError

    detector = CheckedDetector(Choosy([]), "choosy")
    detector.check_words(WORDS)
    with pytest.raises(PromptError):
        detector.check_words(Words.of("dog, cat"))
    with pytest.raises(DetectorError):
        detector.check_words(Words.of("cow"))
    CheckedDetector(Scripted([]), "plain").check_words(Words.of("cat"))


def test_a_failure_is_of_one_frame() -> None:
    scripted = Scripted(ValueError("not now"))
    detector = CheckedDetector(scripted, "scripted")
    with pytest.raises(DetectorError):
        detector.detect(FRAME, WORDS)
    scripted.answer = [Detection("dog", 0.5, HERE)]
    assert len(detector.detect(FRAME, WORDS)) == 1


def test_thresholds_are_the_users_then_the_detectors_then_ours() -> None:
    answer = [
        Detection(label, score, Box(x, 0, 9, 9))
        for label in ("dog", "red car")
        for x, score in enumerate((0.24, 0.25, 0.59, 0.6))
        for x in [10 * x]
    ]
    kept = {(each.label, each.score) for each in found(answer)}
    assert kept == {("dog", 0.25), ("dog", 0.59), ("dog", 0.6), ("red car", 0.6)}
    plain = Scripted(answer)
    plain.threshold = 0.6
    assert CheckedDetector(plain, "plain").threshold == 0.6
    kept = {(each.label, each.score) for each in CheckedDetector(plain, "").detect(FRAME, WORDS)}
    assert kept == {("dog", 0.6), ("red car", 0.6)}


def test_thousands_of_detections_become_the_best() -> None:
    random = np.random.default_rng(3)
    scores = random.uniform(0.3, 1, 4_000)
    corners = random.uniform(0, 40, (4_000, 2))
    answer = [
        Detection("dog", score, Box(x, y, 2, 2))
        for score, (x, y) in zip(scores, corners.tolist(), strict=True)
    ]
    got = found(answer)
    assert len(got) == MOST
    assert [each.score for each in got] == sorted((each.score for each in got), reverse=True)
    assert got[0].score == scores.max()


BOXES = st.builds(
    Box, *(st.integers(0, 5) for _ in range(2)), *(st.integers(1, 6) for _ in range(2))
)
DETECTIONS = st.lists(
    st.builds(Detection, st.sampled_from(["dog", "cat"]), st.floats(0, 1), BOXES), max_size=12
)


def plain_iou(one: Box, other: Box) -> float:
    """Counted in pixels."""
    a, b = (
        {
            (x, y)
            for x in range(int(each.x), int(each.x + each.width))
            for y in range(int(each.y), int(each.y + each.height))
        }
        for each in (one, other)
    )
    return len(a & b) / len(a | b)


@settings(max_examples=60, deadline=None)
@given(DETECTIONS, st.sampled_from([0.0, 0.31, 0.7, 1.0]))
def test_doubles_of_a_word_are_dropped(detections: list[Detection], iou: float) -> None:
    ordered = sorted(detections, key=lambda each: -each.score)
    expected: list[Detection] = []
    for each in ordered:
        rivals = [better for better in expected if better.label == each.label]
        if all(plain_iou(each.region, better.region) <= iou for better in rivals):  # type: ignore[arg-type]
            expected.append(each)
    assert without_doubles(ordered, iou) == expected


def test_masks_count_by_their_boxes() -> None:
    ring = np.zeros((HEIGHT, WIDTH), np.bool_)
    ring[10:30, 10:30] = True
    ring[12:28, 12:28] = False
    assert len(found([Detection("dog", 0.9, Mask(ring)), Detection("dog", 0.8, HERE)])) == 1


def test_it_is_closed_once_and_then_answers_no_more(caplog: pytest.LogCaptureFixture) -> None:
    scripted = Scripted([])
    with CheckedDetector(scripted, "scripted") as detector:
        detector.close()
    assert scripted.closings == 1
    with pytest.raises(DetectorError):
        detector.detect(FRAME, WORDS)
    assert caplog.messages == []


def test_one_that_raises_when_it_is_closed_is_told(caplog: pytest.LogCaptureFixture) -> None:
    class Stuck(Scripted):
        def close(self) -> None:
            raise OSError("stuck")

    with caplog.at_level(logging.WARNING):
        CheckedDetector(Stuck([]), "stuck").close()
    assert len(caplog.messages) == 1


def test_one_thread_at_a_time() -> None:
    inside, most = 0, 0
    gate = threading.Barrier(4)

    class Counting:
        def detect(self, frame: Frame, words: Sequence[str]) -> Sequence[Detection]:
            nonlocal inside, most
            inside += 1
            most = max(most, inside)
            frame.sum()
            inside -= 1
            return []

        def close(self) -> None: ...

    detector = CheckedDetector(Counting(), "counting")

    def call() -> None:
        gate.wait()
        for _ in range(50):
            detector.detect(FRAME, WORDS)

    threads = [threading.Thread(target=call) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 1
