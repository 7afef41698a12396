"""Random prompts, corrections, removals and interrupted runs against a plain model."""

from __future__ import annotations

import shutil
import tempfile
import threading
from dataclasses import asdict
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from oracles.array_source import ArraySource
from oracles.color_tracker import color_tracker, colored_video, place_of

from samurai.errors import PromptError
from samurai.jobs import Job, Span
from samurai.video.prompts.base import ObjectPrompt
from samurai.video.sources.base import VideoFrame
from samurai.video.tracked import TrackedFrame

LENGTH = 12
VIDEO = colored_video(LENGTH)
TRACKERS = {True: color_tracker(), False: color_tracker(overlap=False)}
NAMES = ["red", "blue", "green"]
PLAIN = mock.patch(
    "samurai.jobs.identity.tracker_fingerprint",
    lambda config: {name: str(value) for name, value in asdict(config).items()},
)


class JobMachine(RuleBasedStateMachine):
    """The model: where each object begins, where a person prompted it, and what was answered there.

    Every answer that a person settled stays as it was; what is stale lies after a change;
    other objects' answers stay where masks may overlap.
    """

    @initialize(
        direction=st.sampled_from(["forward", "backward", "both"]),
        stride=st.sampled_from([1, 2]),
        overlap=st.booleans(),
        seekable=st.booleans(),
    )
    def begin(self, direction: Any, stride: int, overlap: bool, seekable: bool) -> None:
        self.folder = Path(tempfile.mkdtemp())
        PLAIN.start()
        self.tracker = TRACKERS[overlap]
        self.source = ArraySource(VIDEO, seekable=seekable or direction != "forward")
        self.span = Span(1, LENGTH, stride, direction)
        self.frames = list(range(1, LENGTH, stride))
        self.job = Job.create(self.folder / "j", self.source, self.tracker, [], self.span)
        self.anchors: dict[str, int] = {}
        self.prompts: dict[tuple[str, int], int] = {}
        self.gone: set[str] = set()
        self.settled: dict[tuple[str, int], bytes] = {}

    def reach(self, name: str) -> set[int]:
        anchor = self.anchors[name]
        ahead = {f for f in self.frames if f >= anchor}
        before = {f for f in self.frames if f <= anchor}
        return {"forward": ahead, "backward": before, "both": ahead | before}[self.span.direction]

    def behind(self, name: str, frame: int) -> set[int]:
        """Frames that a change in one makes stale."""
        anchor = self.anchors[name]
        found = set[int]()
        for way in self.span.directions:
            if way == "forward" and (self.span.direction != "both" or frame >= anchor):
                found |= {f for f in self.frames if f >= frame}
            if way == "backward" and (self.span.direction != "both" or frame <= anchor):
                found |= {f for f in self.frames if f <= frame}
        return found

    @rule(
        name=st.sampled_from(NAMES),
        place=st.integers(0, LENGTH),
        color=st.sampled_from(NAMES),
    )
    def prompt(self, name: str, place: int, color: str) -> None:
        frame = 1 + place * self.span.stride
        given = ObjectPrompt(name, frame, place_of(color, frame))
        before = {key: value.done for key, value in self.job.spans().items()}
        if frame not in self.frames or name in self.gone:
            try:
                self.job.prompt(given)
            except PromptError:
                assert {key: value.done for key, value in self.job.spans().items()} == before
                return
            raise AssertionError("wasn't refused")
        self.job.prompt(given)
        first = self.anchors.setdefault(name, frame)
        if self.span.direction != "both":
            pick = min if self.span.direction == "forward" else max
            self.anchors[name] = pick(first, frame)
        key = (name, frame)
        self.prompts[key] = self.prompts.get(key, 0) + 1
        self.settled.pop(key, None)
        self._changed(name, frame, before)

    def _changed(self, name: str, frame: int, before: dict[Any, tuple[range, ...]]) -> None:
        """What is stale after a change lies behind it, but what a person gave there; with masks
        that may overlap, nothing of other objects."""
        behind = self.behind(name, frame)
        for other, own in self.job.spans().items():
            old = {f for part in before.get(other, ()) for f in part}
            new = {f for part in own.done for f in part}
            kept = {f for (n, f) in self.settled if n == other}
            assert kept <= new
            if other == name:
                assert not (new & behind) - kept
                assert new >= (old - behind) & self.reach(name)
            elif self.tracker.overlap:
                assert new == old

    @precondition(lambda self: self.anchors)
    @rule(data=st.data())
    def clear(self, data: Any) -> None:
        name, frame = data.draw(st.sampled_from(sorted(self.prompts)))
        before = {key: value.done for key, value in self.job.spans().items()}
        if frame == self.anchors[name]:
            try:
                self.job.clear(name, frame)
            except PromptError:
                return
            raise AssertionError("wasn't refused")
        self.job.clear(name, frame)
        del self.prompts[name, frame]
        self.settled.pop((name, frame), None)
        self._changed(name, frame, before)

    @precondition(lambda self: self.anchors)
    @rule(data=st.data())
    def remove(self, data: Any) -> None:
        name = data.draw(st.sampled_from(sorted(self.anchors)))
        self.job.remove(name)
        del self.anchors[name]
        self.gone.add(name)
        self.prompts = {key: n for key, n in self.prompts.items() if key[0] != name}
        self.settled = {key: n for key, n in self.settled.items() if key[0] != name}

    @rule(frames=st.integers(1, 8))
    def run_some(self, frames: int) -> None:
        stop, seen = threading.Event(), list[int]()

        def on_frame(frame: VideoFrame, tracked: TrackedFrame) -> None:
            seen.append(frame.index)
            assert tracked.index == frame.index
            if len(seen) >= frames:
                stop.set()

        over = self.job.run(on_frame, stop=stop)
        assert over is not any(own.stale for own in self.job.spans().values())
        self._remember()

    @rule()
    def run(self) -> None:
        assert self.job.run()
        for name, own in self.job.spans().items():
            assert not own.stale
            assert {f for part in own.done for f in part} == self.reach(str(name))
        self._remember()
        assert all(key in self.settled for key in self.prompts)

    @rule(data=st.data(), first=st.integers(1, LENGTH - 1), count=st.integers(1, 6))
    def run_part(self, data: Any, first: int, count: int) -> None:
        ways = data.draw(st.permutations(self.span.directions))
        ways = ways[: data.draw(st.integers(1, len(ways)))]
        within = set(range(first, first + count)) & set(self.frames)
        if not within:
            return
        assert self.job.run(directions=ways, within=range(first, first + count))
        for name, own in self.job.spans().items():
            anchor = self.anchors[str(name)]
            reached = {f for f in within if f >= anchor and "forward" in ways}
            reached |= {f for f in within if f <= anchor and "backward" in ways}
            assert reached <= {f for part in own.done for f in part}
        self._remember()

    @rule()
    def reopen(self) -> None:
        spans = self.job.spans()
        self.job.close()
        self.job = Job.open(self.folder / "j", self.source, self.tracker)
        assert self.job.spans() == spans

    def _remember(self) -> None:
        """What was answered where a person prompted: the same as before, where it was settled."""
        for name, frame in self.prompts:
            done = any(frame in part for part in self.job.spans()[name].done)
            if done:
                answers = {a.object_id: a for a in self.job.result(frame).answers}
                assert answers[name].prompted
                bits = answers[name].mask.tobytes()
                assert self.settled.setdefault((name, frame), bits) == bits
            else:
                assert (name, frame) not in self.settled

    @invariant()
    def agrees(self) -> None:
        if not hasattr(self, "job"):
            return
        assert set(self.job.objects) == set(self.anchors)
        for name, own in self.job.spans().items():
            done = {f for part in own.done for f in part}
            stale = {f for part in own.stale for f in part}
            assert done | stale == self.reach(str(name))
            assert not done & stale
        answered = {r.index: {a.object_id for a in r.answers} for r in self.job.results()}
        for frame in self.frames:
            wanted = {
                name
                for name, own in self.job.spans().items()
                if any(frame in part for part in own.done)
            }
            assert answered.get(frame, set()) == wanted
            assert {a.object_id for a in self.job.result(frame).answers} == wanted

    def teardown(self) -> None:
        if hasattr(self, "job"):
            self.job.close()
            PLAIN.stop()
            shutil.rmtree(self.folder)


JobMachine.TestCase.settings = settings(
    max_examples=4, stateful_step_count=10, deadline=None, derandomize=True
)
TestJobMachine = JobMachine.TestCase


@pytest.mark.slow
def test_many_random_jobs() -> None:
    run_state_machine_as_test(
        JobMachine,
        settings=settings(max_examples=150, stateful_step_count=14, deadline=None),
    )
