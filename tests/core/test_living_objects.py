"""Objects of a session: identities, corrections, removal, going back, priming, previews."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from oracles.agreement import overlap
from oracles.living import CLICK, CUP, SPOON, Video, assert_equal
from oracles.small_networks import random_predictor

from samurai.core.directions import track_directions
from samurai.core.session import Session
from samurai.core.snapshots import Snapshot
from samurai.errors import ConfigurationError, FrameError, RegionError, SessionError
from samurai.networks.base import Features
from samurai.policies import POLICIES
from samurai.policies.sam2 import Sam2Policy
from samurai.regions import Answer, Box, Mask, Points
from samurai.tracker import Tracker

SMALL = random_predictor(64, seed=2, small=True, object_bias=1.0)


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
