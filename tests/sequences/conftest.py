"""The committed sequences, read without the toolkit."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

WORKSPACE = Path(__file__).parents[2] / "vot_workspace"
UNKNOWN = "0"  # the toolkit's code for an object that isn't introduced yet
ANCHORS = "anchor.value"


@dataclass(frozen=True)
class Committed:
    """One sequence on disk.

    Attributes:
        properties: the lines `key=value` of the file `sequence`.
        masks: per object (N, H, W); empty where the object is absent or not introduced yet.
        starts: per object, the frame that introduces it.
        values: the lines of every `.tag` and `.value` file, by file name.
    """

    name: str
    folder: Path
    properties: dict[str, str]
    masks: dict[str, NDArray[np.bool_]]
    starts: dict[str, int]
    values: dict[str, list[str]]

    @property
    def shape(self) -> tuple[int, int, int]:
        """Frames, height and width, as the file `sequence` says."""
        length, height, width = (int(self.properties[k]) for k in ("length", "height", "width"))
        return length, height, width

    @property
    def target(self) -> NDArray[np.bool_]:
        """The masks (N, H, W) of a sequence's only object."""
        (masks,) = self.masks.values()
        return masks

    def tag(self, name: str) -> NDArray[np.bool_]:
        """The frames (N,) that a tag marks."""
        return np.array([line == "1" for line in self.values[f"{name}.tag"]])

    def anchors(self) -> NDArray[np.float64]:
        """Per frame (N,): 1 and -1 where a run starts forwards and backwards, else 0."""
        return np.array([float(line) for line in self.values[ANCHORS]])


@dataclass(frozen=True)
class Collection:
    """Sequences that are frozen together.

    Attributes:
        folder: holds list.txt, checksums.txt and the sequences.
        sources: the file that says where they come from.
        megabytes: that they may take on disk, at most.
    """

    folder: Path
    sources: Path
    megabytes: int
    sequences: dict[str, Committed]


def read_mask_line(line: str, height: int, width: int) -> NDArray[np.bool_]:
    """The mask (H, W) of a line `m<x>,<y>,<w>,<h>,<runs>`.

    The runs are lengths of zeros and ones in turn, zeros first, row by row inside the box.
    """
    assert line.startswith("m"), f"not a mask: {line[:40]}"
    left, top, across, down, *runs = (int(part) for part in line[1:].split(","))
    assert sum(runs) == across * down and left + across <= width and top + down <= height
    values = np.arange(len(runs)) % 2 == 1
    mask = np.zeros((height, width), dtype=np.bool_)
    mask[top : top + down, left : left + across] = np.repeat(values, runs).reshape(down, across)
    return mask


def read_properties(folder: Path) -> dict[str, str]:
    lines = (folder / "sequence").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines)


def read_sequence(folder: Path) -> Committed:
    """Reads a sequence of one object (`groundtruth.txt`) or of several (`groundtruth_NAME.txt`)."""
    properties = read_properties(folder)
    size = int(properties["height"]), int(properties["width"])
    masks, starts = {}, {}
    for file in sorted(folder.glob("groundtruth*.txt")):
        lines = file.read_text().splitlines()
        name = file.stem.removeprefix("groundtruth").removeprefix("_")
        starts[name] = next(frame for frame, line in enumerate(lines) if line != UNKNOWN)
        unknown = [np.zeros(size, dtype=np.bool_)] * starts[name]
        known = [read_mask_line(line, *size) for line in lines[starts[name] :]]
        masks[name] = np.stack([*unknown, *known])
    files = [*folder.glob("*.tag"), *folder.glob("*.value")]
    values = {file.name: file.read_text().splitlines() for file in files}
    return Committed(folder.name, folder, properties, masks, starts, values)


def read_collection(workspace: Path, sources: str, megabytes: int) -> Collection:
    folder = workspace / "sequences"
    names = (folder / "list.txt").read_text().split()
    found = {name: read_sequence(folder / name) for name in names}
    return Collection(folder, workspace / sources, megabytes, found)


@pytest.fixture(scope="session")
def collections() -> dict[str, Collection]:
    """All that is committed: bundled sequences of one object and of several, and the hard ones."""
    return {
        "bundled": read_collection(WORKSPACE, "sequences/SOURCES.md", 8),
        "multiobject": read_collection(WORKSPACE / "multiobject", "sequences/SOURCES.md", 4),
        "hard": read_collection(WORKSPACE / "hard", "SOURCES.md", 12),
    }


@pytest.fixture(params=["bundled", "multiobject", "hard"])
def collection(request: pytest.FixtureRequest, collections: dict[str, Collection]) -> Collection:
    """Each of the collections."""
    return collections[request.param]
