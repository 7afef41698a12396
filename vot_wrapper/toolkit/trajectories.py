"""Result files of the toolkit: is a trajectory there, whole, and as long as its run?

A binary trajectory is a header (int16 version, uint32 number of regions), then per region a type
byte and its numbers, all little-endian. Masks are skipped here, not decoded: for a whole challenge
that takes seconds instead of many minutes.
"""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
from vot.region.io import parse_region
from vot.tracker import Results, Trajectory

_HEADER = struct.Struct("<hI")
_VERSION = 1
_POLYGON, _MASK = 2, 3
_FIXED_BYTES = {0: 4, 1: 16, 4: 8}  # special code, rectangle, point
_MASK_HEADER = struct.Struct("<hhHHH")  # x, y, width, height, number of runs
_COUNT = struct.Struct("<H")

TIME = "time"


class CorruptResult(ValueError):
    """A result file isn't that of a finished run; the message says why."""


def file_of(results: Results, name: str) -> str | None:
    """The file of a trajectory that the toolkit packs: binary before text; None without one."""
    return next(
        (f"{name}.{kind}" for kind in ("bin", "txt") if results.exists(f"{name}.{kind}")), None
    )


def property_files(results: Results, name: str) -> dict[str, str]:
    """The files of a trajectory's properties (`time`, `confidence`, ...) by property."""
    files = sorted(results.find(f"{name}_*.value"))
    return {file[len(name) + 1 : -len(".value")]: file for file in files}


def path_of(results: Results, file: str) -> Path:
    """Where a result file lies."""
    return Path(results._storage.base) / file


def validate(results: Results, name: str, frames: int) -> list[tuple[str, str]]:
    """What is wrong with an existing trajectory: pairs of a file and a phrase; [] if nothing is.

    Args:
        results: where the trajectory lies.
        name: its name, without extension.
        frames: how many regions it must have; 0 where that isn't known.
    """
    file = file_of(results, name)
    if file is None:
        raise FileNotFoundError(name)
    found: list[tuple[str, str]] = []
    try:
        length = count_regions(path_of(results, file))
        if frames and length != frames:
            raise CorruptResult(
                f"has {length} of {frames} regions"
                if length < frames
                else f"has {length} regions for {frames} frames"
            )
    except CorruptResult as damage:
        found.append((file, str(damage)))
        length = frames
    properties = property_files(results, name)
    if TIME not in properties:  # written last by the toolkit: without it the run was cut off
        found.append((f"{name}_{TIME}.value", "is missing"))
    for value in properties.values():
        flaw = _property_flaw(path_of(results, value), length)
        if flaw is not None:
            found.append((value, flaw))
    return found


def count_regions(path: Path) -> int:
    """The number of regions of a trajectory, each of which was seen to be whole.

    Raises:
        CorruptResult: empty, cut short, or not a trajectory.
    """
    content = path.read_bytes()
    if not content:
        raise CorruptResult("is empty")
    return _count_binary(content) if path.suffix == ".bin" else _count_text(content)


def remove(results: Results, name: str) -> None:
    """Delete a trajectory with its properties, so that it is computed again."""
    for file in Trajectory.gather(results, name):
        results._storage.delete(file)


def _count_binary(content: bytes) -> int:
    if len(content) < _HEADER.size:
        raise CorruptResult(f"is cut short: {len(content)} bytes")
    version, count = _HEADER.unpack_from(content)
    if version != _VERSION:
        raise CorruptResult(f"is not a trajectory: format {version}")
    offset = _HEADER.size
    for index in range(count):
        try:
            offset += 1 + _region_bytes(content, offset)
        except (struct.error, IndexError):
            offset = len(content) + 1
        if offset > len(content):
            raise CorruptResult(f"is cut short: {index} of {count} regions are whole")
    if offset != len(content):
        raise CorruptResult(f"has {len(content) - offset} bytes after its last region")
    return int(count)


def _region_bytes(content: bytes, offset: int) -> int:
    """The length of a region after its type byte, which is at `offset`."""
    kind = content[offset]
    if kind in _FIXED_BYTES:
        return _FIXED_BYTES[kind]
    if kind == _POLYGON:
        return _COUNT.size + 8 * int(_COUNT.unpack_from(content, offset + 1)[0])
    if kind != _MASK:
        raise CorruptResult(f"is not a trajectory: a region of type {kind}")
    *_, width, height, count = _MASK_HEADER.unpack_from(content, offset + 1)
    start = offset + 1 + _MASK_HEADER.size
    if start + 2 * count > len(content):
        raise struct.error("runs are missing")
    runs = np.frombuffer(content, "<u2", count, start)
    if int(runs.sum(dtype=np.int64)) != width * height:
        raise CorruptResult(f"has a mask whose runs don't fill its {width} x {height} pixels")
    return _MASK_HEADER.size + 2 * int(count)


def _count_text(content: bytes) -> int:
    """Regions of a text trajectory, a line each; its last line ends too."""
    if not content.endswith(b"\n"):
        raise CorruptResult("is cut short: its last line doesn't end")
    lines = content.decode("ascii", "replace").splitlines()
    for number, line in enumerate(lines, start=1):
        try:
            region = parse_region(line.strip())
        except (ValueError, IndexError):
            region = None
        if region is None:
            raise CorruptResult(f"has no region in line {number}")
    return len(lines)


def _property_flaw(path: Path, frames: int) -> str | None:
    """What is wrong with a file of a value per frame; a frame without a value is an empty line."""
    content = path.read_bytes()
    if not content:
        return "is empty"
    if not content.endswith(b"\n"):
        return "is cut short: its last line doesn't end"
    lines = content.count(b"\n")
    if lines != frames:
        return f"has {lines} values for {frames} frames"
    return None
