"""Objects that join a frame after it was answered, and what clicks of that frame show."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from oracles.living import CLICK, CUP, SPOON, Video, assert_equal
from oracles.small_networks import random_predictor
from oracles.tiers import quick

from samurai.config import TrackerConfig
from samurai.core.proposals import ProposalSettings, distinct, grid
from samurai.core.session import Session
from samurai.errors import RegionError, SessionError
from samurai.networks.base import Features
from samurai.regions import Box
from samurai.tracker import Tracker

SMALL = random_predictor(64, seed=2, small=True, object_bias=1.0)
LOOSE = ProposalSettings(4, min_predicted_iou=0.3, min_stability=0.3, nms_overlap=1.0)
JOINS = 2
"""The frame that the second object joins."""


def tracker(window: Any = "whole", **settings: Any) -> Tracker:
    config = TrackerConfig(window=window, device="cpu", dtype="float32").changed(**settings)
    return Tracker(SMALL, config)


def run(of: Tracker, video: Video, late: bool, *, asked: bool = False) -> list[Any]:
    """Answers of all frames, with the second object given in a frame or added after it."""
    kept = []
    with of.session(batched=False) as session:
        for index, frame in enumerate(video[:6]):
            new = {"cup": CUP} if index == 0 else {"spoon": SPOON} if index == JOINS else {}
            advance: Any = session.step if index else session.start
            after = late and index == JOINS
            answers = advance(frame, {} if after else new)
            if asked:
                session.propose_at(grid(2, (96, 128)), LOOSE)
            if after:
                answers = session.add(new)
            kept.append(answers)
    return kept


@pytest.mark.parametrize("window", ["whole", 2.5])
@pytest.mark.parametrize(
    "policy", quick(["samurai", "dam", "him2sam", "mosam", "sam2long"], "samurai", "sam2long")
)
def test_an_added_object_is_tracked_as_if_the_frame_had_come_with_it(
    video: Video, policy: str, window: Any
) -> None:
    of = tracker(window, policy=policy)
    for mine, given in zip(run(of, video, True), run(of, video, False), strict=True):
        assert_equal(mine, given)


@pytest.mark.parametrize("window", ["whole", 2.5])
def test_looking_at_a_frame_changes_nothing(video: Video, window: Any) -> None:
    of = tracker(window)
    for mine, given in zip(run(of, video, True, asked=True), run(of, video, True), strict=True):
        assert_equal(mine, given)


def test_memories_of_added_objects_are_separated_from_those_that_are_there(video: Video) -> None:
    of = tracker(memory_overlap=False)
    added, given = (run(of, video, late)[JOINS + 1] for late in (True, False))
    np.testing.assert_array_equal(added[1].mask, given[1].mask)
    assert added[1].confidence == given[1].confidence


@pytest.mark.parametrize("window", ["whole", 2.5])
def test_an_object_may_be_added_where_there_was_none_and_corrected_at_once(
    video: Video, window: Any
) -> None:
    with tracker(window).session(batched=False) as session:
        session.start(video[0])
        session.step(video[1])
        [added] = session.add([CUP])
        assert added.object_id == 0
        assert added.prompted
        corrected = session.correct(0, CLICK)
        assert len(session.add({"spoon": SPOON})) == 2
        np.testing.assert_array_equal(session.add({})[0].mask, corrected[0].mask)
        assert [each.object_id for each in session.step(video[2])] == [0, "spoon"]
        with pytest.raises(SessionError, match="used"):
            session.add({0: CUP})


def test_what_cannot_be_added_changes_nothing(session: Session, video: Video) -> None:
    with pytest.raises(SessionError, match="call start first"):
        session.add([CUP])
    with pytest.raises(SessionError, match="call start first"):
        session.propose_at(grid(2, (96, 128)))
    session.start(video[0], {"cup": CUP})
    for wrong in ([Box(900, 0, 5, 5)], {"spoon": Box(900, 0, 5, 5)}, "spoon"):
        with pytest.raises(RegionError):
            session.add(wrong)  # type: ignore[arg-type]
    assert session.object_ids == ["cup"]
    snapshot = session.snapshot()
    session.restore(snapshot)
    with pytest.raises(SessionError, match="restored without its frame"):
        session.add({"spoon": SPOON})
    session.restore(snapshot, video[0])
    assert len(session.add({"spoon": SPOON})) == 2


@pytest.mark.parametrize(("window", "encodings"), [("whole", 1), (2.5, 2)])
def test_clicks_show_what_propose_does_on_features_that_tracking_made(
    video: Video, window: Any, encodings: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    of, calls = tracker(window), list[int]()
    expected = of.propose(video[0], LOOSE)
    encode = of.network.encode

    def counted(views: torch.Tensor) -> Features:
        calls.append(len(views))
        return encode(views)

    monkeypatch.setattr(of.network, "encode", counted)
    with of.session() as session:
        session.start(video[0], {"cup": CUP})
        points = grid(LOOSE.points_per_side, (video[0].shape[0], video[0].shape[1]))
        found = session.propose_at(points[:9], LOOSE) + session.propose_at(points[9:], LOOSE)
        mine = distinct(found, LOOSE)
    assert len(calls) == encodings
    assert len(mine) == len(expected) > 0
    for one, other in zip(mine, expected, strict=True):
        np.testing.assert_array_equal(one.mask, other.mask)
        assert one.predicted_iou == pytest.approx(other.predicted_iou, abs=1e-5)
