"""Sequences on disk, as the VOT toolkit reads them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from .noise import Array
from .recipes.recipe import Recipe
from .render import Picture
from .rle import mask_line

COVERED = 0.5  # a pixel belongs to a mask when more than this share of its samples does
# A smaller visible rest counts as absent, as does one less than 3 pixels wide or high: nobody could
# track it, and vot-toolkit 0.9.0 takes masks one pixel wide for empty ones.
SPECK = 25
# A late object is introduced when it first shows this share of its median visible area, so that no
# tracker starts on a scrap at the picture's border.
INTRODUCED = 0.25
UNKNOWN = "0"  # the toolkit's code for "nothing is known": an object that isn't introduced yet
HIDDEN = 0.25  # a frame is tagged as occluded when more than this share of the object is hidden
CHECKSUMS = "checksums.txt"


@dataclass(frozen=True)
class Truth:
    """What is known about one object in one frame: mask line, its pixels, whether occluded."""

    line: str
    area: int
    occluded: bool


def visible_mask(coverage: Array) -> NDArray[np.bool_]:
    """The mask (H, W) of a coverage picture; empty where only a speck is left."""
    mask = coverage > COVERED
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    thin = rows.size == 0 or min(np.ptp(rows), np.ptp(columns)) < 2
    return np.zeros_like(mask) if thin or mask.sum() < SPECK else mask


def truths(picture: Picture) -> dict[str, Truth]:
    """Truth of every target in a picture."""
    answer = {}
    for name, coverage in picture.visible.items():
        mask = visible_mask(coverage)
        whole = int(visible_mask(picture.present[name]).sum())
        area = int(mask.sum())
        answer[name] = Truth(mask_line(mask), area, area < (1.0 - HIDDEN) * whole)
    return answer


def write_frame(folder: Path, number: int, picture: NDArray[np.uint8], quality: int) -> None:
    """Writes an RGB picture as `color/<number, from 1>.jpg`."""
    path = folder / "color" / f"{number:08d}.jpg"
    path.parent.mkdir(parents=True, exist_ok=True)
    settings = [cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_OPTIMIZE, 1]
    if not cv2.imwrite(str(path), np.ascontiguousarray(picture[..., ::-1]), settings):
        raise OSError(f"could not write {path}: check that the folder is writable and not full")


def introduction(areas: Sequence[int]) -> int:
    """The frame in which an object with these visible areas is introduced; 0 if it never shows."""
    seen = [area for area in areas if area > 0]
    if not seen:
        return 0
    enough = INTRODUCED * float(np.median(seen))
    return next(frame for frame, area in enumerate(areas) if area > enough)


def truth_lines(truth: Sequence[Truth]) -> list[str]:
    """The ground truth lines of one object: unknown at first, masks from its introduction on."""
    start = introduction([known.area for known in truth])
    return [UNKNOWN] * start + [known.line for known in truth[start:]]


def write_truth(folder: Path, recipe: Recipe, frames: Sequence[Mapping[str, Truth]]) -> None:
    """Writes masks, anchors, tags and the `sequence` file for frames in their order.

    One target gives `groundtruth.txt`; several give `groundtruth_<target>.txt` each, and no
    occlusion tag, which VOT knows for whole frames only. Without anchors there is no file of them.
    """
    targets = list(frames[0])
    for target in targets:
        name = "groundtruth.txt" if len(targets) == 1 else f"groundtruth_{target}.txt"
        write_lines(folder / name, truth_lines([frame[target] for frame in frames]))
    if len(targets) == 1:
        tags = (str(int(frame[targets[0]].occluded)) for frame in frames)
        write_lines(folder / "occlusion.tag", tags)
    if recipe.anchors:
        anchors = dict(recipe.anchors)
        write_lines(folder / "anchor.value", (str(anchors.get(k, 0)) for k in range(len(frames))))
    properties = {
        "channels.color": "color/%08d.jpg",
        "fps": recipe.fps,
        "format": "default",
        "name": recipe.name,
        "width": recipe.width,
        "height": recipe.height,
        "length": len(frames),
    }
    write_lines(folder / "sequence", (f"{key}={value}" for key, value in properties.items()))


def write_lines(path: Path, lines: Iterable[str]) -> None:
    """Writes text lines with newline endings on every system."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8", newline="\n")


def write_checksums(folder: Path, names: Iterable[str]) -> None:
    """Writes `checksums.txt` in the format of sha256sum: list.txt and all files of `names`."""
    paths = [folder / "list.txt"]
    for name in names:
        paths += sorted(path for path in (folder / name).rglob("*") if path.is_file())
    sums = (hashlib.sha256(path.read_bytes()).hexdigest() for path in paths)
    places = (path.relative_to(folder).as_posix() for path in paths)
    write_lines(
        folder / CHECKSUMS, (f"{s}  {place}" for s, place in zip(sums, places, strict=True))
    )
