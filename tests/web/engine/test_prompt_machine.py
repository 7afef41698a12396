"""Random prompts of several objects, tracked now and then, against plain dictionaries."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
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
from web.engine.conftest import corners, middle

from samurai.errors import RegionError
from samurai.masks import to_coco_rle
from samurai.regions import Box, Mask, Points
from samurai.web.engine import Engine
from samurai.web.problems import Conflict, NotFound
from samurai.web.settings import WebSettings

LENGTH = 8
VIDEO = colored_video(LENGTH)
TRACKER = color_tracker()
PLAIN = mock.patch(
    "samurai.jobs.identity.tracker_fingerprint",
    lambda config: {name: str(value) for name, value in asdict(config).items()},
)
NUMBERS = st.sampled_from([0, 5, 2**31 - 1])
FRAMES = st.integers(0, LENGTH - 1)
COLORS = st.sampled_from(["red", "blue", "green"])
LABELS = st.integers(0, 1)

Frame = dict[str, Any]
"""`base`: a color with box or mask, or None; `clicks`: x, y and label of each."""


class PromptMachine(RuleBasedStateMachine):
    """The model: by object and frame, what was given last and what was added to it."""

    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        PLAIN.start()
        self.engine = Engine(TRACKER, WebSettings(data_path=self.folder))
        self.session = self.engine.create("v", lambda: ArraySource(VIDEO))
        self.wanted: dict[int, dict[int, Frame]] = {}

    def give(self, number: int, frame: int, given: Frame, call: Any) -> None:
        """A prompt is taken, or refused and nothing changes."""
        frames = {**self.wanted.get(number, {}), frame: given}
        if not any(self.says_where(each) for each in frames.values()):
            with pytest.raises(RegionError):
                call()
            return
        shown = call()
        self.wanted[number] = frames
        if self.says_where(given):
            assert number in [each.object_id for each in shown.answers]

    @staticmethod
    def says_where(given: Frame) -> bool:
        return given["base"] is not None or any(label for *_, label in given["clicks"])

    @rule(
        number=NUMBERS, frame=FRAMES, color=COLORS, label=st.integers(0, 1), replace=st.booleans()
    )
    def click(self, number: int, frame: int, color: str, label: int, replace: bool) -> None:
        x, y = middle(color, frame)
        before = self.wanted.get(number, {}).get(frame)
        given: Frame = {"base": None, "clicks": []} if replace or before is None else before
        given = {**given, "clicks": [*given["clicks"], (x, y, label)]}
        self.give(
            *(number, frame, given),
            lambda: self.session.set_points(frame, number, [[x, y]], [label], replace=replace),
        )

    @rule(number=NUMBERS, frame=FRAMES, color=COLORS)
    def box(self, number: int, frame: int, color: str) -> None:
        self.give(
            *(number, frame, {"base": ("box", color), "clicks": []}),
            lambda: self.session.set_box(frame, number, corners(color, frame)),
        )

    @rule(number=NUMBERS, frame=FRAMES, color=COLORS)
    def mask(self, number: int, frame: int, color: str) -> None:
        rle = to_coco_rle(place_of(color, frame).filled((48, 64)).array)
        self.give(
            *(number, frame, {"base": ("mask", color), "clicks": []}),
            lambda: self.session.set_mask(frame, number, rle),
        )

    @rule(number=NUMBERS, frame=FRAMES)
    def clear(self, number: int, frame: int) -> None:
        if number not in self.wanted:
            with pytest.raises(NotFound):
                self.session.clear_frame(frame, number)
            return
        left = {n: each for n, each in self.wanted[number].items() if n != frame}
        if left and not any(map(self.says_where, left.values())):
            with pytest.raises(RegionError):
                self.session.clear_frame(frame, number)
            return
        self.session.clear_frame(frame, number)
        self.wanted[number] = left

    @rule(number=NUMBERS)
    def remove(self, number: int) -> None:
        if number not in self.wanted:
            with pytest.raises(NotFound):
                self.session.remove(number)
            return
        done = {frame for (n, frame) in self.done() if n == number}
        assert set(self.session.remove(number)) == done
        del self.wanted[number]

    @rule()
    def clear_all(self) -> None:
        self.session.clear_all()
        self.wanted.clear()

    @rule(
        start=FRAMES,
        direction=st.sampled_from(["forward", "backward", "both"]),
        most=st.integers(1, LENGTH),
    )
    def propagate(self, start: int, direction: Any, most: int) -> None:
        if not any(self.wanted.values()):
            with pytest.raises(Conflict):
                self.session.propagate(start, direction, most)
            return
        with self.session.propagate(start, direction, most) as run:
            found = [each.index for each in run]
        assert run.outcome is not None
        assert run.outcome.kind == "done", run.outcome.error
        ahead = [f for f in range(start, start + most) if f < LENGTH]
        behind = [f for f in range(start, start - most, -1) if f >= 0]
        wanted = {"forward": ahead, "backward": behind, "both": [*ahead, *behind[1:]]}
        assert found == wanted[direction]
        if direction == "both":
            tracked = {number for number, frames in self.wanted.items() if frames}
            assert {(n, f) for n in tracked for f in found} <= self.done()

    def done(self) -> set[tuple[int, int]]:
        return {
            (each.number, frame)
            for each in self.session.view().objects
            for first, last in each.done
            for frame in range(first, last + 1)
        }

    @precondition(lambda self: hasattr(self, "session"))
    @invariant()
    def agrees(self) -> None:
        shown = {each.number: each for each in self.session.view().objects}
        assert list(shown) == list(self.wanted)
        for number, frames in self.wanted.items():
            assert [each.frame for each in shown[number].prompts] == sorted(frames)
            for each in shown[number].prompts:
                given = frames[each.frame]
                clicks = [(*p, v) for p, v in zip(each.points, each.labels, strict=True)]
                assert clicks == given["clicks"]
                kind = (given["base"] or ("none", ""))[0]
                assert (each.box is not None, each.has_mask) == (kind == "box", kind == "mask")
            covered = {f for pair in (*shown[number].done, *shown[number].stale) for f in pair}
            assert bool(covered) == bool(frames)
        self.asked_of_the_job()

    def asked_of_the_job(self) -> None:
        """The job has the same prompts, under identities that are never used again."""
        job, ids = self.session._parts.job, self.session._client_job.ids
        assert set(job.objects) == set(ids.values())
        assert set(ids) == {number for number, frames in self.wanted.items() if frames}
        found: dict[Any, list[Any]] = {}
        for each in job.prompts:
            found.setdefault((each.object_id, each.frame_index), []).append(each.region)
        for number, frames in self.wanted.items():
            for frame, given in frames.items():
                regions = found.pop((ids[number], frame))
                base, clicks = given["base"], given["clicks"]
                points = regions[-1] if clicks else Points(np.zeros((0, 2)), [])
                assert isinstance(points, Points)
                assert [tuple(p) for p in points.coordinates] == [c[:2] for c in clicks]
                if base is not None and base[0] == "box":
                    box = points.box if clicks else regions[0]
                    assert box == place_of(base[1], frame)
                    assert isinstance(box, Box)
                elif base is not None:
                    assert isinstance(regions[0], Mask)
                assert len(regions) == (base is not None) + bool(clicks) - (
                    base is not None and base[0] == "box" and bool(clicks)
                )
        assert not found

    def teardown(self) -> None:
        if hasattr(self, "engine"):
            self.engine.close()
            PLAIN.stop()
            shutil.rmtree(self.folder)


PromptMachine.TestCase.settings = settings(
    max_examples=2, stateful_step_count=12, deadline=None, derandomize=True
)
TestPromptMachine = PromptMachine.TestCase


@pytest.mark.slow
def test_many_random_sessions() -> None:
    run_state_machine_as_test(
        PromptMachine,
        settings=settings(max_examples=100, stateful_step_count=16, deadline=None),
    )
