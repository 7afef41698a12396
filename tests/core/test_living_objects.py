"""Objects of a session: identities, corrections, removal, going back, priming, previews."""

from __future__ import annotations

import copy
import enum
import pickle
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from oracles.agreement import overlap
from oracles.small_networks import random_predictor

from samurai.core.directions import track_directions
from samurai.core.session import Session
from samurai.core.snapshots import Snapshot
from samurai.errors import ConfigurationError, FrameError, RegionError, SessionError
from samurai.motion import point_tracker
from samurai.networks.base import Features
from samurai.policies import POLICIES
from samurai.policies.sam2 import Sam2Policy
from samurai.regions import Answer, Box, Mask, Points
from samurai.tracker import Tracker

Video = list[NDArray[np.uint8]]

SMALL = random_predictor(64, seed=2, small=True, object_bias=1.0)

CUP, SPOON = Box(30.5, 33.25, 32.0, 27.5), Box(60.0, 40.0, 30.0, 30.0)
CLICK = Points([[46.0, 47.5]], [1])


@pytest.fixture
def session(make_tracker: Callable[..., Tracker]) -> Session:
    return make_tracker(box_prompt="points").session()


def assert_equal(answers: list[Answer], expected: list[Answer]) -> None:
    """Bit for bit."""
    assert [a.object_id for a in answers] == [e.object_id for e in expected]
    for answer, wanted in zip(answers, expected, strict=True):
        np.testing.assert_array_equal(answer.mask, wanted.mask)
        assert (answer.box, answer.confidence) == (wanted.box, wanted.confidence)


# --- identities


def test_identities_are_the_callers_or_running_and_their_order_is_that_of_introduction(
    session: Session, video: Video
) -> None:
    answers = session.start(video[0], {7: CUP, "spoon": SPOON})
    assert [a.object_id for a in answers] == [7, "spoon"] == session.object_ids
    assert [a.prompted for a in answers] == [True, True]
    answers = session.step(video[1], [CUP])
    assert [a.object_id for a in answers] == [7, "spoon", 8]
    assert [a.prompted for a in answers] == [False, False, True]
    session.remove(7)
    third: Any = {np.int64(3): (30, 33, 32, 27)}
    answers = session.step(video[2], third)
    assert [a.object_id for a in answers] == ["spoon", 8, 3]
    assert all(type(a.object_id) in (int, str) for a in answers)


@pytest.mark.parametrize("wrong", [-1, True, 1.0, "", None, (1,)])
def test_other_identities_are_refused_and_nothing_changes(
    session: Session, video: Video, wrong: Any
) -> None:
    session.start(video[0], {1: CUP})
    with pytest.raises(SessionError, match="integer from 0 or a name"):
        session.step(video[1], {wrong: CUP})
    assert session.frame_index == 0
    assert session.object_ids == [1]


@pytest.mark.parametrize("removed", [False, True])
def test_an_identity_is_never_used_again(session: Session, video: Video, removed: bool) -> None:
    session.start(video[0], {1: CUP, "cup": CUP})
    if removed:
        session.remove(1)
        session.remove("cup")
    for used in (1, "cup"):
        with pytest.raises(SessionError, match="aren't used again"):
            session.step(video[1], {used: CUP})
    assert [a.object_id for a in session.step(video[1], [CUP])][-1] == 2


def test_a_session_may_have_no_objects_and_get_some_later(session: Session, video: Video) -> None:
    assert session.start(video[0]) == []
    assert session.step(video[1], {}) == []
    assert [a.object_id for a in session.step(video[2], {"cup": CUP})] == ["cup"]


def test_another_thread_is_refused_by_every_call(session: Session, video: Video) -> None:
    session.start(video[0], {1: CUP})
    snapshot, refused = session.snapshot(), list[str]()
    calls: dict[str, Callable[[], object]] = {
        "correct": lambda: session.correct(1, CLICK),
        "remove": lambda: session.remove(1),
        "condition": lambda: session.condition(video[3], 3, {1: CUP}),
        "clear_prompts": lambda: session.clear_prompts(1, 0),
        "preview": lambda: session.preview(video[0], CUP),
        "snapshot": session.snapshot,
        "restore": lambda: session.restore(snapshot),
    }

    def run() -> None:
        for name, call in calls.items():
            try:
                call()
            except SessionError as error:
                assert "another thread" in str(error)
                refused.append(name)

    with session._one_thread():
        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
    assert refused == list(calls)


# --- removal


def test_removing_an_object_frees_its_memory(session: Session, video: Video) -> None:
    session.start(video[0], [CUP, SPOON])
    for frame in video[1:12]:
        session.step(frame)
    session.update_memory()
    both = session.memory_bytes
    session.remove(0)
    assert session.memory_bytes == both // 2
    session.remove(1)
    assert session.memory_bytes == 0
    assert session._state.bank.maps.capacity == 0
    assert session.step(video[12]) == []


@pytest.mark.parametrize("policy", list(POLICIES))
def test_the_others_keep_their_bits_where_objects_are_batches_of_their_own(
    make_tracker: Callable[..., Tracker], video: Video, policy: str
) -> None:
    tracker = make_tracker(policy)
    alone, beside = tracker.session(batched=False), tracker.session(batched=False)
    alone.start(video[0], {"cup": CUP})
    beside.start(video[0], {"spoon": SPOON, "cup": CUP, "fork": SPOON})
    for index, frame in enumerate(video[1:14]):
        if index == 5:
            beside.remove("spoon")
        wanted = alone.step(frame)
        answers = [a for a in beside.step(frame) if a.object_id == "cup"]
        assert_equal(answers, wanted)


def test_a_stream_of_objects_holds_no_more_than_those_that_live(
    build_predictor: Callable[..., Any], make_tracker: Callable[..., Tracker], video: Video
) -> None:
    model = build_predictor(64, seed=2, small=True, object_bias=1.0)
    session = make_tracker("samurai", model).session()
    session.start(video[0])
    held = []
    for number in range(60):
        session.step(video[number % len(video)], {number: CUP})
        if number >= 2:
            session.remove(number - 2)
        session.update_memory()
        held.append((session.memory_bytes, session._state.bank.maps.capacity))
    assert len(set(held[8:])) == 1


# --- corrections


@pytest.mark.parametrize("policy", list(POLICIES))
def test_every_policy_takes_a_correction_and_goes_on_from_it(
    make_tracker: Callable[..., Tracker], video: Video, prompt_mask: Mask, policy: str
) -> None:
    """A mask is taken as it is; tracking goes on as from a first prompt, with more memory."""
    session = make_tracker(policy).session()
    session.start(video[0], {1: SPOON, 2: SPOON})
    for frame in video[1:8]:
        session.step(frame)
    before = session.logits
    answers = session.correct(1, prompt_mask)
    assert [a.prompted for a in answers] == [True, False]
    assert overlap(answers[0].mask, prompt_mask.array) >= 0.85
    np.testing.assert_array_equal(session.logits[1], before[1])
    for frame in video[8:20]:
        answers = session.step(frame)
    corrected, other = answers
    assert (corrected.mask != other.mask).any()
    session.update_memory()
    tracked = session._state.objects[0]
    assert tracked.conditioning == [7]
    requirements = tracked.policy.requirements
    held = {row for memory in tracked.memories for row in memory.held_maps()}
    assert len(held) <= requirements.maps + 1


def test_at_most_the_set_number_of_conditioning_frames_is_kept(
    make_tracker: Callable[..., Tracker], video: Video, prompt_mask: Mask
) -> None:
    session = make_tracker(conditioning_frames=3).session()
    session.start(video[0], [CUP])
    for index, frame in enumerate(video[1:16], start=1):
        session.step(frame)
        if index % 3 == 0:
            session.correct(0, prompt_mask)
    [tracked] = session._state.objects
    assert tracked.conditioning == [12, 15]


def test_a_correction_moves_the_search_region_to_where_the_object_is(
    make_tracker: Callable[..., Tracker], video: Video, prompt_mask: Mask
) -> None:
    session = make_tracker("samurai", window=2.0).session()
    session.start(video[0], [Box(100, 70, 12, 12)])
    session.step(video[1])
    session.correct(0, prompt_mask)
    region = session._state.objects[0].region_tracker
    assert region is not None
    x, y = region.region().left, region.region().top
    assert x < 45 < x + region.region().width
    assert y < 47 < y + region.region().height
    session.correct(0, Points([[46.0, 47.5]], [1]))
    session.correct(0, Points([[5.0, 5.0]], [0]))


def test_what_is_corrected_by_mistake_is_refused_and_nothing_changes(
    session: Session, make_tracker: Callable[..., Tracker], video: Video
) -> None:
    with pytest.raises(SessionError, match="isn't tracked; tracked are: none"):
        session.correct(1, CLICK)
    session.start(video[0], {1: CUP, 2: SPOON})
    session.step(video[1])
    session.remove(2)
    state, logits = session._state, session.logits
    with pytest.raises(SessionError, match="isn't tracked any more; tracked are: 1"):
        session.correct(2, CLICK)
    for wrong in (
        Points([[500.0, 1.0]], [1]),
        Points([[np.nan, 1.0]], [1]),
        Mask(np.ones((3, 3), bool)),
        Box(0, 0, 0, 3),
        "cup",
    ):
        with pytest.raises(RegionError):
            session.correct(1, wrong)  # type: ignore[arg-type]
    with pytest.raises(RegionError, match="needs at least one label 1"):
        session.step(video[2], [Points([[5.0, 5.0]], [0])])
    with pytest.raises(SessionError, match="no prompt to be cleared in frame 0"):
        session.clear_prompts(1, 0)
    for index in (1, -1):
        with pytest.raises(SessionError, match="isn't the newest one"):
            session.condition(video[1], index, {1: CUP})
    with pytest.raises(FrameError):
        session.condition(video[3][:50], 3, {1: CUP})
    assert session._state is state
    np.testing.assert_array_equal(session.logits, logits)
    session.correct(1, Points([[5.0, 5.0]], [0]))  # negative clicks alone correct a known object


def test_a_policy_without_the_method_says_so(
    make_tracker: Callable[..., Tracker], video: Video, monkeypatch: pytest.MonkeyPatch
) -> None:
    from samurai.policies.base import Policy
    from samurai.policies.sam2 import Sam2Policy

    monkeypatch.setattr(Sam2Policy, "correct", Policy.correct)
    session = make_tracker().session()
    session.start(video[0], [CUP])
    with pytest.raises(SessionError, match="policy sam2 can't be corrected"):
        session.correct(0, CLICK)


def test_offline_sessions_have_no_corrections(
    make_tracker: Callable[..., Tracker], video: Video
) -> None:
    session = make_tracker("sam2long", offline=True).session()
    session.start(video[0], {"cup": CUP})
    session.step(video[1])
    for call in (
        lambda: session.correct("cup", CLICK),
        lambda: session.remove("cup"),
        session.snapshot,
    ):
        with pytest.raises(SessionError, match="offline"):
            call()
    assert [a.object_id for a in session.finish()[1]] == ["cup"]  # type: ignore[attr-defined]


# --- prompts of other frames


@pytest.mark.parametrize("policy", list(POLICIES))
def test_a_prompt_of_a_frame_to_come_is_its_answer(
    make_tracker: Callable[..., Tracker], video: Video, prompt_mask: Mask, policy: str
) -> None:
    session = make_tracker(policy).session()
    session.start(video[0], {1: SPOON, 2: SPOON})
    session.step(video[1])
    session.condition(video[5], 5, {1: prompt_mask})
    for index in range(2, 9):
        answers = session.step(video[index])
        assert answers[0].prompted is (index == 5)
        if index == 5:
            assert overlap(answers[0].mask, prompt_mask.array) >= 0.85
    session.condition(video[3], 3, {2: prompt_mask})
    session.step(video[9])
    assert session._state.objects[0].conditioning == [5]
    assert session._state.objects[1].conditioning == [3]


# --- snapshots


@pytest.mark.parametrize("policy", list(POLICIES))
def test_going_back_gives_the_same_bits(
    make_tracker: Callable[..., Tracker], video: Video, tmp_path: Path, policy: str
) -> None:
    tracker = make_tracker(policy)
    straight, session = tracker.session(), tracker.session()
    for each in (straight, session):
        each.start(video[0], {"cup": CUP, 1: SPOON})
        for frame in video[1:10]:
            each.step(frame)
    snapshot = session.snapshot()
    snapshot.save(tmp_path / "ten.snapshot")
    for frame in video[30:36]:
        session.step(frame)
    session.remove("cup")
    session.restore(snapshot)
    other = tracker.session()
    other.restore(tracker.load_snapshot(tmp_path / "ten.snapshot"))
    assert session.frame_index == other.frame_index == 9
    for frame in video[10:20]:
        wanted = straight.step(frame)
        assert_equal(session.step(frame), wanted)
        assert_equal(other.step(frame), wanted)
    session.restore(snapshot)
    assert_equal(session.step(video[9]), _again(tracker, video))


def _again(tracker: Tracker, video: Video) -> list[Answer]:
    session = tracker.session()
    session.start(video[0], {"cup": CUP, 1: SPOON})
    for frame in video[1:10]:
        session.step(frame)
    return session.step(video[9])


def test_a_correction_after_going_back_is_the_one_that_would_have_been(
    make_tracker: Callable[..., Tracker], video: Video
) -> None:
    tracker = make_tracker("samurai", box_prompt="points")
    session = tracker.session()
    session.start(video[0], [CUP])
    for frame in video[1:6]:
        session.step(frame)
    snapshot = session.snapshot()
    wanted = session.correct(0, CLICK)
    after = session.step(video[6])
    session.restore(snapshot)
    with pytest.raises(SessionError, match="restored without its frame"):
        session.correct(0, CLICK)
    with pytest.raises(FrameError):
        session.restore(snapshot, video[5][:40])
    session.restore(snapshot, video[5])
    assert_equal(session.correct(0, CLICK), wanted)
    assert_equal(session.step(video[6]), after)


def test_snapshots_hold_memories_until_they_are_closed(session: Session, video: Video) -> None:
    session.start(video[0], [CUP])
    for frame in video[1:20]:
        session.step(frame)
    snapshot = session.snapshot()
    session.update_memory()
    held = session.memory_bytes
    for frame in video[20:30]:
        session.step(frame)
    session.update_memory()
    assert session.memory_bytes > held
    snapshot.close()
    assert session.memory_bytes == held
    with pytest.raises(SessionError, match="was closed"):
        session.restore(snapshot)


def test_a_file_that_is_no_snapshot_of_this_model_is_refused(
    make_tracker: Callable[..., Tracker],
    build_predictor: Callable[..., Any],
    video: Video,
    tmp_path: Path,
) -> None:
    tracker = make_tracker()
    (tmp_path / "text").write_text("not a snapshot")
    torch.save({"version": 1, "state": Path("/etc/passwd")}, tmp_path / "other")
    small = make_tracker(model=build_predictor(64, seed=2, small=True))
    with small.session() as session:
        session.start(video[0], [CUP])
        session.snapshot().save(tmp_path / "small")
    for name in ("text", "other", "small"):
        with pytest.raises(SessionError, match=f"{name} can't be read as a snapshot"):
            tracker.load_snapshot(tmp_path / name)
    with pytest.raises(OSError):
        tracker.load_snapshot(tmp_path / "missing")


# --- priming


def test_objects_of_another_video_are_looked_for_by_appearance(
    make_tracker: Callable[..., Tracker], video: Video, prompt_mask: Mask
) -> None:
    """The same frames again: what the first video taught is as good as its own prompt."""
    tracker = make_tracker()
    first = tracker.session()
    first.start(video[0], {"cup": prompt_mask})
    wanted = first.step(video[1])[0]
    second = tracker.session(like=first.snapshot())
    assert second.object_ids == ["cup"]
    answer = second.step(video[1])[0]
    np.testing.assert_array_equal(answer.mask, wanted.mask)
    assert not answer.prompted


@pytest.mark.parametrize("policy", list(POLICIES))
def test_every_policy_can_be_primed(
    make_tracker: Callable[..., Tracker], video: Video, prompt_mask: Mask, policy: str
) -> None:
    tracker = make_tracker(policy)
    first = tracker.session()
    first.start(video[0], {3: prompt_mask})
    first.step(video[1])
    first.correct(3, prompt_mask)
    second = tracker.session(like=first.snapshot())
    for frame in video[20:26]:
        [answer] = second.step(frame)
    assert answer.object_id == 3
    with pytest.raises(SessionError, match="no frame yet"):
        second.prime(first.snapshot())


# --- previews


def test_a_preview_is_the_first_mask_and_touches_nothing(
    make_tracker: Callable[..., Tracker], video: Video
) -> None:
    session = make_tracker(box_prompt="points").session()
    for prompt in (CUP, CLICK, Points([[46.0, 47.5]], [1], CUP)):
        [wanted] = session.start(video[0], [prompt])
        logits = session.logits
        preview = session.preview(video[0], prompt)
        np.testing.assert_array_equal(preview.mask, wanted.mask)
        assert (preview.box, preview.confidence) == (wanted.box, wanted.confidence)
        session.preview(video[9], CUP)
        assert session.frame_index == 0
        np.testing.assert_array_equal(session.logits, logits)


def test_a_preview_with_search_regions_looks_in_several_sizes(
    make_tracker: Callable[..., Tracker], video: Video, monkeypatch: pytest.MonkeyPatch
) -> None:
    tracker = make_tracker("samurai", window=2.0, box_prompt="filled_mask")
    session, looked = tracker.session(), list[int]()
    encode = tracker.network.encode

    def counted(views: torch.Tensor) -> Features:
        looked.append(len(views))
        return encode(views)

    monkeypatch.setattr(tracker.network, "encode", counted)
    frame = video[0].repeat(5, axis=0).repeat(5, axis=1)
    click, box = Points([[230.0, 237.5]], [1]), Box(150, 165, 160, 135)
    preview = session.preview(frame, click)
    assert looked == [1, 1, 1, 1]  # the whole frame, and three sizes
    assert preview.mask.shape == frame.shape[:2]
    session.preview(frame, click)
    assert len(looked) == 4  # each encoded once
    session.preview(frame, box)
    assert len(looked) == 5
    session.preview(frame[::-1], box)
    assert len(looked) == 6
    with pytest.raises(RegionError):
        session.preview(frame, Points([[230.0, 237.5]], [0]))


# --- directions


def test_backward_on_a_reversed_clip_is_forward(
    make_tracker: Callable[..., Tracker], video: Video
) -> None:
    tracker, clip = make_tracker("samurai"), video[:12]
    forward = list(track_directions(tracker.session, clip, {"cup": (0, CUP)}, "forward"))
    backward = track_directions(tracker.session, clip[::-1], {"cup": (11, CUP)}, "backward")
    for (index, answers), (back, others) in zip(forward, backward, strict=True):
        assert back == 11 - index
        assert_equal(others, answers)


def test_both_ways_answer_each_object_once_in_each_frame(
    make_tracker: Callable[..., Tracker], video: Video
) -> None:
    prompts = {"cup": (3, CUP), 5: (6, SPOON)}
    seen = [
        (index, answer.object_id)
        for index, answers in track_directions(make_tracker().session, video[:9], prompts)
        for answer in answers
    ]
    assert sorted(seen, key=repr) == sorted(
        [(index, name) for index in range(9) for name in prompts], key=repr
    )
    assert len(seen) == len(set(seen))
    with pytest.raises(ConfigurationError, match="frames 0 to 8"):
        list(track_directions(make_tracker().session, video[:9], {"cup": (9, CUP)}))


def test_a_snapshot_can_be_taken_and_closed_without_a_frame(session: Session) -> None:
    snapshot = session.snapshot()
    assert isinstance(snapshot, Snapshot)
    assert snapshot.frame_index == -1
    session.restore(snapshot)
    snapshot.close()


def test_a_second_correction_sees_what_the_first_one_moved_to(
    make_tracker: Callable[..., Tracker], video: Video
) -> None:
    """Two clicks one after the other are decoded in the view around them, not in an older one."""
    tracker = make_tracker("samurai", window=2.0)
    session, seen = tracker.session(), list[tuple[Any, Any]]()
    session.start(video[0], {"cup": Box(10, 10, 12, 12), "spoon": SPOON})
    session.step(video[1])
    correct = session._pipeline.correct

    def noted(frame: Any, view: Any, *rest: Any) -> Any:
        seen.append((frame.views.get("cup"), view))
        return correct(frame, view, *rest)

    object.__setattr__(session._pipeline, "correct", noted)
    for x in (100.0, 104.0):
        session.correct("cup", Points([[x, 70.0]], [1]), replace=True)
    assert all(held in (None, view) for held, view in seen)


def test_a_snapshot_that_does_not_fit_is_refused_and_holds_nothing(
    make_tracker: Callable[..., Tracker], video: Video
) -> None:
    tracker = make_tracker("samurai")
    session = tracker.session()
    session.start(video[0], {"cup": CUP})
    session.step(video[1])
    snapshot = session.snapshot()
    for other in (make_tracker("sam2"), make_tracker("samurai", window=2.0)):
        with pytest.raises(SessionError):
            other.session().restore(snapshot)
        with pytest.raises(SessionError):
            other.session(like=snapshot)
    with pytest.raises(FrameError):
        session.restore(snapshot, video[1][:40])
    primed = tracker.session(like=snapshot)
    with pytest.raises(SessionError, match="no objects"):
        primed.prime(snapshot)
    with pytest.raises(SessionError, match="integer from 0 or a name"):
        session.remove([7])  # type: ignore[arg-type]
    snapshot.close()
    session.remove("cup")
    assert session.memory_bytes == 0


# --- errors half way


def fail(*_: object, **__: object) -> None:
    raise MemoryError("no memory left")


def test_a_change_that_fails_half_way_changes_nothing(
    make_tracker: Callable[..., Tracker],
    video: Video,
    prompt_mask: Mask,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tracker = make_tracker("samurai-dam", window=2.5)
    failing, wanted = tracker.session(), tracker.session()
    for session in (failing, wanted):
        session.start(video[0], {1: CUP, 2: SPOON})
        for frame in video[1:8]:
            session.step(frame)
        session.correct(1, CLICK)
        session.step(video[8])

    def expect_failure(owner: object, name: str, call: Callable[[], object]) -> None:
        with monkeypatch.context() as patch:
            patch.setattr(owner, name, fail)
            with pytest.raises(MemoryError):
                call()

    second = failing._state.objects[1]
    both = {1: prompt_mask, 2: prompt_mask}

    def conditioning() -> None:
        failing.condition(video[3], 3, both)

    expect_failure(type(second.policy), "correct", lambda: failing.correct(2, CLICK))
    expect_failure(failing._pipeline.prompts.network, "encode_memory", conditioning)
    expect_failure(type(failing), "_locate", lambda: failing.correct(1, CLICK, replace=True))
    with monkeypatch.context() as patch:  # one object is conditioned, the other one fails
        stored: list[Any] = []
        store = failing._writer.store_prompted

        def store_one(update: Any) -> None:
            if stored:
                fail()
            store(update)
            stored.append(update)

        patch.setattr(failing._writer, "store_prompted", store_one)
        with pytest.raises(MemoryError):
            conditioning()
    wanted.update_memory()
    assert failing.memory_bytes == wanted.memory_bytes
    assert [each.conditioning for each in failing._state.objects] == [[7], []]
    assert_equal(failing.correct(1, CLICK), wanted.correct(1, CLICK))
    for frame in video[9:14]:
        assert_equal(failing.step(frame), wanted.step(frame))


@pytest.mark.parametrize(
    "error", [MemoryError("none left"), KeyboardInterrupt()], ids=["error", "interrupt"]
)
@pytest.mark.parametrize("place", ["observe", "choose", "locate"])
def test_a_step_that_ends_half_way_is_not_gone_on_from(
    make_tracker: Callable[..., Tracker],
    video: Video,
    monkeypatch: pytest.MonkeyPatch,
    place: str,
    error: BaseException,
) -> None:
    def stop(*_: object, **__: object) -> None:
        raise error

    session = make_tracker("him2sam").session()
    session.start(video[0], {1: CUP})
    session.step(video[1])
    snapshot = session.snapshot()
    with monkeypatch.context() as patch:
        policy = type(session._state.objects[0].policy)
        owner: Any = type(session) if place == "locate" else policy
        patch.setattr(owner, "_locate" if place == "locate" else place, stop)
        with pytest.raises(type(error)):
            session.step(video[2])
    reason = str(error) or "KeyboardInterrupt"
    for call in (
        lambda: session.step(video[2]),
        lambda: session.correct(1, CLICK),
        lambda: session.condition(video[5], 5, {1: CUP}),
        lambda: session.remove(1),
        lambda: session.clear_prompts(1, 1),
        session.snapshot,
        session.update_memory,
    ):
        with pytest.raises(
            SessionError, match=rf"frame 2 was interrupted \({reason}\): start anew"
        ):
            call()
    session.preview(video[2], CUP)
    session.restore(snapshot)
    answers = session.step(video[2])
    session.start(video[0], {1: CUP})
    session.step(video[1])
    assert_equal(answers, session.step(video[2]))


def test_a_frame_that_fails_before_anything_changes_can_be_tried_again(
    session: Session, video: Video, monkeypatch: pytest.MonkeyPatch
) -> None:
    session.start(video[0], {1: CUP})
    with monkeypatch.context() as patch:
        patch.setattr(session._pipeline.prompts.network, "encode", fail)
        with pytest.raises(MemoryError):
            session.step(video[1], {2: SPOON})
    assert [a.object_id for a in session.step(video[1], {2: SPOON})] == [1, 2]


def test_a_frame_that_was_not_written_into_memory_ends_the_session(
    session: Session, video: Video, monkeypatch: pytest.MonkeyPatch
) -> None:
    session.start(video[0], {1: CUP})
    with monkeypatch.context() as patch:
        patch.setattr(session._pipeline.prompts.network, "encode_memory", fail)
        with pytest.raises(SessionError, match="frame 0 couldn't be written into memory"):
            session.update_memory()
    for _ in range(2):
        with pytest.raises(SessionError, match=r"frame 0 couldn't be written .*no memory left"):
            session.step(video[1])
    session.start(video[0], {1: CUP})
    session.step(video[1])


@pytest.mark.parametrize(
    ("index", "prompts", "message"),
    [
        ("5", {1: CUP}, "a frame's index is an integer"),
        (5.0, {1: CUP}, "a frame's index is an integer"),
        (5, [CUP], "a mapping of identities"),
        (5, CUP, "a mapping of identities"),
        (5, {9: CUP}, "isn't tracked"),
    ],
)
def test_other_conditions_are_refused(
    session: Session, video: Video, index: Any, prompts: Any, message: str
) -> None:
    session.start(video[0], {1: CUP})
    with pytest.raises(SessionError, match=message):
        session.condition(video[5], index, prompts)
    assert session._state.objects[0].conditioning == []


@pytest.mark.parametrize("window", ["whole", 2.5])
@pytest.mark.parametrize("policy", list(POLICIES))
def test_a_correction_may_find_nothing(
    make_tracker: Callable[..., Tracker], video: Video, policy: str, window: Any
) -> None:
    model = random_predictor(128, seed=3, small=True, object_bias=-50.0)
    session = make_tracker(policy, model=model, window=window).session()
    session.start(video[0], {1: CUP})
    session.step(video[1])
    [answer] = session.correct(1, Points([[5.0, 5.0]], [0]))
    assert answer.absent
    for frame in video[2:6]:
        session.step(frame)


# --- memory of prompts that go


@pytest.mark.parametrize("displaced", [False, True], ids=["cleared", "displaced"])
@pytest.mark.parametrize("policy", list(POLICIES))
def test_the_prompt_of_the_next_frame_may_go(
    make_tracker: Callable[..., Tracker], video: Video, policy: str, displaced: bool
) -> None:
    """With as many memories as the policy ever keeps."""
    session, wanted = (make_tracker(policy, SMALL).session() for _ in range(2))
    for each in (session, wanted):
        each.start(video[0], {1: CUP})
        for index in range(1, 20):
            each.step(video[index])
        each.update_memory()
    for index in (20, 30, 31, 32) if displaced else (20,):
        session.condition(video[index % len(video)], index, {1: CUP})
    session.clear_prompts(1, 30 if displaced else 20)
    if displaced:
        session.clear_prompts(1, 31)
        session.clear_prompts(1, 32)
    assert session.memory_bytes == wanted.memory_bytes
    assert_equal(session.step(video[20]), wanted.step(video[20]))
    assert_equal(session.step(video[21]), wanted.step(video[21]))


def test_prompts_of_a_standing_frame_hold_no_more_than_is_kept(
    session: Session, video: Video
) -> None:
    session.start(video[0], {1: CUP})
    session.step(video[1])
    held = []
    for index in range(10, 40):
        session.condition(video[index % len(video)], index, {1: CUP})
        held.append(session.memory_bytes)
    assert len(set(held[3:])) == 1


def test_a_snapshot_that_is_closed_gives_its_room_back(session: Session, video: Video) -> None:
    session.start(video[0], {1: CUP})
    snapshots = []
    for frame in video[1:20]:
        session.step(frame)
        snapshots.append(session.snapshot())
    bank = session._state.bank
    most = bank.maps.capacity
    for each in snapshots:
        each.close()
    assert bank.maps.capacity < most / 2
    assert bank.maps.used <= session._requirements.maps


def test_a_snapshot_of_what_is_left_holds_nothing_of_what_went(
    make_tracker: Callable[..., Tracker], video: Video, tmp_path: Path
) -> None:
    sizes = []
    for count in (1, 12):
        session = make_tracker().session()
        session.start(video[0], [CUP] * count)
        session.step(video[1])
        for gone in range(1, count):
            session.remove(gone)
        session.snapshot().save(tmp_path / "snapshot")
        sizes.append((tmp_path / "snapshot").stat().st_size)
    assert sizes[1] < 1.1 * sizes[0]


def test_a_policy_that_cannot_be_copied_is_named_and_holds_nothing(
    session: Session, video: Video
) -> None:
    session.start(video[0], {1: CUP, 2: SPOON})
    session.step(video[1])
    session.update_memory()
    held = session.memory_bytes
    session._state.objects[1].policy.lock = threading.Lock()  # type: ignore[attr-defined]
    for call in (session.snapshot, lambda: session.correct(1, CLICK)):
        with pytest.raises(SessionError, match=r"policy sam2 can't be copied .* __deepcopy__"):
            call()
    assert session.memory_bytes == held
    session.remove(1)
    session.remove(2)
    assert session.memory_bytes == 0


# --- snapshots of something else


@pytest.mark.parametrize(
    "changes",
    [
        {"model": random_predictor(128, seed=4, small=True)},
        {"policy": "samurai"},
        {"policy": "sam3:memory_score=0.5"},
        {"window": 2.5},
        {"conditioning_frames": 2},
        {"memory_check": True},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_a_snapshot_with_another_model_or_settings_is_refused(
    make_tracker: Callable[..., Tracker], video: Video, tmp_path: Path, changes: dict[str, Any]
) -> None:
    given = {"policy": "sam3", "model": random_predictor(128, seed=3, small=True)}
    session = make_tracker(**given).session()
    session.start(video[0], {1: CUP})
    snapshot = session.snapshot()
    other = make_tracker(**{**given, **changes})
    with pytest.raises(SessionError, match=r"made with weights .*; the session has"):
        other.session().restore(snapshot)
    with pytest.raises(SessionError, match="made with"):
        other.session(like=snapshot)
    same = make_tracker(**given).session()
    same.restore(snapshot)
    assert_equal(same.step(video[1]), session.step(video[1]))


@pytest.mark.parametrize("thing", [None, "snapshot.pt", 3])
def test_what_is_no_snapshot_is_refused(session: Session, video: Video, thing: Any) -> None:
    session.start(video[0], {1: CUP})
    with pytest.raises(SessionError, match=r"what session\.snapshot\(\) returns, not"):
        session.restore(thing)
    session.step(video[1])


def test_a_snapshot_is_not_copied(session: Session, video: Video) -> None:
    session.start(video[0], {1: CUP})
    snapshot = session.snapshot()
    for copied in (copy.copy, copy.deepcopy, pickle.dumps):
        with pytest.raises(SessionError, match="can't be copied or pickled"):
            copied(snapshot)
    session.restore(snapshot)
    assert session.object_ids == [1]


@pytest.mark.parametrize("target", [Sam2Policy, point_tracker], ids=["class", "function"])
def test_a_file_cannot_change_our_classes(
    make_tracker: Callable[..., Tracker], tmp_path: Path, target: Any
) -> None:
    """A pickle by hand: push the class, then BUILD it with (None, {"name": "evil"})."""
    module, name = target.__module__, target.__qualname__
    text = f"c{module}\n{name}\n(N}}S'evil'\nS'changed'\nstb.".encode()
    with zipfile.ZipFile(tmp_path / "evil", "w") as archive:
        archive.writestr("archive/data.pkl", text)
        archive.writestr("archive/version", "3\n")
        archive.writestr("archive/byteorder", "little")
    with pytest.raises(SessionError, match="isn't an object of a snapshot"):
        make_tracker().load_snapshot(tmp_path / "evil")
    assert not hasattr(target, "evil")


class Kind(str, enum.Enum):
    """An identity of a caller's own."""

    CUP = "cup"


def test_names_of_a_subclass_of_text_are_saved(
    make_tracker: Callable[..., Tracker], video: Video, tmp_path: Path
) -> None:
    tracker = make_tracker()
    session = tracker.session()
    session.start(video[0], {Kind.CUP: CUP})
    session.snapshot().save(tmp_path / "snapshot")
    session.restore(tracker.load_snapshot(tmp_path / "snapshot"))
    assert session.object_ids == ["cup"]
    assert type(session.object_ids[0]) is str


def test_a_snapshot_that_cannot_be_written_leaves_nothing(
    session: Session, video: Video, tmp_path: Path
) -> None:
    session.start(video[0], {1: CUP})
    snapshot = session.snapshot()
    (tmp_path / "folder").mkdir()
    for place in (tmp_path / "folder", tmp_path / "missing" / "snapshot"):
        with pytest.raises(OSError, match=r"folder|missing"):
            snapshot.save(place)
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


# --- wrong use of the rest


@pytest.mark.parametrize(
    ("prompts", "error"),
    [
        ([CUP], ConfigurationError),
        ({1: CUP}, ConfigurationError),
        ({1: (30, 33, 32, 27)}, ConfigurationError),
        ({1: (1.5, CUP)}, SessionError),
        ({1: (99, CUP)}, ConfigurationError),
        ({1: (1, "cup")}, RegionError),
        ({-1: (1, CUP)}, SessionError),
    ],
)
def test_other_prompts_of_directions_are_refused_at_once(
    make_tracker: Callable[..., Tracker], video: Video, prompts: Any, error: type[Exception]
) -> None:
    with pytest.raises(error):
        track_directions(make_tracker().session, video[:5], prompts)
    with pytest.raises(ConfigurationError, match="forward, backward or both"):
        track_directions(make_tracker().session, video[:5], {}, "up")  # type: ignore[arg-type]


def test_directions_need_answers_on_the_way(
    make_tracker: Callable[..., Tracker], video: Video
) -> None:
    tracker = make_tracker("sam2long", offline=True)
    with pytest.raises(ConfigurationError, match="without offline"):
        list(track_directions(tracker.session, video[:5], {1: (2, CUP)}))
    session = tracker.session()
    assert session.preview(video[0], CUP).mask.shape == video[0].shape[:2]
    session.start(video[0], {1: CUP})
    assert session.object_ids == [1]
    assert session.memory_bytes >= 0


def test_a_frame_of_another_size_is_named_by_its_own_index(session: Session, video: Video) -> None:
    session.start(video[0], {1: CUP})
    with pytest.raises(FrameError, match="frame 30 is"):
        session.condition(video[1][:50], 30, {1: CUP})


def test_closing_frees_what_previews_hold_and_a_preview_is_its_own(
    session: Session, video: Video, prompt_mask: Mask
) -> None:
    preview = session.preview(video[0], prompt_mask)
    preview.mask[:] = False
    assert prompt_mask.array.any()
    session.preview(video[0], CUP)
    session.close()
    assert not session._previewer._views
