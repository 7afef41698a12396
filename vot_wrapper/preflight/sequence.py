"""Reads one sequence's folder, and finds faults that matter to every experiment."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from samurai.cli.finding import Finding
from vot_wrapper.preflight.pixels import Images, Size, inspect_images
from vot_wrapper.preflight.text import read_text
from vot_wrapper.preflight.truth import BLANK, BROKEN, SPECIAL, Truth, read_truth, read_values

METADATA = "sequence"
CHANNELS = ("color", "depth", "ir")
SUFFIXES = (".jpg", ".png")
ALIKE = (*SUFFIXES, ".jpeg")  # in lower case; images with these suffixes are checked
DEFAULT_CHANNEL = "color/%08d.jpg"
_PROPERTY = re.compile(r"^([a-zA-Z0-9_\-.]+) *= *(.*)$")


def metadata_text(pattern: str, fps: int, name: str, size: Size, length: int) -> str:
    """The content of a sequence's file `sequence`.

    Args:
        pattern: of the color images, from the sequence's folder.
        size: width and height.
        length: in frames.
    """
    properties = {
        "channels.color": pattern,
        "fps": fps,
        "format": "default",
        "name": name,
        "width": size[0],
        "height": size[1],
        "length": length,
    }
    return "".join(f"{key}={value}\n" for key, value in properties.items())


@dataclass
class Facts:
    """The facts about a sequence.

    Attributes:
        name: of the sequence.
        folder: its path.
        length: frames; 0 where nothing says how many.
        rate: frames per second, as `sequence` has it; "30" without.
        truths: a letter per row (see truth.py), by object; without those whose name begins with
            an underscore, which aren't tracked, and those that can't be read to their end.
        files: the ground truth file by object, also where it can't be read.
        kinds: kinds of regions.
        starts: frames with a value above or below 0, by the name of the value file.
        findings: faults that matter to every experiment.
    """

    name: str
    folder: str
    length: int = 0
    rate: str = "30"
    truths: dict[str, str] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    kinds: list[str] = field(default_factory=list)
    starts: dict[str, list[int]] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    def as_values(self) -> dict[str, Any]:
        """JSON values that `from_values` reads."""
        return asdict(self)

    @classmethod
    def from_values(cls, values: dict[str, Any]) -> Facts:
        """The facts from the JSON values of `as_values`."""
        return cls(**{**values, "findings": [Finding(**f) for f in values["findings"]]})


def read_facts(folder: Path, name: str) -> Facts | None:
    """Read a sequence; None for a layout of the toolkit's other loaders."""
    facts = Facts(name, str(folder))
    metadata = _metadata(folder, facts)
    if metadata is None:
        return None
    facts.rate = metadata.get("fps", "30")
    length = whole(metadata.get("length"))
    if length is not None and length < 1:
        where, what = f"{folder}/{METADATA}", f"length={length} is not a number of frames"
        facts.findings.append(
            Finding("FAIL", where, what, "write the number of images", kind="length")
        )
        length = None
    size = _images(folder, metadata, length, facts)
    _truths(folder, metadata, size, facts)
    _values(folder, facts)
    return facts


def whole(text: str | None) -> int | None:
    """An integer as the toolkit reads one; None for anything else."""
    try:
        return None if text is None else int(text)
    except ValueError:
        return None


def _metadata(folder: Path, facts: Facts) -> dict[str, str] | None:
    """The properties of the file `sequence`, or what they should be where it is missing."""
    file = folder / METADATA
    if file.is_file():
        lines, finding = read_text(file, str(file))
        if finding is not None:
            facts.findings.append(finding)
        matches = (_PROPERTY.match(line.strip()) for line in lines)
        return {match[1]: match[2] for match in matches if match}
    if (folder / "color").is_dir():
        channel = next((f"color/%08d{s}" for s in SUFFIXES if _has_first(folder, s)), "")
        what = f"the file `{METADATA}` with channels, frame rate and length is missing"
        remedy = (
            f"write it: channels.color={channel or DEFAULT_CHANNEL}, fps=30, format=default, "
            f"name={facts.name}"
        )
        facts.findings.append(Finding("FAIL", str(file), what, remedy, kind="no metadata"))
        return {"channels.color": channel or DEFAULT_CHANNEL}
    old = (folder / "groundtruth.txt").is_file() and (folder / "00000001.jpg").is_file()
    return {"channels.color": "%08d.jpg"} if old else None


def _has_first(folder: Path, suffix: str) -> bool:
    return (folder / "color" / f"{1:08d}{suffix}").is_file()


def _images(
    folder: Path, metadata: dict[str, str], length: int | None, facts: Facts
) -> Size | None:
    """Looks at all channels; the size of the first."""
    patterns = {c: metadata[f"channels.{c}"] for c in CHANNELS if f"channels.{c}" in metadata}
    size: Size | None = None
    lengths: dict[str, int] = {}
    for number, pattern in enumerate((patterns or {"color": DEFAULT_CHANNEL}).values()):
        files = _files(folder, pattern, length, facts)
        if not files:
            continue
        lengths[pattern] = len(files)
        there = [file for file in files if file.is_file()]
        if len(there) < len(files):
            missing = next(file for file in files if not file.is_file())
            what = f"{len(there)} of {len(files)} images are there; {missing.name} isn't"
            remedy = f"restore the images, or correct `length` in {folder}/{METADATA}"
            facts.findings.append(
                Finding("FAIL", str(missing.parent), what, remedy, kind="images missing")
            )
        known = files[0].suffix.lower() in ALIKE
        seen = inspect_images(there, str(files[0].parent)) if there and known else Images()
        facts.findings += seen.findings
        if number == 0:
            size = seen.size
    facts.length = next(iter(lengths.values()), length or 0)
    if len(set(lengths.values())) > 1:
        what = f"the channels have {', '.join(f'{n} ({p})' for p, n in lengths.items())} images"
        remedy = "give every channel an image per frame"
        facts.findings.append(Finding("FAIL", str(folder), what, remedy, kind="channels"))
    _compare_size(folder, metadata, size, facts)
    return size


def _files(folder: Path, pattern: str, length: int | None, facts: Facts) -> list[Path]:
    """The files of a channel: `length` of them, else those that are there without a gap."""
    path = pattern.replace("\\", "/")
    if not os.path.splitext(path)[1]:
        path = os.path.join(path, "%08d.jpg")
    where = f"{folder}/{METADATA}"
    suffix = os.path.splitext(path)[1]
    if suffix not in SUFFIXES:
        what = f"the toolkit reads no {suffix} images ({pattern}), only .jpg and .png"
        remedy = f"rename the images and the pattern, or convert them ({suffix} to .jpg)"
        facts.findings.append(Finding("FAIL", where, what, remedy, kind=f"suffix {suffix}"))
    try:
        distinct = path % 1 != path % 2
    except (TypeError, ValueError):
        distinct = False
    if not distinct:
        what = f"the pattern {pattern} has no place for the frame's number"
        facts.findings.append(
            Finding("FAIL", where, what, "write it like color/%08d.jpg", kind="channel")
        )
        return []
    if length is not None:
        return [folder / (path % number) for number in range(1, length + 1)]
    files: list[Path] = []
    while (folder / (path % (len(files) + 1))).is_file():
        files.append(folder / (path % (len(files) + 1)))
    if not files:
        what = f"there is no image {path % 1}"
        remedy = f"number the images from 1, or correct `channels` in {where}"
        facts.findings.append(Finding("FAIL", str(folder), what, remedy, kind="no images"))
    return files


def _compare_size(folder: Path, metadata: dict[str, str], size: Size | None, facts: Facts) -> None:
    stated = whole(metadata.get("width")), whole(metadata.get("height"))
    if size is None or None in stated or stated == size:
        return
    what = (
        f"the images have {size[0]} x {size[1]} pixels (rotated as EXIF says), "
        f"width and height are {stated[0]} x {stated[1]}"
    )
    remedy = (
        "correct width and height, or save the images upright; "
        "the ground truth fits only one of the two"
    )
    facts.findings.append(Finding("FAIL", f"{folder}/{METADATA}", what, remedy, kind="size"))


def _truths(folder: Path, metadata: dict[str, str], size: Size | None, facts: Facts) -> None:
    several = sorted(folder.glob("groundtruth_*.txt"))
    named = {file.name[12:-4]: file for file in several}
    files = named or {"object": folder / metadata.get("groundtruth", "groundtruth.txt")}
    kinds: set[str] = set()
    for name, file in files.items():
        where = str(file)
        if not file.is_file():
            what, remedy = "there is no ground truth", "write a region per frame, each on a line"
            facts.findings.append(Finding("FAIL", where, what, remedy, kind="no truth"))
            continue
        truth = read_truth(file, where, size)
        facts.findings += truth.findings
        if name.startswith("_"):
            continue
        kinds |= truth.kinds
        facts.files[name] = where
        if truth.complete:
            if len(truth.states) != facts.length:
                truth.states = truth.states.replace(BLANK, "")  # they stand for no frames
            facts.truths[name] = truth.states.replace(BLANK, BROKEN)
            facts.findings += _rows(truth, where, facts.length, "uid" in metadata)
    facts.kinds = sorted(kinds)


def _rows(truth: Truth, where: str, length: int, official: bool) -> Iterator[Finding]:
    """Is there a row per image?

    Challenges hide their truth: an object's first row is the last. Other downloaded data may end
    early too; the toolkit reads missing rows as not annotated.
    """
    count = len(truth.states)
    hidden = count > 0 and (official or not truth.states[:-1].strip(SPECIAL))
    if length and count != length and not (count < length and hidden):
        what = f"{count} rows of ground truth for {length} images"
        remedy = "write one row per image (0 where nothing is annotated)"
        yield Finding("FAIL", where, what, remedy, kind="truth rows")
    if truth.far:
        what = f"{len(truth.far)} masks reach beyond the image"
        remedy = "check that masks and images have the same size"
        yield Finding("WARN", f"{where}:{truth.far[0]}", what, remedy, kind="mask size")


def _values(folder: Path, facts: Facts) -> None:
    """Numbers and tags per frame."""
    for file in sorted(folder.glob("*.value")):
        values, findings = read_values(file, str(file))
        facts.findings += findings
        frames = [frame for frame, value in enumerate(values) if value > 0 or value < 0]
        facts.starts[file.stem] = frames  # NaN is neither, as in the toolkit
        if facts.length and len(values) > facts.length:
            what = f"{len(values)} values for {facts.length} images"
            remedy = "delete the extra lines"
            facts.findings.append(Finding("FAIL", str(file), what, remedy, kind="value rows"))
    for file in sorted((*folder.glob("*.tag"), *folder.glob("*.label"))):
        _, finding = read_text(file, str(file))
        facts.findings += [finding] if finding else []
