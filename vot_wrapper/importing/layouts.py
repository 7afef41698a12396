"""Finds sequences below a path and reads them, by what their folders hold."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from samurai.datasets.got10k import frame_rate
from samurai.datasets.images import IMAGES, images_in
from samurai.datasets.lasot import ABSENCES
from samurai.datasets.text import read_flags
from samurai.spelling import counted, natural
from vot_wrapper.importing import otb
from vot_wrapper.importing.footage import OBJECT, Footage, SourceError, fit_name
from vot_wrapper.importing.truth import mark_absent, read_rows
from vot_wrapper.preflight.listing import LIST
from vot_wrapper.preflight.sequence import METADATA, read_facts, whole
from vot_wrapper.preflight.text import read_text

VIDEOS = (".avi", ".gif", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".webm", ".wmv")
DEEPEST = 3  # levels of folders to search: LaSOT/airplane/airplane-1
GOT10K = ("absence.label", "cover.label", "meta_info.ini")
KNOWN = (
    "a folder of images, a video, a sequence in the layout of VOT, LaSOT, GOT-10k or OTB, or a "
    "folder of such"
)

Found = Callable[[], list[Footage]]
"""Reads what was found in one place."""


def find(path: Path) -> Iterator[tuple[Path, Found]]:
    """The places below a path that hold sequences, each with the function that reads it.

    Raises:
        SourceError: there is nothing at the path, or nothing that is known.
    """
    if not path.exists():
        raise SourceError(f"there is no file or folder {path}. Remedy: check the path")
    found = list(_search(path, 0))
    if not found:
        raise SourceError(f"{path} holds no sequences. Remedy: name {KNOWN}")
    yield from found


def _search(path: Path, depth: int) -> Iterator[tuple[Path, Found]]:
    reader = _reader(path)
    if reader is not None:
        yield path, lambda: reader(path)
    elif path.is_dir() and depth < DEEPEST:
        for child in _children(path):
            yield from _search(child, depth + 1)


def _children(folder: Path) -> list[Path]:
    """The entries of a folder: those of its list.txt, else all in their natural order."""
    if (folder / "config.yaml").is_file() and (folder / "sequences").is_dir():
        folder = folder / "sequences"  # a workspace
    if (folder / LIST).is_file():
        return _listed(folder)
    entries = [entry for entry in folder.iterdir() if not entry.name.startswith(".")]
    return sorted(entries, key=lambda entry: natural(entry.name))


def _listed(folder: Path) -> list[Path]:
    """The entries that a folder's list.txt names.

    Raises:
        SourceError: one of them isn't there.
    """
    lines, _ = read_text(folder / LIST, str(folder / LIST))
    entries = [folder / line.strip() for line in lines if line.strip()]
    missing = [entry.name for entry in entries if not entry.exists()]
    if missing:
        more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
        raise SourceError(
            f"{folder / LIST} names {missing[0]}{more}, which isn't in {folder}. Remedy: restore "
            "it, or delete its line"
        )
    return entries


def _reader(path: Path) -> Callable[[Path], list[Footage]] | None:
    """The function that reads a place; None where it holds no sequence itself."""
    if path.is_file():
        return _read_video if path.suffix.lower() in VIDEOS else None
    if not path.is_dir():
        return None
    if (path / METADATA).is_file() or (path / "color").is_dir():
        return _read_vot
    if (path / "img").is_dir():
        if any(path.glob("groundtruth_rect*.txt")):
            return _read_otb
        return _read_lasot if (path / "groundtruth.txt").is_file() else _read_images
    if (path / LIST).is_file():
        return None
    if len(images_in(path)) < 2:
        return _read_none if any(path.glob("groundtruth*.txt")) else None
    return _read_got10k if any((path / name).is_file() for name in GOT10K) else _read_images


def _frames_in(folder: Path) -> tuple[Path, ...]:
    """Its images as the frames of a sequence.

    Raises:
        SourceError: two have the same name but for the kind of file, as frames and their masks do.
    """
    images = tuple(images_in(folder))
    seen: dict[str, Path] = {}
    for image in images:
        if image.stem in seen:
            raise SourceError(
                f"{folder} holds {seen[image.stem].name} and {image.name}: which one is the frame? "
                "Remedy: leave only the frames in this folder"
            )
        seen[image.stem] = image
    return images


def _gaps(images: tuple[Path, ...], truths: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """A note if numbers are left out between the images.

    Raises:
        SourceError: the ground truth has rows for these numbers too, so that later rows would be of
            other frames.
    """
    found = [re.findall(r"\d+", file.stem) for file in images]
    numbers = [int(parts[-1]) for parts in found if parts]
    if len(numbers) != len(images):
        return ()
    missing = numbers[-1] - numbers[0] + 1 - len(numbers)
    if missing <= 0:
        return ()
    between = f"{counted(missing, 'number')} missing between {images[0].name} and {images[-1].name}"
    if any(len(rows) == len(images) + missing for rows in truths.values()):
        raise SourceError(
            f"{images[0].parent}: {between}, and the ground truth has a row for each. Remedy: "
            "restore these images, or delete their rows"
        )
    return (between,)


def _read_none(folder: Path) -> list[Footage]:
    raise SourceError(
        f"{folder} has ground truth and no images. Remedy: put them beside it, or into img/ or "
        "color/"
    )


def _read_video(file: Path) -> list[Footage]:
    truth = file.with_suffix(".txt")
    truths = {OBJECT: read_rows(truth)} if truth.is_file() else {}
    return [Footage(fit_name(file.stem), file, "video", truths=truths)]


def _read_images(folder: Path) -> list[Footage]:
    inner = folder / "img"
    images = _frames_in(inner if inner.is_dir() else folder)
    if not images:
        raise SourceError(f"{inner} holds no images. Remedy: restore them ({', '.join(IMAGES)})")
    several = sorted(folder.glob("groundtruth_*.txt"), key=lambda file: natural(file.name))
    files = {file.stem.partition("_")[2]: file for file in several}
    single = folder / "groundtruth.txt"
    if not files and single.is_file():
        files = {OBJECT: single}
    truths = {name: read_rows(file) for name, file in files.items()}
    found = Footage(fit_name(folder.name), folder, "images", images, truths)
    return [replace(found, notes=_gaps(images, truths))]


def _read_lasot(folder: Path) -> list[Footage]:
    (found,) = _read_images(folder)
    rows = read_rows(folder / "groundtruth.txt", first_pixel=1)
    for name in ABSENCES:
        if (folder / name).is_file():
            rows = mark_absent(rows, [flag == 1 for flag in read_flags(folder / name)])
    return [replace(found, layout="LaSOT", truths={OBJECT: rows}, fps=30)]


def _read_got10k(folder: Path) -> list[Footage]:
    (found,) = _read_images(folder)
    file = folder / "groundtruth.txt"
    rows = read_rows(file, first_pixel=1) if file.is_file() else ()
    if len(rows) > 1:  # the test set has the first frame's alone
        for name, gone in (("absence.label", 1), ("cover.label", 0)):
            if (folder / name).is_file():
                rows = mark_absent(rows, [flag == gone for flag in read_flags(folder / name)])
    truths = {OBJECT: rows} if rows else {}
    return [replace(found, layout="GOT-10k", truths=truths, fps=_rate(folder / "meta_info.ini"))]


def _rate(file: Path) -> int | None:
    lines, _ = read_text(file, str(file)) if file.is_file() else ([], None)
    return frame_rate("".join(lines))


def _read_otb(folder: Path) -> list[Footage]:
    images = _frames_in(folder / "img")
    found = []
    for name, file in otb.targets(folder).items():
        chosen, rows = otb.counted(folder, file, images, read_rows(file, first_pixel=1))
        if not chosen:
            raise SourceError(f"{folder / 'img'} holds no images. Remedy: restore them")
        truths = {OBJECT: rows}
        notes = _gaps(chosen, truths)
        found.append(Footage(fit_name(name), folder, "OTB", chosen, truths, 30, notes=notes))
    return found


def _read_vot(folder: Path) -> list[Footage]:
    """A sequence of VOT: checked, and otherwise taken as it is."""
    facts = read_facts(folder, folder.name)
    if facts is None:
        raise SourceError(f"{folder} can't be read as a sequence of VOT. Remedy: name {KNOWN}")
    grave = [f for f in facts.findings if not f.warning and f.kind != "no metadata"]
    if grave:
        raise SourceError(str(grave[0]))
    rate = whole(facts.rate)
    return [Footage(fit_name(folder.name), folder, "VOT", fps=rate, facts=facts)]
