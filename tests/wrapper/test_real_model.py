"""The whole process with the bundled model, from the path of an image to regions on the wire."""

from __future__ import annotations

from dataclasses import astuple
from pathlib import Path

import numpy as np
import pytest
import trax
from numpy.typing import NDArray
from oracles.agreement import assert_close, assert_overlap, overlap
from PIL import Image
from wrapper.peer import BoolArray, Connect, pasted, rectangle
from wrapper.peer import mask as trax_mask

from samurai import Box, Mask, Tracker
from samurai.video.images import read_frame

SIZE = HEIGHT, WIDTH = 120, 160
FRAMES = 6
Video = tuple[list[Path], list[BoolArray], list[BoolArray]]


def scene(index: int) -> tuple[NDArray[np.uint8], BoolArray, BoolArray]:
    """A textured disc and a textured square that move apart over a quiet background."""
    rng = np.random.default_rng(5)
    frame = np.full((HEIGHT, WIDTH, 3), (70, 90, 80), np.uint8)
    frame += rng.integers(0, 8, frame.shape, np.uint8)
    rows, columns = np.indices((HEIGHT, WIDTH))
    disc = (rows - 60) ** 2 + (columns - 45 - 2 * index) ** 2 < 25**2
    square = (abs(rows - 60 - index) < 20) & (abs(columns - 125) < 20)
    for mask, color in ((disc, (220, 180, 40)), (square, (200, 40, 60))):
        frame[mask] = np.array(color, np.uint8) - rng.integers(0, 30, (mask.sum(), 3), np.uint8)
    return frame, disc, square


def filled(left: float, top: float, width: float, height: float) -> BoolArray:
    canvas = np.zeros((HEIGHT, WIDTH), bool)
    canvas[int(top) : int(top + height), int(left) : int(left + width)] = True
    return canvas


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Video:
    folder = tmp_path_factory.mktemp("video")
    paths, discs, squares = [], [], []
    for index in range(FRAMES):
        frame, disc, square = scene(index)
        paths.append(folder / f"{index + 1:08d}.jpg")
        Image.fromarray(frame).save(paths[-1], quality=92)
        discs.append(disc)
        squares.append(square)
    return paths, discs, squares


def test_the_wire_carries_what_the_tracker_says(
    connect: Connect, video: Video, one_thread: None
) -> None:
    """A mask, a late rectangle, and a second video in the same process. Two processes may round in
    two ways (by their threads); that the wire changes no pixel is shown with the fake tracker."""
    paths, discs, squares = video
    disc = trax_mask(discs[0])
    box = Box(105, 43, 40, 40)
    late = rectangle(*astuple(box))
    peer = connect(real=True)

    session = Tracker.load("nano", device="cpu").session()
    for _ in range(2):  # the second video begins where the first did: as in a new process
        wire = [peer.initialize(paths[0], disc)]
        plain = [session.start(read_frame(str(paths[0])), [Mask(discs[0])])]
        for index in range(1, FRAMES):
            new = index == 3
            wire.append(peer.frame(paths[index], *([late] if new else [])))
            plain.append(session.step(read_frame(str(paths[index])), [box] if new else []))
            session.update_memory()
        for regions, answers in zip(wire, plain, strict=True):
            assert len(regions) == len(answers)
            assert_overlap(pasted(regions[0][0], SIZE), answers[0].mask, 0.97)
            for (_, properties), answer in zip(regions, answers, strict=True):
                assert list(properties) == ["confidence"]
                assert_close(float(properties["confidence"]), answer.confidence, 0.02)  # seen: 5e-7
            for (region, _), answer in zip(regions[1:], answers[1:], strict=True):
                assert answer.box is not None
                assert overlap(filled(*region.bounds()), filled(*astuple(answer.box))) > 0.9
        assert overlap(pasted(wire[-1][0][0], SIZE), discs[-1]) > 0.4
        assert overlap(answers[1].mask, squares[-1]) > 0.4
    assert peer.exit_code() == 0
    assert peer.stray_lines() == []


def test_a_frame_of_another_size_ends_the_run(
    connect: Connect, video: Video, tmp_path: Path
) -> None:
    paths, discs, _ = video
    small = tmp_path / "small.png"
    Image.new("RGB", (80, 60)).save(small)
    peer = connect(real=True)
    peer.initialize(paths[0], trax_mask(discs[0]))
    with pytest.raises(trax.TraxException) as caught:
        peer.frame(small)
    assert f"frame 1 ({small})" in str(caught.value)
    assert "80x60" in str(caught.value) and "160x120" in str(caught.value)
    assert peer.exit_code() == 1


def test_missing_weights_are_told_before_anything_else(
    connect: Connect, video: Video, tmp_path: Path
) -> None:
    paths, discs, _ = video
    peer = connect(real=True, env={"SAMURAI_MODEL": "large", "SAMURAI_CHECKPOINTS": str(tmp_path),
                                   "XDG_CACHE_HOME": str(tmp_path)})  # fmt: skip
    with pytest.raises(trax.TraxException, match="samurai download large"):
        peer.initialize(paths[0], trax_mask(discs[0]))
    assert peer.exit_code() == 1
