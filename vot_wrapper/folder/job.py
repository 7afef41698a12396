"""Reads a folder of the toolkit's folder protocol: its frames and its queries.

`frames_color.txt` has the path of an image per line. Each object has a file `query_ID.txt`: the
frame that it starts in, counted from 0; its region; then lines `key=value`. The protocol has other
channels (`frames_depth.txt`), which this tracker doesn't use.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from samurai.errors import SamuraiError
from samurai.spelling import natural
from vot_wrapper.folder.text import State, parse_state
from vot_wrapper.trax.wire import ClientError

FRAMES = "frames_color.txt"
_QUERY = re.compile(r"query_(.*)\.txt")
_IDENTIFIER = re.compile(r"[A-Za-z0-9-]+")
_REMEDY = (
    "the VOT toolkit writes this folder (`protocol = folderpython`); by hand, write "
    f"{FRAMES} with the path of an image per line, and a file query_ID.txt per object with its "
    "first frame (from 0) and its region"
)


class FolderError(SamuraiError):
    """A folder that doesn't follow the folder protocol; names the file, the cause and a remedy."""


@dataclass(frozen=True)
class Query:
    """An object of a folder.

    Attributes:
        identifier: the ID in the names of its files.
        offset: the frame that it starts in, from 0.
        state: its region there.
        properties: what else the query says.
    """

    identifier: str
    offset: int
    state: State
    properties: dict[str, str]


@dataclass(frozen=True)
class Job:
    """A folder's content.

    Attributes:
        folder: where the answers go.
        frames: paths of the images.
        queries: the objects in the order of their identifiers (2 before 10).
    """

    folder: Path
    frames: list[Path]
    queries: list[Query]


def query_file(identifier: str) -> str:
    """The name of an object's query."""
    return f"query_{identifier}.txt"


def read_job(folder: Path) -> Job:
    """The frames and queries of a folder.

    Raises:
        FolderError: a file is missing, or its content can't be used.
    """
    frames = _frames(folder)
    names = sorted(
        (found[1] for file in folder.iterdir() if (found := _QUERY.fullmatch(file.name))),
        key=natural,
    )
    if not names:
        raise FolderError(f"{folder} has no query_ID.txt, so there is nothing to track: {_REMEDY}")
    return Job(folder, frames, [_query(folder, name, len(frames)) for name in names])


def _frames(folder: Path) -> list[Path]:
    """The images of a folder, all of which exist; relative paths count from the folder."""
    file = folder / FRAMES
    if not file.is_file():
        others = sorted(each.name for each in folder.glob("frames_*.txt"))
        found = f" (it has {', '.join(others)}; this tracker uses color only)" if others else ""
        raise FolderError(f"{folder} has no {FRAMES}{found}: {_REMEDY}")
    frames = {number: folder / line for number, line in _lines(file)}
    if not frames:
        raise FolderError(f"{file} is empty: write the path of an image per line")
    for number, frame in frames.items():
        if not frame.is_file():
            raise FolderError(
                f"{file}, line {number}: there is no image {frame}; write absolute paths, or paths "
                "from this folder"
            )
    return list(frames.values())


def _query(folder: Path, name: str, frames: int) -> Query:
    file = folder / query_file(name)
    if _IDENTIFIER.fullmatch(name) is None:
        raise FolderError(
            f"{file}: the identifier {name!r} would make ambiguous names of output files; rename "
            "it to letters, digits and hyphens"
        )
    lines = _lines(file)
    if len(lines) < 2:
        raise FolderError(
            f"{file} has {len(lines)} of 2 lines: the first frame (from 0), then the region"
        )
    (first, start), (second, region) = lines[:2]
    try:
        offset = int(start)
    except ValueError:
        offset = -1
    if not 0 <= offset < frames:
        raise FolderError(
            f"{file}, line {first}: {start!r} is not one of the {frames} frames, which count from 0"
        )
    try:
        state = parse_state(region)
    except (ClientError, ValueError) as error:
        raise FolderError(f"{file}, line {second}: {error}") from error
    pairs = (line.partition("=") for _, line in lines[2:])
    return Query(name, offset, state, {key: value for key, _, value in pairs})


def _lines(file: Path) -> list[tuple[int, str]]:
    """The lines of a text file that aren't empty, with their numbers from 1."""
    try:
        text = file.read_text(encoding="utf-8-sig")  # Windows' editors put a mark at the start
    except (OSError, UnicodeDecodeError) as error:
        raise FolderError(f"{file} can't be read: {error}; write it as UTF-8 text") from error
    lines = enumerate(text.split("\n"), start=1)
    return [(number, line.strip()) for number, line in lines if line.strip()]
