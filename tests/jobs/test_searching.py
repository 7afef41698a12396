"""Jobs that look for objects while they track: what is found is part of the job, whatever ends a
run."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from jobs.conftest import copied_as_if_killed, prompt, stored
from oracles.array_source import ArraySource
from oracles.color_tracker import COLORS, SIDE, color_tracker, colored_video, place_of

from samurai.discovery import Discoverer, DiscoverySettings
from samurai.errors import JobError
from samurai.jobs import Job, Span
from samurai.tracker import Tracker
from samurai.video.sources.base import Pixels, VideoFrame
from samurai.video.tracked import TrackedFrame

LENGTH = 24
ENTERS = {"blue": 6, "green": 13}
LOOK: dict[str, Any] = {"gap": 5, "points_per_side": 8, "min_area": 60, "min_stability": 0.3}


def entering(seen: Mapping[str, range], length: int = LENGTH) -> list[Pixels]:
    """Squares that are seen in some frames, on a plain background."""
    frames = []
    for index in range(length):
        frame = np.full((48, 64, 3), 100, np.uint8)
        for color, value in COLORS.items():
            if index in seen[color]:
                box = place_of(color, index)
                x, y = int(box.x), int(box.y)
                frame[y : y + SIDE, x : x + SIDE] = value
        frames.append(frame)
    return frames


@pytest.fixture(scope="module")
def video() -> list[Pixels]:
    return entering({"red": range(99), **{c: range(n, 99) for c, n in ENTERS.items()}})


@pytest.fixture
def source(video: list[Pixels]) -> ArraySource:
    return ArraySource(video)


def finder(**values: Any) -> Discoverer:
    return Discoverer(DiscoverySettings(**{**LOOK, **values}))


def masks(job: Job) -> dict[tuple[int, Any], bytes]:
    return {(f.index, a.object_id): a.mask.tobytes() for f in job.results() for a in f.answers}


def test_what_is_found_is_what_a_session_finds_and_says_why(
    create: Callable[..., Job], video: list[Pixels], tracker: Tracker
) -> None:
    job = create([])
    reported: list[int] = []
    assert job.run(lambda frame, _: reported.append(frame.index), discoverer=finder())
    assert list(dict.fromkeys(reported)) == list(range(LENGTH))
    assert job.reasons == {
        1: "grid at frame 0",
        2: "grid at frame 10",
        3: "grid at frame 15",
    }
    mine = masks(job)
    looking, expected = finder(), {}
    with tracker.session() as session:
        for index, frame in enumerate(video):
            answers = session.step(frame) if index else session.start(frame)
            for answer in looking.update(session, frame, answers):
                assert isinstance(answer.object_id, int)
                expected[index, answer.object_id + 1] = answer.mask.tobytes()
    assert mine == expected
    assert len(mine) == LENGTH + (LENGTH - 10) + (LENGTH - 15)


def test_nothing_is_found_twice_and_prompts_come_first(create: Callable[..., Job]) -> None:
    job = create([prompt("red", 0, 7), prompt("blue", 8, "blue")])
    assert job.run(discoverer=finder())
    assert job.reasons == {7: "box at frame 0", "blue": "box at frame 8", 8: "grid at frame 15"}
    assert job.run(discoverer=finder())
    assert list(job.objects) == [7, "blue", 8]


def test_a_search_after_tracking_sees_what_other_passes_answered(
    create: Callable[..., Job],
) -> None:
    job = create([prompt("red", 0, 7)])
    assert job.run()
    before = masks(job)
    assert job.run(discoverer=finder())
    assert job.reasons == {7: "box at frame 0", 8: "grid at frame 10", 9: "grid at frame 15"}
    after = masks(job)
    assert {key: after[key] for key in before} == before


@pytest.mark.parametrize("stops", [[4], [10, 11, 16], [9, 10, 14, 15, 22]], ids=str)
def test_a_run_that_is_stopped_goes_on_with_the_same_bytes(
    tmp_path: Path, source: ArraySource, tracker: Tracker, stops: list[int]
) -> None:
    with Job.create(tmp_path / "whole", source, tracker, []) as job:
        assert job.run(discoverer=finder(persist=2, retire_after=4))
        reasons = job.reasons
    Job.create(tmp_path / "parts", source, tracker, []).close()
    for last in [*stops, None]:
        stop = threading.Event()

        def on_frame(frame: VideoFrame, _: TrackedFrame, last: Any = last) -> None:
            if frame.index == last:
                stop.set()  # noqa: B023 (set in the run of this turn)

        with Job.open(tmp_path / "parts", source, tracker) as job:
            looking = finder(persist=2, retire_after=4)
            assert job.run(on_frame, stop=stop, discoverer=looking) is (last is None)
            if last is None:
                assert job.reasons == reasons
    assert stored(tmp_path / "parts") == stored(tmp_path / "whole")


@pytest.mark.parametrize("every", [pytest.param(3, marks=pytest.mark.slow), 7])
def test_a_run_that_was_killed_goes_on_with_the_same_bytes(
    tmp_path: Path, source: ArraySource, tracker: Tracker, every: int
) -> None:
    folder = tmp_path / "whole"
    with (
        copied_as_if_killed(folder, every) as kept,
        Job.create(folder, source, tracker, []) as job,
    ):
        assert job.run(discoverer=finder(persist=1))
        reasons = job.reasons
    assert len(kept) > 6
    for crashed in kept:
        with Job.open(crashed, source, tracker) as job:
            assert job.run(discoverer=finder(persist=1))
            assert job.reasons == reasons, crashed.name
        assert stored(crashed) == stored(folder), crashed.name


def test_a_retired_object_keeps_its_answers_and_a_correction_calls_it_back(
    create: Callable[..., Job],
) -> None:
    video = entering({"red": range(99), "blue": range(9), "green": range(16, 20)})
    video = [*video[:20], *entering({"red": range(99), "blue": range(99), "green": range(0)})[20:]]
    job = create([], source=ArraySource(video))
    assert job.run(discoverer=finder(retire_after=4, gap=30))
    spans = job.spans()
    assert job.reasons == {1: "grid at frame 0", 2: "grid at frame 0"}
    [gone] = [name for name, each in spans.items() if each.done != (range(LENGTH),)]
    assert spans[gone].done == (range(13),)
    assert not spans[gone].stale
    job.prompt(prompt("blue", 20, gone))
    assert job.spans()[gone].stale
    assert job.run()
    assert not job.spans()[gone].stale
    tracked = {f.index: {a.object_id: a for a in f.answers} for f in job.results()}
    assert all(gone in tracked[index] for index in [*range(13), *range(20, LENGTH)])
    assert not tracked[22][gone].absent


def test_what_is_found_late_is_tracked_backward_too(create: Callable[..., Job]) -> None:
    job = create([], Span(direction="both"))
    assert job.run(discoverer=finder())
    spans = job.spans()
    assert not any(each.stale for each in spans.values())
    found = masks(job)
    assert all((index, 2) in found for index in range(LENGTH))
    assert any(found[7, 2])  # it had entered by then


def test_live_sources_are_searched_where_they_are(create: Callable[..., Job], video: Any) -> None:
    job = create([], source=ArraySource(video, live=True))
    assert job.run(discoverer=finder())
    assert list(job.reasons.values()) == [f"grid at frame {n}" for n in (0, 10, 15)]


def test_objects_without_shared_pixels_are_found_too(create: Callable[..., Job]) -> None:
    joint = color_tracker(overlap=False, memory_overlap=False)
    job = create([prompt("red", 0, 1)], tracker=joint)
    assert job.run(discoverer=finder())
    assert list(job.reasons) == [1, 2, 3]
    for frame in job.results():
        assert np.sum([a.mask for a in frame.answers], axis=0).max() <= 1
    other = create([prompt("red", 0, 1)], tracker=joint)
    assert other.run()
    with pytest.raises(JobError, match="create another job"):
        other.run(discoverer=finder())


def test_a_search_for_something_else_needs_another_job(create: Callable[..., Job]) -> None:
    job = create([])
    job.run(within=range(3), discoverer=finder())
    with pytest.raises(JobError, match="create another job"):
        job.run(discoverer=finder(gap=6))
    back = create([prompt("red", 5)], Span(direction="backward"))
    with pytest.raises(JobError, match="forward"):
        back.run(discoverer=finder())


def test_more_and_more_objects_of_a_long_video_have_one_session(
    create: Callable[..., Job],
) -> None:
    """Five squares that come and go, over and over: ids never come back, memory is freed."""
    video = colored_video(120)
    job = create([], source=ArraySource(video))
    looking = finder(retire_after=3, max_objects=3)
    most = list[int]()
    job.run(lambda _, tracked: most.append(len(tracked.answers)), discoverer=looking)
    assert max(most) <= 3
    assert len(job.reasons) == len(set(job.reasons))
