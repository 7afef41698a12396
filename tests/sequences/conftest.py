"""The committed sequences."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from vot.dataset import Sequence, load_dataset
from vot.region import Mask

WORKSPACE = Path(__file__).parents[2] / "vot_workspace"


@dataclass(frozen=True)
class Committed:
    """One sequence on disk.

    Attributes:
        properties: the lines `key=value` of the file `sequence`.
        masks: per object (N, H, W); empty where the object is absent or not introduced yet.
        values: the lines of every `.tag` and `.value` file, by file name.
    """

    name: str
    folder: Path
    properties: dict[str, str]
    masks: dict[str, NDArray[np.bool_]]
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


def read_sequence(sequence: Sequence, folder: Path) -> Committed:
    """What the toolkit reads of a sequence, and the lines of its small files."""
    lines = (folder / "sequence").read_text().splitlines()
    width, height = sequence.size
    masks = {}
    for name in sorted(sequence.objects()):
        regions = [sequence.object(name, frame) for frame in range(len(sequence))]
        start = next(n for n, region in enumerate(regions) if isinstance(region, Mask))
        unknown = [np.zeros((height, width), np.bool_)] * start
        known = [each.rasterize((0, 0, width - 1, height - 1)) > 0 for each in regions[start:]]
        masks[name] = np.stack([*unknown, *known])
    files = [*folder.glob("*.tag"), *folder.glob("*.value")]
    values = {file.name: file.read_text().splitlines() for file in files}
    properties = dict(line.split("=", 1) for line in lines)
    return Committed(folder.name, folder, properties, masks, values)


def read_collection(workspace: Path, sources: str, megabytes: int) -> Collection:
    folder = workspace / "sequences"
    dataset = load_dataset(str(folder))
    found = {each.name: read_sequence(each, folder / each.name) for each in dataset}
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
