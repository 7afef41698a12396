"""Writes bundled sequences in the layouts of LaSOT, GOT-10k and DAVIS."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from vot_wrapper.exporting.bundled_sequence import BundledSequence, box_of

Write = Callable[[Path, Sequence[BundledSequence], bool], list[str]]
"""Writes sequences below a folder, with images copied or linked; returns notes."""


@dataclass(frozen=True)
class Layout:
    """A layout that sequences can be written in.

    Attributes:
        workspace: the bundled workspace whose sequences fit it, below the bundled one.
        write: writes them.
    """

    workspace: str
    write: Write


def write_lasot(folder: Path, sequences: Sequence[BundledSequence], copy: bool) -> list[str]:
    """`<class>/<class>-1/`, and `testing_set.txt`, which the reader takes for the official list."""
    for each in sequences:
        target = folder / each.name / f"{each.name}-1"
        _place(each.images, target / "img", "{:08d}", 1, copy)
        (masks,) = each.masks.values()
        _write(target / "groundtruth.txt", (",".join(map(str, box_of(mask))) for mask in masks))
        _write(target / "out_of_view.txt", [",".join(str(int(not m.any())) for m in masks)])
        _write(target / "full_occlusion.txt", [",".join("0" for _ in masks)])
    _write(folder / "testing_set.txt", (f"{each.name}-1" for each in sequences))
    return []


def write_got10k(folder: Path, sequences: Sequence[BundledSequence], copy: bool) -> list[str]:
    """`val/<sequence>/`, and `val/list.txt`."""
    for each in sequences:
        target = folder / "val" / each.name
        _place(each.images, target, "{:08d}", 1, copy)
        (masks,) = each.masks.values()
        boxes = (",".join(f"{number:.4f}" for number in box_of(mask)) for mask in masks)
        _write(target / "groundtruth.txt", boxes)
        _write(target / "cover.label", (8 * int(mask.any()) for mask in masks))
        _write(target / "absence.label", (int(not mask.any()) for mask in masks))
        _write(target / "cut_by_image.label", (0 for _ in masks))
        size = f"resolution: ({each.size[0]}, {each.size[1]})"
        _write(target / "meta_info.ini", ["[METAINFO]", f"anno_fps: {each.fps}Hz", size])
    _write(folder / "val" / "list.txt", (each.name for each in sequences))
    return []


def write_davis(folder: Path, sequences: Sequence[BundledSequence], copy: bool) -> list[str]:
    """`JPEGImages/480p/`, `Annotations/480p/` with an object per palette index, `ImageSets/`.

    All objects of DAVIS are in the first frame; others are left out.
    """
    from PIL import Image

    notes = []
    for each in sequences:
        _place(each.images, folder / "JPEGImages" / "480p" / each.name, "{:05d}", 0, copy)
        target = folder / "Annotations" / "480p" / each.name
        target.mkdir(parents=True)
        kept = {name: masks for name, masks in each.masks.items() if masks[0].any()}
        late = [name for name in each.masks if name not in kept]
        if late:
            notes.append(f"{each.name}: without {', '.join(late)}, not there in the first frame")
        for number in range(len(each.images)):
            indices = np.zeros((each.size[1], each.size[0]), np.uint8)
            for index, masks in reversed(list(enumerate(kept.values(), start=1))):
                indices[masks[number]] = index
            picture = Image.fromarray(indices, mode="L")
            picture.putpalette(palette())
            picture.save(target / f"{number:05d}.png")
    lists = folder / "ImageSets" / "2017"
    lists.mkdir(parents=True)
    _write(lists / "val.txt", (each.name for each in sequences))
    return notes


def palette() -> bytes:
    """DAVIS's colors (that of Pascal VOC): the bits of an index, spread over red, green and blue
    from the highest one on."""
    colors = np.zeros((256, 3), np.uint8)
    for index in range(256):
        for bit in range(8):
            colors[index, bit % 3] |= (index >> bit & 1) << (7 - bit // 3)
    return colors.tobytes()


def _place(images: Sequence[Path], folder: Path, name: str, first: int, copy: bool) -> None:
    folder.mkdir(parents=True)
    for number, image in enumerate(images, start=first):
        target = folder / f"{name.format(number)}{image.suffix}"
        if copy:
            shutil.copyfile(image, target)
        else:
            target.symlink_to(image.resolve())


def _write(file: Path, rows: Iterable[object]) -> None:
    file.write_text("".join(f"{row}\n" for row in rows), encoding="utf-8")


LAYOUTS = {
    "lasot": Layout(".", write_lasot),
    "got10k-val": Layout(".", write_got10k),
    "davis2017-val": Layout("multiobject", write_davis),
}
"""By the name of the data set."""
