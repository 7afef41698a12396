"""Where OTB departs from its own layout: frames that count, and folders with two targets."""

from __future__ import annotations

from pathlib import Path

RANGES = {
    "BlurCar1": (247, 988),
    "BlurCar3": (3, 359),
    "BlurCar4": (18, 397),
    "Board": (1, 698),
    "David": (300, 770),
    "Diving": (1, 215),
    "Football1": (1, 74),
    "Freeman3": (1, 460),
    "Freeman4": (1, 283),
    "Panda": (1, 1000),
    "Tiger1": (6, 354),
}
"""First and last image number of the sequences that don't use all their images."""

ROWS_FROM_IMAGE_ONE = ("Tiger1",)  # the others' ground truth begins with their range
SECOND_ONLY = ("Human4",)  # whose first target has no ground truth


def targets(folder: Path) -> dict[str, Path]:
    """Ground truth files by the name of the sequence: two for a folder with two targets."""
    single = folder / "groundtruth_rect.txt"
    if single.is_file():
        return {folder.name: single}
    files = sorted(folder.glob("groundtruth_rect.*.txt"))
    if folder.name in SECOND_ONLY:
        files = files[1:]
    if len(files) == 1:
        return {folder.name: files[0]}
    return {f"{folder.name}-{file.name.split('.')[1]}": file for file in files}


def counted(
    name: str, images: list[Path], rows: tuple[str, ...]
) -> tuple[list[Path], tuple[str, ...]]:
    """The images and rows of a sequence's official range of frames."""
    if name not in RANGES:
        return images, rows
    first, last = RANGES[name]
    chosen = [file for file in images if file.stem.isdecimal() and first <= int(file.stem) <= last]
    return chosen, rows[first - 1 :] if name in ROWS_FROM_IMAGE_ONE else rows
