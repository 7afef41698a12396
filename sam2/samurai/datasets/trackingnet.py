"""TrackingNet's test set: `TEST/anno/<id>.txt` and `TEST/frames/<id>/<k>.jpg`, k from 0 without
zeros in front.

An annotation has the first row only; the server has the others. Files with all rows are read too,
also of other videos, such as the development kit's example.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from samurai.datasets.base import BoxSequence, Dataset, Reading
from samurai.datasets.images import images_in, listing
from samurai.datasets.layout import Layout, ignored, read_layout
from samurai.datasets.lists import rows
from samurai.datasets.published import published
from samurai.datasets.text import read_boxes

LAYOUTS = (("TEST/anno", "TEST/frames"), ("anno", "frames"), ("", ""))
"""Folders of annotations and of frames below the root; the last is a folder of annotations."""

_VIDEO = re.compile(r"[\w-]{11}_\d+\.txt")
"""A text about a video: YouTube's name of it, and a number."""

EXPECTED = "TrackingNet's test set (TEST/anno/<id>.txt and TEST/frames/<id>/, or a folder of texts)"


@dataclass(frozen=True)
class _Place:
    annotation: Path
    frames: Path | None


def read(root: Path, annotations_only: bool) -> Reading:
    """TrackingNet's test set."""
    return read_layout(root, _look, _sequence, EXPECTED, annotations_only)


def _look(folder: Path) -> Layout[_Place]:
    names = tuple(name for (name,) in rows("trackingnet"))
    for texts_in, frames in LAYOUTS:
        texts = {each[:-4] for each in listing(folder / texts_in) if each.endswith(".txt")}
        videos = set(listing(folder / frames)) if frames else set()
        if not (texts | videos) & set(names):
            continue
        places = {
            name: _Place(
                folder / texts_in / f"{name}.txt",
                folder / frames / name if name in videos else None,
            )
            for name in names
            if name in texts or name in videos
        }
        notes = ignored(sorted(texts - set(names)), "which aren't in the list of the test set")
        return Layout(names, places, notes=notes, pictures=bool(videos))
    return _other_videos(folder, len(names))


def _other_videos(folder: Path, official: int) -> Layout[_Place]:
    """A folder of texts named as TrackingNet's videos, of which none is of the test set."""
    texts = [each for each in listing(folder) if _VIDEO.fullmatch(each)]
    places = {each.removesuffix(".txt"): _Place(folder / each, None) for each in texts}
    note = f"none of these {len(texts)} videos is in the list of the test set, which has {official}"
    return Layout(tuple(places), places, notes=(note,), pictures=False)


def _sequence(annotations_only: bool, name: str, place: _Place) -> BoxSequence | str:
    if not place.annotation.is_file():
        return f"{place.annotation} is missing"
    images = images_in(place.frames) if place.frames and not annotations_only else ()
    return BoxSequence(name, images, read_boxes(place.annotation), first_pixel=0)


TRACKINGNET = Dataset(
    name="trackingnet",
    title="TrackingNet",
    kind="box",
    read=read,
    protocols=("trackingnet",),
    home="https://tracking-net.org",
    license="none stated; the videos are from YouTube",
    size="34 GB (test set)",
    submission="trackingnet",
    published=published("trackingnet"),
)
