"""The bundled sequences as they are committed, read without the toolkit."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

ROOT = Path(__file__).parents[2]
# The generator is a package of the repository, not of the installation.
if str(ROOT) not in sys.path:
    sys.path.append(str(ROOT))

from benchmarks.bundled.recipes import MULTIOBJECT, RECIPES  # noqa: E402
from benchmarks.bundled.recipes.recipe import Recipe  # noqa: E402
from benchmarks.bundled.rle import read_mask_line  # noqa: E402
from benchmarks.bundled.writer import UNKNOWN  # noqa: E402

WORKSPACE = ROOT / "vot_workspace"


@dataclass(frozen=True)
class Collection:
    """Sequences that are frozen together, and what they may take on the disk."""

    folder: Path
    recipes: dict[str, Recipe]
    megabytes: int


COLLECTIONS = {
    "one target": Collection(WORKSPACE / "sequences", RECIPES, 8),
    "several targets": Collection(WORKSPACE / "multiobject" / "sequences", MULTIOBJECT, 4),
}


@dataclass(frozen=True)
class Committed:
    """One sequence on disk: `masks` (N, H, W), `anchors` and `occluded` (N,)."""

    name: str
    folder: Path
    properties: dict[str, str]
    masks: NDArray[np.bool_]
    anchors: NDArray[np.float64]
    occluded: NDArray[np.bool_]

    def picture(self, frame: int) -> NDArray[np.uint8]:
        """Frame `frame`, from 0, as RGB (H, W, 3)."""
        picture = cv2.imread(str(self.folder / "color" / f"{frame + 1:08d}.jpg"))
        assert picture is not None
        return np.asarray(picture[..., ::-1], dtype=np.uint8)

    def box(self, frame: int) -> tuple[int, int, int, int]:
        """First and last column and row of the mask: left, top, right, bottom."""
        rows, columns = (np.flatnonzero(self.masks[frame].any(axis=axis)) for axis in (1, 0))
        return int(columns[0]), int(rows[0]), int(columns[-1]), int(rows[-1])

    def absences(self) -> list[tuple[int, int]]:
        """Stretches of empty masks, as first frame and the one after the last."""
        empty = np.concatenate([[False], ~self.masks.any(axis=(1, 2)), [False]])
        edges = np.flatnonzero(empty[1:] != empty[:-1])
        return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def read(folder: Path) -> Committed:
    """Reads a sequence folder."""
    lines = (folder / "sequence").read_text().splitlines()
    properties = dict(line.split("=", 1) for line in lines)
    height, width = int(properties["height"]), int(properties["width"])
    truth = (folder / "groundtruth.txt").read_text().splitlines()
    return Committed(
        folder.name,
        folder,
        properties,
        np.stack([read_mask_line(line, height, width) for line in truth]),
        np.array([float(v) for v in (folder / "anchor.value").read_text().split()]),
        np.array([v == "1" for v in (folder / "occlusion.tag").read_text().split()]),
    )


@dataclass(frozen=True)
class Several:
    """One sequence of several objects on disk: by name, its `masks` (N, H, W) and its first frame.

    Before an object's first frame nothing is known of it; its masks are empty there.
    """

    name: str
    folder: Path
    properties: dict[str, str]
    masks: dict[str, NDArray[np.bool_]]
    starts: dict[str, int]

    def picture(self, frame: int) -> NDArray[np.uint8]:
        """Frame `frame`, from 0, as RGB (H, W, 3)."""
        picture = cv2.imread(str(self.folder / "color" / f"{frame + 1:08d}.jpg"))
        assert picture is not None
        return np.asarray(picture[..., ::-1], dtype=np.uint8)


def read_several(folder: Path) -> Several:
    """Reads the folder of a sequence with several objects."""
    lines = (folder / "sequence").read_text().splitlines()
    properties = dict(line.split("=", 1) for line in lines)
    size = int(properties["height"]), int(properties["width"])
    masks, starts = {}, {}
    for file in sorted(folder.glob("groundtruth_*.txt")):
        name = file.stem.removeprefix("groundtruth_")
        truth = file.read_text().splitlines()
        starts[name] = next(k for k, line in enumerate(truth) if line != UNKNOWN)
        unknown = [np.zeros(size, dtype=np.bool_)] * starts[name]
        known = [read_mask_line(line, *size) for line in truth[starts[name] :]]
        masks[name] = np.stack([*unknown, *known])
    return Several(folder.name, folder, properties, masks, starts)


@pytest.fixture(params=list(COLLECTIONS))
def collection(request: pytest.FixtureRequest) -> Collection:
    """Each of the collections."""
    return COLLECTIONS[request.param]


@pytest.fixture(scope="session")
def several() -> dict[str, Several]:
    """Every sequence that vot_workspace/multiobject/sequences/list.txt names."""
    folder = COLLECTIONS["several targets"].folder
    return {name: read_several(folder / name) for name in (folder / "list.txt").read_text().split()}


@pytest.fixture(scope="session")
def sequences_folder() -> Path:
    """vot_workspace/sequences."""
    return COLLECTIONS["one target"].folder


@pytest.fixture(scope="session")
def committed(sequences_folder: Path) -> dict[str, Committed]:
    """Every sequence that list.txt names."""
    names = (sequences_folder / "list.txt").read_text().split()
    return {name: read(sequences_folder / name) for name in names}
