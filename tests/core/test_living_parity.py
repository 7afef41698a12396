"""Corrections, removals and prompts of other frames against the installed `SAM2VideoPredictor`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from oracles.agreement import assert_close
from oracles.living import CUP, SPOON

from samurai.core.session import Session
from samurai.regions import Answer, Box, Mask, Points, Region
from samurai.tracker import Tracker

TOLERANCE = 2e-3
"""Of logits: several objects are a batch here and one by one there."""


class Pair:
    """A session and the predictor, driven alike on the same video."""

    def __init__(
        self, session: Session, predictor: Any, folder: Path, video: list[NDArray[np.uint8]]
    ) -> None:
        self.session, self.predictor, self.video = session, predictor, video
        self.state = predictor.init_state(str(folder))
        self.answers: list[Answer] = []

    def start(self, prompts: dict[int, Region]) -> None:
        for object_id, region in prompts.items():
            self._add(0, object_id, region, True)
        self.answers = self.session.start(self.video[0], prompts)

    def run(self, last: int) -> None:
        """Track up to a frame, comparing all on the way."""
        first = self.session.frame_index
        frames = self.predictor.propagate_in_video(self.state, first, last - first)
        for frame_index, object_ids, expected in frames:
            if frame_index > first:
                self.answers = self.session.step(self.video[frame_index])
            self.compare(object_ids, expected, frame_index)
        assert self.session.frame_index == last

    def correct(self, object_id: int, region: Region, replace: bool = False) -> None:
        frame_index = self.session.frame_index
        _, object_ids, expected = self._add(frame_index, object_id, region, replace)
        self.answers = self.session.correct(object_id, region, replace=replace)
        self.compare(object_ids, expected, frame_index)

    def compare(self, object_ids: list[int], expected: torch.Tensor, frame_index: int) -> None:
        size = self.video[0].shape[:2]
        logits = torch.from_numpy(self.session.logits)[:, None]
        resized = F.interpolate(logits, size, mode="bilinear", align_corners=False)[:, 0].numpy()
        reference = expected[:, 0].numpy()
        assert self.session.object_ids == object_ids
        assert [answer.object_id for answer in self.answers] == object_ids
        assert_close(resized, reference, TOLERANCE, frame_index)
        for answer, own in zip(self.answers, reference, strict=True):
            sure = np.abs(own) > TOLERANCE
            np.testing.assert_array_equal(answer.mask[sure], own[sure] > 0)

    def _add(self, frame_index: int, object_id: int, region: Region, replace: bool) -> Any:
        if isinstance(region, Mask):
            return self.predictor.add_new_mask(self.state, frame_index, object_id, region.array)
        box = region if isinstance(region, Box) else region.box
        corners = None
        if box is not None:
            corners = np.array([box.x, box.y, box.x + box.width, box.y + box.height], np.float32)
        clicks = region if isinstance(region, Points) else None
        return self.predictor.add_new_points_or_box(
            self.state,
            frame_index,
            object_id,
            points=None if clicks is None else clicks.coordinates,
            labels=None if clicks is None else clicks.labels,
            clear_old_points=replace or box is not None,
            box=corners,
        )


@pytest.fixture
def pair(
    float32_maps: None,
    build_predictor: Callable[..., Any],
    make_tracker: Callable[..., Tracker],
    frame_folder: Path,
    video: list[NDArray[np.uint8]],
) -> Callable[..., Pair]:
    def make(seed: int = 3) -> Pair:
        predictor = build_predictor(size=128, seed=seed, small=True)
        predictor.add_all_frames_to_correct_as_cond = True
        session = make_tracker(model=predictor, box_prompt="points").session()
        return Pair(session, predictor, frame_folder, video)

    return make


@pytest.mark.parametrize(
    "corrections",
    [
        [Points([[46.0, 47.5]], [1])],
        [Points([[46.0, 47.5]], [1]), Points([[90.0, 20.0]], [0])],
        [Points([[46.0, 47.5], [20.0, 20.0]], [1, 0])],
        [Points([[46.0, 47.5]], [1], CUP)],
        [CUP, Points([[50.0, 50.0]], [0])],
        ["mask"],
    ],
    ids=["click", "two clicks", "both signs", "box and click", "box, then click", "mask"],
)
@pytest.mark.parametrize("seed", [3, 8])
def test_a_correction_of_a_tracked_frame(
    pair: Callable[..., Pair], prompt_mask: Mask, corrections: list[Any], seed: int
) -> None:
    both = pair(seed)
    both.start({0: CUP, 1: SPOON})
    both.run(9)
    for region in corrections:
        both.correct(0, prompt_mask if region == "mask" else region)
    both.run(19)


def test_corrections_of_several_frames_up_to_the_number_that_is_kept(
    pair: Callable[..., Pair], prompt_mask: Mask
) -> None:
    both = pair()
    both.start({0: CUP, 1: prompt_mask})
    for frame_index, region in (
        (4, Points([[46.0, 47.5]], [1])),
        (9, prompt_mask),
        (12, Points([[46.0, 47.5], [20.0, 20.0]], [1, 0])),
    ):
        both.run(frame_index)
        both.correct(1, region)
    both.run(24)


def test_clicks_on_a_frame_that_was_not_tracked_yet(pair: Callable[..., Pair]) -> None:
    both = pair()
    both.start({0: Points([[46.0, 47.5]], [1])})
    both.correct(0, Points([[60.0, 50.0]], [1]))
    both.correct(0, Points([[20.0, 20.0]], [0]))
    both.correct(0, Points([[46.0, 47.5]], [1]), replace=True)
    both.run(8)


def test_a_correction_that_is_taken_back(pair: Callable[..., Pair]) -> None:
    both = pair()
    both.start({0: CUP})
    both.run(5)
    both.correct(0, Points([[46.0, 47.5]], [1]))
    both.predictor.propagate_in_video_preflight(both.state)
    both.predictor.clear_all_prompts_in_frame(both.state, 5, 0)
    both.session.clear_prompts(0, 5)
    both.state["frames_tracked_per_obj"][0][5] = {"reverse": False}
    frames = both.predictor.propagate_in_video(both.state, 6, 12)
    for frame_index, object_ids, expected in frames:
        both.answers = both.session.step(both.video[frame_index])
        both.compare(object_ids, expected, frame_index)


def test_an_object_that_is_removed(pair: Callable[..., Pair], prompt_mask: Mask) -> None:
    both = pair()
    both.start({0: CUP, 1: SPOON, 2: prompt_mask})
    both.run(5)
    both.predictor.remove_object(both.state, 1)
    both.session.remove(1)
    both.answers = [answer for answer in both.answers if answer.object_id != 1]
    both.run(12)


def test_prompts_of_two_frames_before_the_video_is_tracked(
    pair: Callable[..., Pair], prompt_mask: Mask
) -> None:
    both = pair()
    both.start({0: CUP})
    both._add(12, 0, prompt_mask, True)
    both.session.condition(both.video[12], 12, {0: prompt_mask})
    both.run(20)


def test_clicks_on_a_frame_that_had_a_prompt_before_it_was_reached(
    pair: Callable[..., Pair],
) -> None:
    both = pair()
    both.start({0: CUP, 1: SPOON})
    prompt = Points([[46.0, 47.5]], [1])
    both._add(6, 0, prompt, True)
    both.session.condition(both.video[6], 6, {0: prompt})
    both.run(6)
    both.correct(0, Points([[20.0, 20.0]], [0]))
    both.run(12)
