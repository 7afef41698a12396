"""The frozen sequences: whole, unchanged, small, and in the layout that they promise."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np

MEGABYTE = 1_000_000


def test_every_file_has_its_recorded_checksum(collection: Any) -> None:
    folder = collection.folder
    lines = (folder / "checksums.txt").read_text().splitlines()
    recorded = {path: checksum for checksum, path in (line.split("  ", 1) for line in lines)}
    present = {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and path.name not in ("checksums.txt", "SOURCES.md")
    }
    assert set(recorded) == present
    wrong = [
        path
        for path, checksum in recorded.items()
        if hashlib.sha256((folder / path).read_bytes()).hexdigest() != checksum
    ]
    assert not wrong, f"changed after they were frozen: {wrong}"


def test_all_sequences_together_stay_small(collection: Any) -> None:
    total = sum(path.stat().st_size for path in collection.folder.rglob("*") if path.is_file())
    assert MEGABYTE / 2 < total <= collection.megabytes * MEGABYTE


def test_the_list_names_every_recipe(collection: Any) -> None:
    listed = (collection.folder / "list.txt").read_text().split()
    assert listed == sorted(collection.recipes)
    assert len(listed) in (3, 6)


def test_sources_states_every_seed(collection: Any) -> None:
    rows = [
        [cell.strip(" `") for cell in line.split("|")[1:3]]
        for line in (collection.folder / "SOURCES.md").read_text().splitlines()
        if line.startswith("| `")
    ]
    recipes = collection.recipes
    assert rows == [[name, str(recipes[name].seed)] for name in sorted(recipes)]


def test_properties_follow_the_recipe(collection: Any) -> None:
    for name, recipe in collection.recipes.items():
        assert 40 <= recipe.frames <= 120
        lines = (collection.folder / name / "sequence").read_text().splitlines()
        assert dict(line.split("=", 1) for line in lines) == {
            "channels.color": "color/%08d.jpg",
            "fps": str(recipe.fps),
            "format": "default",
            "name": name,
            "width": str(recipe.width),
            "height": str(recipe.height),
            "length": str(recipe.frames),
        }


def test_pictures_fit_their_masks_in_number_and_size(committed: dict[str, Any]) -> None:
    for sequence in committed.values():
        count, height, width = sequence.masks.shape
        assert len(list((sequence.folder / "color").iterdir())) == count
        assert len(sequence.anchors) == len(sequence.occluded) == count
        for frame in range(count):
            assert sequence.picture(frame).shape == (height, width, 3)


def test_anchors_lie_where_the_object_can_be_seen_well(committed: dict[str, Any]) -> None:
    for sequence in committed.values():
        forward, backward = (np.flatnonzero(sequence.anchors * sign > 0) for sign in (1, -1))
        last = len(sequence.anchors) - 1
        assert forward[0] == 0
        assert backward[-1] == last
        areas = sequence.masks.sum(axis=(1, 2))
        for frame in (*forward, *backward):
            # A quarter of the median, so that no tracker starts on a scrap.
            assert areas[frame] > np.median(areas[areas > 0]) / 4
        runs = [last - frame for frame in forward] + list(backward)
        assert len(runs) == 3
        assert min(runs) >= 25


def test_masks_are_one_solid_thing_and_not_specks(committed: dict[str, Any]) -> None:
    for sequence in committed.values():
        for frame in np.flatnonzero(sequence.masks.any(axis=(1, 2))):
            left, top, right, bottom = sequence.box(int(frame))
            assert min(right - left, bottom - top) >= 2
            assert sequence.masks[frame].sum() >= 25
