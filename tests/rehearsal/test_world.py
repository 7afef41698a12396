"""The generated data set: deterministic, of the toolkit's format, with what a challenge has."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from vot.dataset import load_dataset
from vot.region import Mask, Point, Special

from vot_wrapper.rehearsal.guards import mask_of
from vot_wrapper.rehearsal.plans import PLANS
from vot_wrapper.rehearsal.world import Size, cast, frames_of, write_data

SIZE = Size(96, 72, 24, 4)


def content(folder: Path) -> dict[str, bytes]:
    files = [file for file in folder.rglob("*") if file.is_file()]
    return {str(file.relative_to(folder)): file.read_bytes() for file in files}


@pytest.mark.parametrize("stack", PLANS)
def test_the_same_plan_gives_the_same_bytes(tmp_path: Path, stack: str) -> None:
    small = Size(64, 48, 6, 2)
    first, second = (write_data(tmp_path / name, PLANS[stack], small) for name in ("a", "b"))
    assert first == second
    assert content(tmp_path / "a") == content(tmp_path / "b")


def test_the_toolkit_reads_several_late_and_absent_objects(tmp_path: Path) -> None:
    plan = PLANS["vots2026/main"]
    census = write_data(tmp_path, plan, SIZE)
    dataset = load_dataset(str(tmp_path))
    assert [len(sequence.objects()) for sequence in dataset] == list(plan.objects[:4])
    late, absent = 0, 0
    for sequence in dataset:
        assert (sequence.size, len(sequence)) == ((96, 72), 24)
        for name in sequence.objects():
            truth = sequence.object(name)
            start = next(i for i, region in enumerate(truth) if not isinstance(region, Special))
            later = truth[start:]
            assert all(isinstance(region, Mask) for region in later)
            assert not later[0].is_empty(), "nobody can start from an empty mask"
            late += start > 0
            absent += any(region.is_empty() for region in later)
    assert (late, census.late) == (census.late, late) and late > 0
    assert absent >= census.absent > 0
    assert census.objects == sum(plan.objects[:4]) and census.frames == 96


def test_masks_are_the_visible_pixels(tmp_path: Path) -> None:
    """What the toolkit reads is what was painted, objects behind others cut out."""
    plan = PLANS["vots2026/main"]
    write_data(tmp_path, plan, SIZE)
    sequence = next(each for each in load_dataset(str(tmp_path)) if each.name.endswith("03"))
    actors = cast(plan, SIZE, 2)
    for frame, (_, masks) in enumerate(frames_of(plan, SIZE, 2, actors)):
        assert not np.logical_and.reduce(masks).any()
        for index, mask in enumerate(masks):
            region = sequence.object(str(index + 1), frame)
            if isinstance(region, Mask) and not region.is_empty():
                np.testing.assert_array_equal(mask_of(region, (96, 72)), mask)


def test_objects_differ_from_the_background_and_move(tmp_path: Path) -> None:
    plan = PLANS["vots2026/main"]
    actors = cast(plan, SIZE, 0)
    frames = list(frames_of(plan, SIZE, 0, actors))
    (_, first), (_, last) = frames[0], frames[-1]
    assert any((a != b).mean() > 0.01 for a, b in zip(first, last, strict=True))
    bare = next(iter(frames_of(plan, SIZE, 0, [])))[0]
    changed = (frames[0][0].astype(int) - bare).__abs__().max(axis=2) > 0
    assert (changed & first[0]).sum() > 0.9 * first[0].sum()


def test_points_are_on_their_objects(tmp_path: Path) -> None:
    plan = PLANS["vots2026/point"]
    write_data(tmp_path, plan, SIZE)
    sequence = next(iter(load_dataset(str(tmp_path))))
    masks = [each[1] for each in frames_of(plan, SIZE, 0, cast(plan, SIZE, 0))]
    seen = 0
    for index, name in enumerate(sequence.objects()):
        for frame, region in enumerate(sequence.object(name)):
            if isinstance(region, Point):
                assert masks[frame][index][int(region.y), int(region.x)]
                seen += 1
    assert seen > 20


def test_short_term_has_one_object_and_anchors_at_both_ends(tmp_path: Path) -> None:
    write_data(tmp_path, PLANS["vot2022/shortterm"], Size(64, 48, 8, 2))
    for sequence in load_dataset(str(tmp_path)):
        assert len(sequence.objects()) == 1
    anchors = (tmp_path / "rehearsal-01" / "anchor.value").read_text().split()
    assert anchors == ["1", "0", "0", "0", "0", "0", "0", "-1"]
