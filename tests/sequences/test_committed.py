"""The frozen sequences: complete, unchanged, small, and in the layout that they promise."""

from __future__ import annotations

import hashlib
from typing import Any

import cv2
import numpy as np
from vot.dataset import load_dataset
from vot.experiment.multistart import find_anchors

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
    assert total <= collection.megabytes * MEGABYTE


def test_sources_lists_every_sequence_with_its_length(collection: Any) -> None:
    rows = [
        [cell.strip(" `") for cell in line.split("|")[1:4]]
        for line in collection.sources.read_text().splitlines()
        if line.startswith("| `")
    ]
    assert [(name, frames) for name, _, frames in rows] == [
        (name, sequence.properties["length"]) for name, sequence in collection.sequences.items()
    ]


def test_pictures_have_the_stated_number_and_size(collection: Any) -> None:
    for name, sequence in collection.sequences.items():
        count, height, width = sequence.shape
        assert sequence.properties == {
            "channels.color": "color/%08d.jpg",
            "fps": "25",
            "format": "default",
            "name": name,
            "width": str(width),
            "height": str(height),
            "length": str(count),
        }
        files = sorted((sequence.folder / "color").iterdir())
        assert [file.name for file in files] == [f"{k:08d}.jpg" for k in range(1, count + 1)]
        for file in files:
            picture = cv2.imread(str(file))
            assert picture is not None and picture.shape == (height, width, 3)


def test_masks_fit_the_pictures_and_share_no_pixel(collection: Any) -> None:
    for sequence in collection.sequences.values():
        for masks in sequence.masks.values():
            assert masks.shape == sequence.shape
            assert masks.any()
        assert np.sum(list(sequence.masks.values()), axis=0).max() == 1


def test_tags_and_anchors_have_a_valid_value_per_frame(collection: Any) -> None:
    allowed = {".tag": {"0", "1"}, ".value": {"-1", "0", "1"}}
    for sequence in collection.sequences.values():
        for file, lines in sequence.values.items():
            assert len(lines) == sequence.shape[0], file
            assert set(lines) <= allowed[file[file.index(".") :]], file


def test_bundled_sequences_have_three_anchors_with_long_runs(collections: Any) -> None:
    for sequence in load_dataset(str(collections["bundled"].folder)):
        forward, backward = find_anchors(sequence)
        last = len(sequence) - 1
        assert forward[0] == 0 and backward[-1] == last
        runs = [*(last - start for start in forward), *backward]
        assert len(runs) == 3 and min(runs) >= 25
