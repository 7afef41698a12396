"""The installed predictor as an oracle for sessions and policies."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from oracles.small_networks import (
    build_predictor,
    few_threads,
    float32_maps,
    seeded,
    small_predictor,
    video,
)
from PIL import Image

from samurai.config import TrackerConfig
from samurai.core.session import Session
from samurai.regions import Box, Mask, Points, Region
from samurai.tracker import Tracker

__all__ = ["build_predictor", "few_threads", "float32_maps", "seeded", "small_predictor", "video"]


@pytest.fixture
def prompt_mask() -> Mask:
    array = np.zeros((96, 128), dtype=bool)
    array[34:60, 30:62] = True
    array[40:44, 40:44] = False
    return Mask(array)


@pytest.fixture(scope="session")
def frame_folder(tmp_path_factory: pytest.TempPathFactory, video: list[NDArray[np.uint8]]) -> Path:
    """The video as losslessly stored frames, under the .jpg names that the predictor looks for."""
    folder = tmp_path_factory.mktemp("frames")
    for number, frame in enumerate(video):
        with (folder / f"{number:05d}.jpg").open("wb") as file:
            Image.fromarray(frame).save(file, format="PNG")  # PIL goes by content, not by name
    return folder


@pytest.fixture
def propagate(frame_folder: Path) -> Callable[..., list[NDArray[np.float32]]]:
    """Logits (objects, h, w) at the frame's size from the installed predictor, frame by frame."""

    def run(
        predictor: Any, prompts: Sequence[Region], length: int | None = None
    ) -> list[NDArray[np.float32]]:
        state = predictor.init_state(str(frame_folder))
        for number, region in enumerate(prompts):
            if isinstance(region, Mask):
                predictor.add_new_mask(state, 0, number, region.array)
            elif isinstance(region, Points):
                predictor.add_new_points_or_box(
                    state, 0, number, points=region.coordinates, labels=region.labels
                )
            else:
                assert isinstance(region, Box)
                corners = [
                    region.x,
                    region.y,
                    region.x + region.width,
                    region.y + region.height,
                ]
                predictor.add_new_points_or_box(state, 0, number, box=np.array(corners, np.float32))
        last = None if length is None else length - 1
        answers = predictor.propagate_in_video(state, max_frame_num_to_track=last)
        return [logits[:, 0].numpy() for _, _, logits in answers]

    return run


@pytest.fixture
def make_tracker(small_predictor: Any) -> Callable[..., Tracker]:
    def make(policy: str = "sam2", model: Any = None, **settings: Any) -> Tracker:
        return Tracker(
            model or small_predictor,
            TrackerConfig(policy=policy, device="cpu", dtype="float32", **settings),
        )

    return make


@pytest.fixture
def session(make_tracker: Callable[..., Tracker]) -> Session:
    return make_tracker(box_prompt="points").session()
