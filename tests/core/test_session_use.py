"""Uses of a session that go wrong elsewhere: threads, copies, no first object, odd boxes."""

from __future__ import annotations

import copy
import logging
import pickle
import threading
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from oracles.runs import Frames, run, same

from samurai import Box, Tracker
from samurai.core.session_checks import share_in_box, share_in_frame
from samurai.errors import SamuraiError, SessionError
from samurai.policies.base import (
    Choice,
    Decoded,
    Keep,
    MapRecall,
    Policy,
    PolicyRequirements,
    Recall,
)
from samurai.regions import Region

BOX = Box(30, 33, 32, 27)


class Held:
    """Stops a tracker's network inside a frame until it is let go."""

    def __init__(self, tracker: Tracker, monkeypatch: pytest.MonkeyPatch) -> None:
        self.inside, self.go_on = threading.Event(), threading.Event()
        encode = tracker.network.encode

        def held(views: Any) -> Any:
            self.inside.set()
            assert self.go_on.wait(60)
            return encode(views)

        monkeypatch.setattr(tracker.network, "encode", held)


CALLS: dict[str, Callable[[Any, Frames], object]] = {
    "start": lambda session, video: session.start(video[0], [BOX]),
    "step": lambda session, video: session.step(video[1]),
    "update_memory": lambda session, _: session.update_memory(),
    "update_memory_async": lambda session, _: session.update_memory_async(),
    "close": lambda session, _: session.close(),
}


def test_a_second_thread_is_refused_and_nothing_changes(
    make_tracker: Callable[..., Tracker], video: Frames, monkeypatch: pytest.MonkeyPatch
) -> None:
    tracker = make_tracker()
    expected = run(tracker.session(), video[:4], [BOX])
    session = tracker.session()
    found = [session.start(video[0], [BOX])]
    with monkeypatch.context() as patched:
        held = Held(tracker, patched)
        worker = threading.Thread(target=lambda: found.append(session.step(video[1])))
        worker.start()
        assert held.inside.wait(60)
        for call in CALLS.values():
            with pytest.raises(SessionError):
                call(session, video)
        held.go_on.set()
        worker.join()
    found += [session.step(frame) for frame in video[2:4]]
    assert same(found, expected)


def test_threads_may_use_a_session_one_after_the_other(
    make_tracker: Callable[..., Tracker], video: Frames
) -> None:
    session, found = make_tracker().session(), []
    for call in ("start", "step", "update_memory_async", "update_memory", "close"):
        worker = threading.Thread(
            target=lambda call=call: found.append(CALLS[call](session, video))
        )
        worker.start()
        worker.join()
    assert len(found) == 5


@pytest.mark.parametrize("warm", [False, True])
def test_what_cannot_be_copied_says_what_to_do(
    make_tracker: Callable[..., Tracker], video: Frames, warm: bool
) -> None:
    tracker = make_tracker()
    if warm:
        tracker.warm_up()
    running = tracker.session()
    running.start(video[0], [BOX])
    ways: tuple[Callable[[Any], Any], ...] = (pickle.dumps, copy.copy, copy.deepcopy)
    for thing in (tracker, tracker.session(), running):
        for way in ways:
            with pytest.raises(SessionError, match=r"session|Tracker"):
                way(thing)


@pytest.mark.parametrize(
    ("policy", "window"), [("sam2", None), ("mosam", None), ("samurai", 3.4), ("sam2long", 3.4)]
)
def test_a_video_may_begin_without_objects(
    make_tracker: Callable[..., Tracker], video: Frames, policy: str, window: float | None
) -> None:
    """Who comes at frame 2 is tracked as if the video had begun there."""
    tracker = make_tracker(policy, window=window)
    expected = run(tracker.session(), video[2:7], [BOX])
    with tracker.session() as session:
        assert session.start(video[0]) == [] and session.step(video[1]) == []
        assert session.logits.shape[0] == 0 and session.frame_index == 1
        session.update_memory()
        found = [session.step(video[2], [BOX]), *(session.step(f) for f in video[3:7])]
    assert same(found, expected)


def test_a_frame_of_another_size_is_refused_before_the_first_object_too(
    make_tracker: Callable[..., Tracker], video: Frames
) -> None:
    session = make_tracker().session()
    with pytest.raises(SessionError):
        session.step(video[0])
    session.start(video[0])
    with pytest.raises(SamuraiError, match="128x96"):
        session.step(video[0][:50])


def test_a_box_given_by_its_corners_is_noted(
    make_tracker: Callable[..., Tracker], video: Frames, caplog: pytest.LogCaptureFixture
) -> None:
    with make_tracker().session() as session, caplog.at_level(logging.WARNING):
        session.start(video[0], [BOX])
        assert not [r for r in caplog.records if "inside the 128x96 frame" in r.getMessage()]
        session.step(video[1], [Box(100, 60, 120, 90)])
        session.step(video[2])
    lines = [r.getMessage() for r in caplog.records if "inside the 128x96 frame" in r.getMessage()]
    assert len(lines) == 1 and lines[0].startswith("object 1:") and "width" in lines[0]


def test_a_first_mask_beside_its_box_is_noted(
    make_tracker: Callable[..., Tracker], video: Frames, caplog: pytest.LogCaptureFixture
) -> None:
    tracker = make_tracker()
    for x in range(0, 100, 20):
        with tracker.session() as session, caplog.at_level(logging.WARNING):
            caplog.clear()
            box = Box(x, 30, 25, 25)
            mask = session.start(video[0], [box])[0].mask
            noted = any("first mask" in r.getMessage() for r in caplog.records)
            assert noted is (share_in_box(mask, box) < 0.5)


def test_shares_of_boxes_and_masks() -> None:
    assert share_in_frame(Box(10, 10, 20, 20), (96, 128)) == 1
    assert share_in_frame(Box(-10, 10, 20, 20), (96, 128)) == 0.5
    assert share_in_frame(Box(118, 86, 20, 20), (96, 128)) == 0.25
    mask = Box(10, 10, 20, 20).filled((96, 128)).array
    assert share_in_box(mask, Box(10, 10, 20, 10)) == 0.5
    assert share_in_box(np.zeros((96, 128), bool), Box(10, 10, 20, 10)) == 1


class Hoarder(Policy):
    """Keeps the prompt and every frame since, and declares fewer."""

    name = "hoarder"
    declared: PolicyRequirements

    @property
    def requirements(self) -> PolicyRequirements:
        return self.declared

    def start(self, decoded: Decoded) -> Choice:
        self.first = decoded.frame_index
        return Choice(0)

    def recall(self, frame_index: int) -> Sequence[Recall]:
        return [Recall((MapRecall(self.first, 0),), ())]

    def choose(self, decoded: Sequence[Decoded]) -> Sequence[Choice]:
        return [Choice(0)]

    def remember(self, frame_index: int) -> Sequence[Keep]:
        frame_indices = frozenset(range(self.first, frame_index + 1))
        return [Keep(frame_indices, frame_indices)]


@pytest.mark.parametrize(
    ("declared", "what", "kept", "objects"),
    [
        (PolicyRequirements(3, 9), "memory maps", 4, 1),
        (PolicyRequirements(9, 2), "object pointers", 3, 2),
    ],
)
def test_a_policy_that_keeps_more_than_it_declares_is_named(
    make_tracker: Callable[..., Tracker],
    video: Frames,
    monkeypatch: pytest.MonkeyPatch,
    declared: PolicyRequirements,
    what: str,
    kept: int,
    objects: int,
) -> None:
    tracker = make_tracker()
    monkeypatch.setattr(Hoarder, "declared", declared, raising=False)
    monkeypatch.setattr(tracker, "new_policy", lambda: Hoarder(tracker._context))
    session = tracker.session()
    regions: list[Region] = [BOX, BOX.filled((96, 128))]
    session.start(video[0], regions[:objects])
    with pytest.raises(SessionError) as refused:
        for frame in video[1:8]:
            session.step(frame)
    told = str(refused.value)
    assert f"policy hoarder keeps {kept} {what}" in told and f"declares {kept - 1}" in told
