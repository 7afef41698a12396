"""What is tracked, what is stale, and what stays, in both directions."""

from __future__ import annotations

import threading
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from jobs.conftest import Jobs, prompt, stored
from oracles.array_source import ArraySource
from oracles.color_tracker import color_tracker, colored_video, place_of
from oracles.living import assert_equal

from samurai.core.directions import track_directions
from samurai.errors import JobError, PromptError, RegionError, SamuraiError, SessionError
from samurai.jobs import Job, ObjectSpans, Span
from samurai.regions import Box, Mask, Points
from samurai.tracker import Tracker
from samurai.video.prompts.base import ObjectPrompt
from samurai.video.sources.base import Pixels, VideoFrame
from samurai.video.tracked import TrackedFrame


def done(*ranges: range) -> ObjectSpans:
    return ObjectSpans(ranges, ())


@pytest.mark.parametrize("direction", ["forward", "backward", "both"])
@pytest.mark.parametrize("stride", [pytest.param(1, marks=pytest.mark.slow), 3])
def test_answers_are_those_of_two_sessions(
    create: Jobs, video: list[Pixels], tracker: Tracker, direction: Any, stride: int
) -> None:
    prompts = [prompt("red", 6), prompt("blue", 12)]
    span = Span(3, 22, stride, direction)
    job = create(prompts, span)
    frames: list[int] = []

    def on_frame(frame: VideoFrame, tracked: TrackedFrame) -> None:
        assert frame.index == tracked.index
        assert (tracked.seconds, tracked.name) == (frame.seconds, frame.name)
        frames.append(frame.index)

    assert job.run(on_frame)
    given = {each.object_id: ((each.frame_index - 3) // stride, each.region) for each in prompts}
    wanted: dict[int, list[Any]] = {}
    for place, answers in track_directions(tracker.session, video[3:22:stride], given, direction):
        wanted.setdefault(3 + place * stride, []).extend(answers)
    found = list(job.results())
    assert [each.index for each in found] == sorted(wanted)
    assert set(frames) == set(wanted)
    for each in found:
        order = sorted(wanted[each.index], key=lambda a: a.object_id != "red")
        assert_equal(list(each.answers), order)
    assert all(not own.stale for own in job.spans().values())


def test_spans_say_what_is_done(create: Jobs) -> None:
    job = create([prompt("red", 4), prompt("blue", 9)])
    assert job.spans() == {
        "red": ObjectSpans((), (range(4, 24),)),
        "blue": ObjectSpans((), (range(9, 24),)),
    }
    stop = threading.Event()

    def on_frame(frame: VideoFrame, _: TrackedFrame) -> None:
        if frame.index == 12:
            stop.set()

    assert not job.run(on_frame, stop=stop)
    assert job.spans()["red"] == ObjectSpans((range(4, 13),), (range(13, 24),))
    assert [each.index for each in job.results()] == list(range(4, 13))
    assert job.run()
    assert job.spans() == {"red": done(range(4, 24)), "blue": done(range(9, 24))}
    assert job.run()


def test_a_correction_makes_only_its_object_stale_and_changes_no_other_byte(
    create: Jobs, source: ArraySource
) -> None:
    job = create([prompt("red", 0), prompt("blue", 2), prompt("green", 0)])
    assert job.run()
    before, results = stored(job.folder), list(job.results())
    job.prompt(prompt("green", 13, "blue"))  # it is somewhere else altogether
    assert job.spans()["blue"] == ObjectSpans((range(2, 13),), (range(13, 24),))
    assert not job.spans()["red"].stale
    source.given.clear()
    frames: list[int] = []
    assert job.run(lambda frame, tracked: frames.append(len(tracked.answers)))
    assert frames == [3] * 11
    assert min(source.given) >= 8  # the nearest snapshot
    after = stored(job.folder)
    assert [name for name in before if before[name] != after[name]] == ["1.records"]
    for old, new in zip(results, job.results(), strict=True):
        for a, b in zip(old.answers, new.answers, strict=True):
            if a.object_id != "blue" or old.index < 13:
                assert_equal([a], [b])
    corrected = {a.object_id: a for a in job.result(13).answers}["blue"]
    assert corrected.prompted


@pytest.mark.parametrize("direction", ["forward", "backward", "both"])
def test_what_a_person_gave_stays_byte_for_byte(create: Jobs, direction: Any) -> None:
    """Also where an earlier correction lets tracking pass it again."""
    job = create([prompt("red", 10)], Span(direction=direction))
    assert job.run()
    later, earlier = (17, 14) if direction != "backward" else (3, 6)
    job.prompt(prompt("blue", later, "red"))
    assert job.run()
    given = {index: job.result(index).answers for index in (10, later)}
    job.prompt(prompt("green", earlier, "red"))
    spans = job.spans()["red"]
    assert any(later in part for part in spans.done)
    assert any(earlier in part for part in spans.stale)
    assert job.run()
    assert not job.spans()["red"].stale
    for index, answers in given.items():
        assert_equal(list(job.result(index).answers), list(answers))
        assert job.result(index).answers[0].prompted


def test_further_prompts_are_given_ahead_where_frames_can_be_had(
    create: Jobs, video: list[Pixels]
) -> None:
    prompts = [prompt("red", 0), *(prompt("red", index) for index in (4, 8, 12, 16, 20))]
    for seekable in (True, False):
        job = create(prompts, source=ArraySource(video, seekable=seekable))
        assert job.run()
        kinds = [event.kind for own in job._state.record.passes.values() for event in own.events]
        assert kinds.count("condition") == (3 if seekable else 0) + 2 * seekable
        for index in range(24):
            assert job.result(index).answers[0].prompted is (index % 4 == 0 and index <= 20)


def test_a_cleared_correction_is_tracked_again(create: Jobs) -> None:
    job = create([prompt("red", 0)])
    assert job.run()
    before = stored(job.folder)
    job.prompt(prompt("green", 11, "red"))
    assert job.run()
    assert stored(job.folder) != before
    job.clear("red", 11)
    assert job.spans()["red"] == ObjectSpans((range(11),), (range(11, 24),))
    assert job.run()
    assert len(job.prompts) == 1
    assert not job.result(11).answers[0].prompted
    for wrong in (0, 5, 99):
        with pytest.raises(PromptError):
            job.clear("red", wrong)


def test_a_prompt_ahead_that_is_cleared_was_never_there(create: Jobs) -> None:
    plain, job = create([prompt("red", 0)]), create([prompt("red", 0)])
    assert plain.run()
    stop = threading.Event()

    def on_frame(frame: VideoFrame, _: TrackedFrame) -> None:
        if frame.index == 5:
            job.prompt(prompt("blue", 15, "red"))
        if frame.index == 6:
            job.clear("red", 15)

    assert job.run(on_frame, stop=stop)
    for index in (*range(6), *range(8, 24)):
        assert job.result(index).answers[0].prompted is (index == 0)


@pytest.mark.slow
def test_clicks_on_one_frame_add_up(create: Jobs) -> None:
    middle = [11.0 + 8, 11.0 + 8]
    clicks = [Points([middle], [1]), Points([[60.0, 2.0]], [0])]
    job = create([prompt("red", 0)])
    assert job.run()
    for each in clicks:
        job.prompt(ObjectPrompt("red", 8, each))
        assert job.run()
    both = create([prompt("red", 0), *(ObjectPrompt("red", 8, each) for each in clicks)])
    assert both.run()
    assert_equal(list(job.result(8).answers), list(both.result(8).answers))


def test_an_object_that_comes_later_has_a_pass_of_its_own(create: Jobs) -> None:
    job = create([prompt("red", 0)])
    assert job.run()
    before = stored(job.folder)["0.records"]
    job.prompt(prompt("blue", 7))
    job.prompt(prompt("green", 9))
    assert job.run()
    assert stored(job.folder)["0.records"] == before
    assert job.spans()["blue"] == done(range(7, 24))
    assert list(job.objects) == ["red", "blue", "green"]
    assert [a.object_id for a in job.result(23).answers] == ["red", "blue", "green"]


@pytest.mark.slow
def test_an_earlier_prompt_becomes_the_first_one(create: Jobs) -> None:
    job = create([prompt("red", 12)])
    assert job.run()
    kept = job.result(12).answers
    job.prompt(prompt("red", 5))
    assert job.run()
    assert job.spans()["red"] == done(range(5, 24))
    assert_equal(list(job.result(12).answers), list(kept))


def test_a_removed_object_is_gone_and_its_name_stays_taken(create: Jobs) -> None:
    job = create([prompt("red", 0), prompt("blue", 0)])
    names: list[list[Any]] = []

    def on_frame(frame: VideoFrame, tracked: TrackedFrame) -> None:
        names.append([a.object_id for a in tracked.answers])
        if frame.index == 9:
            job.remove("red")

    assert job.run(on_frame)
    assert names == [["red", "blue"]] * 10 + [["blue"]] * 14
    assert [a.object_id for a in job.result(3).answers] == ["blue"]
    assert list(stored(job.folder)) == ["1.records", "frames.records"]
    assert list(job.objects) == ["blue"]
    with pytest.raises(PromptError):
        job.prompt(prompt("red", 0))
    with pytest.raises(PromptError):
        job.remove("red")


def test_prompts_come_from_another_thread_while_it_runs(create: Jobs, source: ArraySource) -> None:
    job = create([prompt("red", 0)])
    at = threading.Event()
    given = threading.Event()

    def before(index: int) -> None:
        if index == 10 and not given.is_set():
            at.set()
            assert given.wait(60)

    def other() -> None:
        assert at.wait(60)
        job.prompt(prompt("green", 3, "red"))  # gone by
        job.prompt(prompt("blue", 18))  # to come
        job.prompt(prompt("green", 6))  # gone by, another one
        with pytest.raises(JobError):
            job.run()
        given.set()

    source.before = before
    thread = threading.Thread(target=other)
    thread.start()
    assert job.run()
    thread.join()
    assert job.spans() == {
        "red": done(range(24)),
        "blue": done(range(18, 24)),
        "green": done(range(6, 24)),
    }
    assert [i for i in range(24) if job.result(i).answers[0].prompted] == [0, 3]


def test_a_correction_of_the_newest_frame_needs_no_pass_of_its_own(create: Jobs) -> None:
    job = create([prompt("red", 0), prompt("blue", 0)])
    frames: list[int] = []

    def on_frame(frame: VideoFrame, tracked: TrackedFrame) -> None:
        frames.append(frame.index)
        if frame.index == 9 and frames.count(9) == 1:
            job.prompt(prompt("green", 9, "red"))
            assert any(9 in part for part in job.spans()["red"].stale)
        if frame.index == 9 and frames.count(9) == 2:
            assert tracked.answers[0].prompted

    assert job.run(on_frame)
    assert frames == sorted([*range(24), 9])
    assert len(job._state.record.passes) == 1


@pytest.mark.parametrize(
    "setting", [{"overlap": False}, pytest.param({"memory_overlap": False}, marks=pytest.mark.slow)]
)
def test_separated_masks_are_tracked_together(
    tmp_path: Path, source: ArraySource, setting: dict[str, Any]
) -> None:
    """Only frames in which pixels were contested may change."""
    tracker = color_tracker(**setting)
    with Job.create(tmp_path / "j", source, tracker, [prompt("red", 0), prompt("blue", 2)]) as job:
        assert job.run()
        before = [each.answers for each in job.results()]
        job.prompt(prompt("red", 12, "blue"))
        assert any(20 in part for part in job.spans()["red"].stale)
        assert job.run()
        job.prompt(prompt("green", 5))
        assert job.run()
        for index, (old, new) in enumerate(zip(before, job.results(), strict=True)):
            total = np.sum([a.mask for a in new.answers], axis=0)
            if "overlap" in setting:
                assert total.max() <= 1
            if index < 5:
                assert_equal(list(new.answers), list(old))
        assert job.spans()["green"] == done(range(5, 24))


@pytest.mark.slow
def test_uncontested_frames_of_separated_masks_keep_their_bytes(
    tmp_path: Path, source: ArraySource
) -> None:
    tracker = color_tracker(overlap=False)
    with Job.create(tmp_path / "j", source, tracker, [prompt("red", 0), prompt("blue", 2)]) as job:
        assert job.run()
        before = stored(job.folder)
        job.prompt(prompt("green", 12, "blue"))
        assert job.run()
        after = stored(job.folder)
        assert before["0.records"] == after["0.records"]
        assert before["1.records"] != after["1.records"]


def test_objects_of_another_video_are_found(create: Jobs, video: list[Pixels]) -> None:
    first = create([prompt("red", 0), prompt("blue", 0)])
    with pytest.raises(JobError):
        first.snapshot()
    assert first.run()
    other = ArraySource(colored_video(30)[10:], "another")
    with closing(first.snapshot()) as like:
        job = create([prompt("green", 4)], source=other, like=like)
        with pytest.raises(JobError):
            create([], Span(direction="both"), source=other, like=like)
    assert job.run()
    assert list(job.objects) == ["red", "blue", "green"]
    assert job.spans()["blue"] == done(range(20))
    assert job.result(10).answers[1].mask.any()
    job.prompt(prompt("red", 3, "blue"))
    assert job.run()
    assert not job.spans()["blue"].stale


# --- live


def test_a_live_source_is_tracked_forward_without_snapshots(
    create: Jobs, video: list[Pixels]
) -> None:
    live = ArraySource(video, live=True)
    with pytest.raises(JobError):
        create([], Span(direction="both"), source=live)
    job = create([prompt("red", 0)], source=live)

    def on_frame(frame: VideoFrame, _: TrackedFrame) -> None:
        if frame.index == 5:  # where it was two frames ago
            job.prompt(ObjectPrompt("blue", 3, place_of("blue", 6)))
            job.prompt(ObjectPrompt("red", 3, place_of("red", 6)))

    assert job.run(on_frame)
    assert job.spans() == {"red": done(range(24)), "blue": done(range(6, 24))}
    assert job.result(6).answers[0].prompted
    assert not (job.folder / "snapshots").exists()
    job.snapshot().close()


def test_a_stopped_live_job_goes_on_but_not_in_another_process(
    create: Jobs, video: list[Pixels], tracker: Tracker
) -> None:
    live, stop = ArraySource(video, live=True), threading.Event()
    job = create([prompt("red", 0)], source=live)

    def on_frame(frame: VideoFrame, _: TrackedFrame) -> None:
        if frame.index == 5:
            stop.set()

    assert not job.run(on_frame, stop=stop)
    assert job.run()
    assert job.spans()["red"] == done(range(24))
    stop.clear()
    again = create([prompt("red", 0)], source=live)
    assert not again.run(on_frame, stop=stop)
    again.close()
    with Job.open(again.folder, live, tracker) as opened:
        assert len(list(opened.results())) == 6
        with pytest.raises(JobError):
            opened.run()


@pytest.mark.parametrize(("live", "seekable"), [(True, False), (False, False), (False, True)])
def test_objects_are_carried_over_where_the_size_of_frames_changes(
    create: Jobs, video: list[Pixels], caplog: pytest.LogCaptureFixture, live: bool, seekable: bool
) -> None:
    frames = [*video[:10], *(each.repeat(2, axis=0).repeat(2, axis=1) for each in video[10:])]
    source = ArraySource(frames, live=live, seekable=seekable)
    job = create([prompt("red", 0), prompt("blue", 2)], source=source)
    assert job.run()
    assert "another size" in caplog.text
    assert job.spans() == {"red": done(range(24)), "blue": done(range(2, 24))}
    answers = job.result(20).answers
    assert [a.object_id for a in answers] == ["red", "blue"]
    assert answers[0].mask.shape == (96, 128)
    assert answers[0].mask.any()
    assert not any(a.prompted for a in job.result(10).answers)


def test_a_video_ends_where_its_frames_do(create: Jobs, video: list[Pixels]) -> None:
    for count in (None, 99):
        job = create([prompt("red", 0)], source=ArraySource(video, count=count))
        assert job.spans()["red"].stale[0][-1] > 90
        assert job.run()
        assert job.spans()["red"] == done(range(24))


# --- refusals


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        (ObjectPrompt("red", 24, Box(1, 1, 9, 9)), PromptError),
        (ObjectPrompt("red", 1, Box(1, 1, 9, 9)), PromptError),
        (ObjectPrompt("red", 5, Box(1, 1, 9, 9)), PromptError),
        (ObjectPrompt("new", 8, Box(99, 1, 9, 9)), RegionError),
        (ObjectPrompt("red", 8, Points([[99.0, 0.0]], [1])), RegionError),
        (ObjectPrompt("new", 8, Points([[9.0, 0.0]], [0])), RegionError),
        (ObjectPrompt("new", 8, Mask(np.ones((3, 3), bool))), RegionError),
        (ObjectPrompt(-1, 8, Box(1, 1, 9, 9)), PromptError),
    ],
)
def test_prompts_that_cannot_be_used_change_nothing(
    create: Jobs, wrong: ObjectPrompt, error: type[SamuraiError]
) -> None:
    job = create([prompt("red", 2)], Span(2, None, 2))
    before = (job.folder / "job.json").read_bytes()
    with pytest.raises(error):
        job.prompt(wrong)
    assert (job.folder / "job.json").read_bytes() == before
    with pytest.raises(error):
        create([prompt("red", 2), wrong], Span(2, None, 2))
    assert job.run()


def test_other_refusals(create: Jobs, tmp_path: Path, source: ArraySource) -> None:
    job = create([prompt("red", 0)])
    with pytest.raises(JobError):
        create([], folder=job.folder)
    with pytest.raises(JobError):
        create([], tracker=color_tracker(offline=True))
    with pytest.raises(JobError):
        create([], Span(30))
    with pytest.raises(PromptError):
        job.result(24)
    with pytest.raises(JobError):
        Job.open(tmp_path / "nowhere", source, color_tracker())


def test_policies_that_cannot_be_corrected_say_so_at_once(
    create: Jobs, tracker: Tracker, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = create([prompt("red", 0)])
    monkeypatch.setattr(type(tracker.new_policy()), "correctable", False)
    before = (job.folder / "job.json").read_bytes()
    with pytest.raises(SessionError):
        job.prompt(prompt("red", 5))
    assert (job.folder / "job.json").read_bytes() == before
