"""GOT-10k's validation and test set: `val/` and `test/`, whose `list.txt` names the sequences.

The server has the truth of the test set but for each first frame.
"""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path

from samurai.datasets.base import BoxSequence, Dataset, Reading, Rows
from samurai.datasets.images import images_in, listing
from samurai.datasets.layout import Layout, fitted, other_list, read_layout
from samurai.datasets.published import published
from samurai.datasets.text import read_boxes, read_flags, read_lines, read_names

LIST, COVER, META_INFO = "list.txt", "cover.label", "meta_info.ini"
COUNT = 180
"""Sequences of either set."""

_TWO_SIZES = "its frames change from 1920x1080 to 1280x720"
KNOWN = {"GOT-10k_Val_000136": _TWO_SIZES, "GOT-10k_Val_000137": _TWO_SIZES}
"""Notes about sequences."""

HOME = "http://got-10k.aitestunion.com"
LICENSE = "CC BY-NC-SA 4.0, download after registration"


def read(root: Path, annotations_only: bool, split: str) -> Reading:
    """A set of GOT-10k; `split` is the name of its folder."""
    expected = f"GOT-10k's {split} set ({split}/{LIST}, {split}/GOT-10k_*/groundtruth.txt)"
    look, sequence = partial(_look, split), partial(_sequence, split)
    return read_layout(root, look, sequence, expected, annotations_only)


def _look(split: str, folder: Path) -> Layout[Path]:
    base = folder / split if (folder / split).is_dir() else folder
    prefix = f"GOT-10k_{split.capitalize()}_"
    official = tuple(f"{prefix}{number:06d}" for number in range(1, COUNT + 1))
    entries = set(listing(base))
    names = official
    if LIST in entries:
        own = read_names(base / LIST)
        if base.name == split or any(name.startswith(prefix) for name in own):
            names = own
    places = {name: base / name for name in names if name in entries}
    return Layout(names, places, notes=other_list(LIST, names, official))


def _sequence(split: str, annotations_only: bool, name: str, folder: Path) -> BoxSequence | str:
    file = folder / "groundtruth.txt"
    if not file.is_file():
        return f"{file} is missing"
    truth = read_boxes(file)
    if split == "val" and len(truth) == 1:
        return f"{file} has one row, as in the test set"
    visible, notes = _visible(folder / COVER, len(truth))
    size, fps = _metadata(folder / META_INFO)
    if len(truth) > 1 and visible is None:
        notes = (f"without {COVER}, the object counts as visible in all frames",)
    if len(truth) > 1 and size is None:
        notes = (*notes, f"{META_INFO} doesn't say the size of the frames")
    return BoxSequence(
        name,
        () if annotations_only else images_in(folder),
        truth,
        first_pixel=1,
        visible=visible,
        fps=fps,
        size=size,
        notes=((KNOWN[name],) if name in KNOWN else ()) + notes,
    )


def _visible(file: Path, count: int) -> tuple[Rows | None, tuple[str, ...]]:
    """Where an eighth of the object or more can be seen, and notes; None without the file."""
    return fitted(read_flags(file) > 0, count) if file.is_file() else (None, ())


def _metadata(file: Path) -> tuple[tuple[int, int] | None, float]:
    """Width and height of the frames, and their number per second, 10 where nothing says it."""
    text = "\n".join(read_lines(file)) if file.is_file() else ""
    size = re.search(r"resolution\s*[:=]\s*\(?\s*(\d+)\s*[,x]\s*(\d+)", text)
    return (int(size[1]), int(size[2])) if size else None, frame_rate(text) or 10


def frame_rate(text: str) -> int | None:
    """The frame rate of a `meta_info.ini`; None where it doesn't say it."""
    found = re.search(r"anno_fps\s*[:=]\s*(\d+)", text)
    return int(found[1]) if found and int(found[1]) > 0 else None


GOT10K_VAL = Dataset(
    name="got10k-val",
    title="GOT-10k val",
    kind="box",
    read=partial(read, split="val"),
    protocols=("got10k",),
    home=HOME,
    license=LICENSE,
    size="180 sequences, 21,007 images",
)
GOT10K_TEST = Dataset(
    name="got10k-test",
    title="GOT-10k test",
    kind="box",
    read=partial(read, split="test"),
    protocols=("got10k",),
    home=HOME,
    license=LICENSE,
    size="180 sequences, 22,834 images",
    submission="got10k",
    published=published("got10k-test"),
)
