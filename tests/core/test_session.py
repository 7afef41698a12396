"""The session's promises: order, isolation, clean starts, errors that change nothing."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from oracles.agreement import assert_close
from oracles.runs import Frames, run, same

from samurai.config import TrackerConfig
from samurai.errors import ConfigurationError, FrameError, RegionError, SessionError
from samurai.regions import Box, Mask, Points
from samurai.runtime import threads as background
from samurai.tracker import Tracker

BOX, OTHER = Box(30.0, 33.0, 32.0, 27.0), Box(60.0, 40.0, 30.0, 30.0)


@pytest.fixture
def tracker(make_tracker: Callable[..., Tracker]) -> Tracker:
    return make_tracker("samurai")


def test_two_sessions_do_not_touch_each_other(tracker: Tracker, video: Frames) -> None:
    alone = run(tracker.session(), video[:10], [BOX])
    one, two = tracker.session(), tracker.session()
    other = run(two, video[20:24], [OTHER])
    interleaved = [one.start(video[0], [BOX])]
    for frame, foreign in zip(video[1:10], video[24:33], strict=True):
        other.append(two.step(foreign))
        interleaved.append(one.step(frame))
    assert same(interleaved, alone)
    assert same(other, run(tracker.session(), video[20:33], [OTHER]))


def first(action: Callable[[], object], call: Callable[[], None]) -> Callable[[], None]:
    """An action before a call."""

    def both() -> None:
        action()
        call()

    return both


def test_updating_memory_in_the_background_gives_the_same_answers(
    tracker: Tracker, video: Frames, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also when a new video starts while the old one's last frame is still being written."""
    expected = run(tracker.session(), video[:6], [BOX])
    monkeypatch.setattr(background, "usable_cores", lambda: 1 + torch.get_num_threads())
    threads, asked = set(), threading.Event()
    encode_memory = tracker.network.encode_memory

    def noted(*arguments: Any) -> Any:
        """Ends when the session waits for it, and not before."""
        threads.add(threading.current_thread().name)
        assert asked.wait(60)
        return encode_memory(*arguments)

    monkeypatch.setattr(tracker.network, "encode_memory", noted)
    session = tracker.session()
    writer = session._writer
    for name in ("update", "discard"):
        monkeypatch.setattr(writer, name, first(asked.set, getattr(writer, name)))
    for _ in range(2):
        answers = [session.start(video[0], [BOX])]
        for frame in video[1:6]:
            asked.clear()
            session.update_memory_async()
            session.update_memory_async()
            answers.append(session.step(frame))
        asked.clear()
        session.update_memory_async()
        assert same(expected, answers)
    asked.set()
    assert threads and all(name.startswith("samurai-memory") for name in threads)


def test_without_a_spare_core_memory_is_updated_at_once(
    tracker: Tracker, video: Frames, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(background, "usable_cores", lambda: torch.get_num_threads())
    session = tracker.session()
    session.start(video[0], [BOX])
    session.update_memory_async()
    assert session._writer._owed is None and session._writer._running is None


def test_answers_come_in_the_order_of_introduction(tracker: Tracker, video: Frames) -> None:
    session = tracker.session()
    assert [a.object_id for a in session.start(video[0], [BOX, OTHER])] == [0, 1]
    assert [a.object_id for a in session.step(video[1])] == [0, 1]
    answers = session.step(video[2], [Points([[40, 40]], [1]), BOX])
    assert [a.object_id for a in answers] == [0, 1, 2, 3]
    for frame in video[3:12]:
        answers = session.step(frame)
    assert [a.object_id for a in answers] == [0, 1, 2, 3]
    for answer in answers:
        assert answer.mask.shape == video[0].shape[:2] and answer.mask.dtype == np.bool_
        assert 0.0 <= answer.confidence <= 1.0
        assert answer.absent is (answer.box is None) is (not answer.mask.any())


def test_bad_input_changes_nothing(tracker: Tracker, video: Frames) -> None:
    clean = run(tracker.session(), video[:4], [BOX])
    session = tracker.session()
    answers = [session.start(video[0], [BOX])]
    for frame in video[1:4]:
        with pytest.raises(FrameError, match="is 64x48 but the video is 128x96"):
            session.step(np.zeros((48, 64, 3), np.uint8))
        with pytest.raises(FrameError, match="uint8"):
            session.step(frame.astype(np.float32))
        with pytest.raises(RegionError, match="outside"):
            session.step(frame, [Box(500, 500, 10, 10)])
        answers.append(session.step(frame))
    assert same(clean, answers)


def test_calls_in_a_senseless_order_are_named(tracker: Tracker, video: Frames) -> None:
    session = tracker.session()
    with pytest.raises(SessionError, match="call start first"):
        session.step(video[0])
    with pytest.raises(SessionError, match="call start first"):
        _ = session.logits
    with pytest.raises(RegionError):
        session.start(video[0], [Box(0, 0, 0, 5)])
    with pytest.raises(SessionError, match="call start first"):
        session.step(video[0])


def test_a_failed_memory_write_is_raised_by_the_next_call(
    tracker: Tracker, video: Frames, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = tracker.session()
    session.start(video[0], [BOX])

    def fail(*_: object) -> None:
        raise RuntimeError("out of memory")

    monkeypatch.setattr(tracker.network, "encode_memory", fail)
    with pytest.raises(SessionError, match=r"frame 0 .*out of memory"):
        session.step(video[1])
    monkeypatch.setattr(background, "usable_cores", lambda: 1 + torch.get_num_threads())
    session.start(video[0], [BOX])
    session.update_memory_async()
    with pytest.raises(SessionError, match=r"frame 0 .*out of memory"):
        session.step(video[1])


def test_frames_of_other_kinds_are_converted(tracker: Tracker, video: Frames) -> None:
    gray = video[0][..., 0]
    rgb, rgba = np.stack([gray] * 3, -1), np.dstack([video[0], gray])
    for ours, theirs in ((gray, rgb), (rgba, video[0])):
        assert same(run(tracker.session(), [ours], [BOX]), run(tracker.session(), [theirs], [BOX]))


def test_a_mask_of_one_pixel_is_not_lost(tracker: Tracker, video: Frames) -> None:
    """At 1920x1080 one pixel is far less than half an input pixel."""
    frame = np.repeat(np.repeat(video[0], 10, axis=0), 10, axis=1)
    mask = np.zeros(frame.shape[:2], bool)
    mask[333, 777] = True
    [answer] = tracker.session().start(frame, [Mask(mask)])
    assert answer.mask.any() and answer.mask[333, 777]


def test_unknown_settings_list_the_known_ones(small_predictor: Any) -> None:
    for settings, known in (
        ({"policy": "samura"}, "sam2, samurai"),
        ({"dtype": "half"}, "float16"),
        ({"device": "gpu"}, "cuda"),
        ({"device": "cuda:99"}, "choose"),
    ):
        with pytest.raises(ConfigurationError, match=known):
            Tracker(small_predictor, TrackerConfig(device="cpu").changed(**settings))


def test_a_box_can_become_the_mask_that_it_decodes_to(
    make_tracker: Callable[..., Tracker], video: Frames
) -> None:
    """The same as decoding the box's corners and giving the answer back as a mask prompt."""
    box = Box(30, 34, 30, 26)
    with make_tracker(box_prompt="points").session() as session:
        decoded = session.start(video[0], [box])[0]
        logits = torch.from_numpy(session.logits)[:, None]
    assert decoded.mask.any()
    size = make_tracker().network.spec.input_size
    square = F.interpolate(logits, (size, size), mode="bilinear", align_corners=False)[0, 0] > 0
    with make_tracker(box_prompt="decoded_mask").session() as session:
        answer = session.start(video[0], [box])[0]
        expected = F.interpolate(
            square[None, None].float() * 20 - 10,
            (size // 4, size // 4),
            mode="bilinear",
            align_corners=False,
            antialias=True,
        )
        assert_close(session.logits, expected[:, 0], 1e-4)
    assert answer.mask.any()
