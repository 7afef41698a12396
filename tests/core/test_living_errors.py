"""Objects of a session where something goes wrong: errors half way, prompts that go, snapshots of
something else, wrong use."""

from __future__ import annotations

import copy
import enum
import pickle
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from oracles.living import CLICK, CUP, SPOON, Video, assert_equal
from oracles.small_networks import random_predictor

from samurai.core.directions import track_directions
from samurai.core.session import Session
from samurai.errors import ConfigurationError, FrameError, RegionError, SessionError
from samurai.motion import point_tracker
from samurai.policies import POLICIES
from samurai.policies.sam2 import Sam2Policy
from samurai.regions import Mask, Points
from samurai.tracker import Tracker

SMALL = random_predictor(64, seed=2, small=True, object_bias=1.0)


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
