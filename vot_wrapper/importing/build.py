"""Writes sequences that were found elsewhere as a workspace, complete or not at all."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from samurai.datasets.images import images_in
from samurai.errors import ConfigurationError, DatasetError
from samurai.spelling import counted
from vot_wrapper.importing import frames, layouts, stack
from vot_wrapper.importing.anchors import place_anchors
from vot_wrapper.importing.footage import OBJECT, Footage, SourceError, fit_name, states
from vot_wrapper.importing.truth import UNKNOWN, first_frame, read_row, without_early
from vot_wrapper.preflight.listing import LIST
from vot_wrapper.preflight.sequence import METADATA, metadata_text
from vot_wrapper.preflight.truth import VISIBLE, parse

DEFAULT_FPS = 30  # the toolkit's own
NAMED = 3  # sources that an error names

Say = Callable[[str], None]


@dataclass(frozen=True)
class Options:
    """How sequences are taken over.

    Attributes:
        box: x,y,width,height of the object in the first frame, for a source without ground truth.
        fps: frames per second, instead of what the sources say.
        copy: copy images instead of linking them.
        only: names of the sequences to take; none means all.
        skip: leave out what can't be read.
    """

    box: str = ""
    fps: int | None = None
    copy: bool = False
    only: tuple[str, ...] = ()
    skip: bool = False


def make_workspace(
    folder: Path,
    sources: Sequence[Path],
    options: Options,
    write_registry: Callable[[Path], None],
    say: Say,
) -> stack.Plan:
    """Make a workspace of all sequences in `sources`; returns its experiments.

    Args:
        folder: new or empty.
        sources: see `layouts.KNOWN`.
        options: how they are taken over.
        write_registry: writes a trackers.ini to a path.
        say: takes a line per sequence, and per sequence that is left out.

    Raises:
        SourceError: a source can't be read.
        ConfigurationError: the folder isn't empty, or can't be written to.
    """
    if folder.exists() and not (folder.is_dir() and not any(folder.iterdir())):
        raise ConfigurationError(f"{folder} exists and isn't empty. Remedy: name a new folder")
    found = _chosen(_read_all(sources, options, say), options)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".samurai-", dir=folder.parent) as name:
            part = Path(name) / "workspace"
            part.mkdir()
            made = _write(part, found, options, say)
            write_registry(part / "trackers.ini")
            part.rename(folder)
    except OSError as error:
        raise ConfigurationError(
            f"the workspace can't be written to {folder}: {error.strerror or error}. Remedy: free "
            "space, allow writing (also of links, or take --copy), or name another folder; nothing "
            "was left behind"
        ) from error
    return made


def _read_all(sources: Sequence[Path], options: Options, say: Say) -> list[Footage]:
    """Every sequence of every source.

    Raises:
        SourceError: some can't be read and `options` don't say to leave them out.
    """
    found: list[Footage] = []
    errors: list[ConfigurationError | DatasetError] = []
    for source in sources:
        for _, read in layouts.find(source):
            try:
                found += read()
            except (DatasetError, SourceError) as error:
                errors.append(error)
    _refuse(errors, len(found) + len(errors), options, say)
    return _with_names(found)


def _refuse(
    errors: Sequence[ConfigurationError | DatasetError], among: int, options: Options, say: Say
) -> None:
    """Report sequences that can't be used.

    Args:
        among: how many sequences there are.

    Raises:
        SourceError: if they aren't to be left out.
    """
    if not errors:
        return
    if options.skip:
        for error in errors:
            say(f"left out: {error}")
        return
    if among == 1:
        raise errors[0]
    if len(errors) == 1:
        raise SourceError(f"{errors[0]}; or leave it out with --skip")
    shown = "\n  ".join(str(error) for error in errors[:NAMED])
    more = f"\n  and {len(errors) - NAMED} more" if len(errors) > NAMED else ""
    raise SourceError(
        f"{len(errors)} sequences can't be used:\n  {shown}{more}\nRemedy: repair them, or leave "
        "them out with --skip"
    )


def _with_names(found: list[Footage]) -> list[Footage]:
    """The sequences with different names: those of the folders around them are put in front.

    Raises:
        SourceError: two have the same name even so.
    """
    names = [each.name for each in found]
    for depth in range(layouts.DEEPEST + 1):
        counts = Counter(names)
        twice = [each for each, name in zip(found, names, strict=True) if counts[name] > 1]
        if not twice:
            return [replace(each, name=name) for each, name in zip(found, names, strict=True)]
        names = [
            fit_name(f"{_around(each.origin, depth)}-{name}") if counts[name] > 1 else name
            for each, name in zip(found, names, strict=True)
        ]
    raise SourceError(
        f"two sequences would be called {twice[0].name}, one of them from {twice[0].origin}. "
        "Remedy: rename one, or name different sources"
    )


def _around(origin: Path, depth: int) -> str:
    """The name of a folder around a source, of the innermost one for a depth of 0."""
    return origin.parents[min(depth, len(origin.parents) - 1)].name


def _chosen(found: list[Footage], options: Options) -> list[Footage]:
    """The sequences to take, all with a region to start from.

    Raises:
        SourceError: an unknown name, nothing left, or a sequence without a first region.
    """
    known = {each.name: each for each in found}
    unknown = [name for name in options.only if name not in known]
    if unknown:
        raise SourceError(
            f"there is no sequence {', '.join(unknown)}. Available: {', '.join(known) or 'none'}"
        )
    chosen = [known[name] for name in options.only] or found
    if not chosen:
        raise SourceError("no sequence is left. Remedy: repair what can't be read")
    if options.box:
        chosen = [_with_box(chosen, options.box)]
    return chosen


def _with_box(chosen: list[Footage], box: str) -> Footage:
    if len(chosen) > 1:
        raise SourceError(
            f"--box starts one sequence, and there are {len(chosen)}. Remedy: put a groundtruth."
            "txt into each folder (a video: NAME.txt beside it), or choose one with --sequences"
        )
    if chosen[0].states:
        raise SourceError(
            f"{chosen[0].origin} has ground truth, which --box would replace. Remedy: leave --box "
            "out"
        )
    row = read_row(box.strip(), "--box")
    if states([row]) != VISIBLE or row.count(",") != 3:
        raise SourceError(f"--box {box}: not a box. Remedy: give X,Y,WIDTH,HEIGHT in pixels")
    return replace(chosen[0], truths={OBJECT: (row,)})


def _write(part: Path, found: list[Footage], options: Options, say: Say) -> stack.Plan:
    """Everything but the registry.

    Raises:
        SourceError: a sequence can't be used.
        OSError: something can't be written.
    """
    data = part / "sequences"
    data.mkdir()
    written: list[Footage] = []
    lengths: list[int] = []
    errors: list[SourceError] = []
    for number, footage in enumerate(found, start=1):
        folder = data / footage.name
        folder.mkdir()
        try:
            done, length = _write_sequence(folder, footage, options)
        except SourceError as error:
            errors.append(error)
            folder.rename(part.parent / footage.name)  # deleted with the temporary folder
            continue
        written.append(done)
        lengths.append(length)
        width = len(str(len(found)))
        notes = "".join(f"; {note}" for note in done.notes)
        say(
            f"  {number:{width}}/{len(found)}  {done.name:24} {length:6} frames  "
            f"{_objects(done)}{done.layout}{notes}"
        )
    _refuse(errors, len(found), options, say)
    if not written:
        raise SourceError("no sequence is left. Remedy: repair what can't be read")
    made = stack.plan(written, lengths)
    (data / LIST).write_text("".join(f"{each.name}\n" for each in written), encoding="utf-8")
    (part / "stack.yaml").write_text(stack.stack_text(made), encoding="utf-8")
    (part / "config.yaml").write_text(stack.config_text(made), encoding="utf-8")
    return made


def _objects(footage: Footage) -> str:
    count = len(footage.states)
    return f"{count} objects, " if count > 1 else ""


def _write_sequence(folder: Path, footage: Footage, options: Options) -> tuple[Footage, int]:
    """One sequence; returns it as it was written, with its number of frames."""
    if footage.facts is not None:
        return _write_vot(folder, footage, options), footage.facts.length
    if not footage.states:
        raise SourceError(
            f"{footage.origin} has no ground truth, so there is nothing to track. Remedy: give "
            "--box X,Y,WIDTH,HEIGHT of the object in the first frame, or write it into "
            f"{_truth_file(footage)}"
        )
    start = first_frame(footage.truths, footage.origin)
    if footage.is_video:
        if start:
            raise SourceError(
                f"{footage.origin}: nothing is annotated in the first frame. Remedy: cut "
                f"{counted(start, 'frame')} off the start of the video, and as many rows of its "
                "ground truth"
            )
        length, fps, size = frames.extract_frames(footage.origin, folder, _rows(footage))
        pattern = f"{frames.CHANNEL}/%08d.jpg"
        footage = replace(footage, fps=footage.fps or fps)
    else:
        images = _fitting(footage, start)
        size, length = frames.size_of(images), len(images)
        pattern = frames.place_images(images, folder, options.copy)
    footage = _cut(footage, start, length)
    _require_inside(footage, size)
    _write_metadata(folder, footage, pattern, size, length, options)
    _write_truth(folder, footage)
    return footage, length


def _truth_file(footage: Footage) -> Path:
    if footage.is_video:
        return footage.origin.with_suffix(".txt")
    return footage.origin / "groundtruth.txt"


def _rows(footage: Footage) -> int:
    """Rows of its longest ground truth; 0 where only the first region is known."""
    most = max(len(rows) for rows in footage.truths.values())
    return most if most > 1 else 0


def _fitting(footage: Footage, start: int) -> tuple[Path, ...]:
    """The images from the first annotated one to the last that has a row."""
    end = min(len(footage.images), _rows(footage) or len(footage.images))
    if start >= end:
        raise SourceError(
            f"{footage.origin}: the first region is in row {start + 1}, and there are {end} "
            "images. Remedy: restore the images"
        )
    return footage.images[start:end]


def _cut(footage: Footage, start: int, length: int) -> Footage:
    """The ground truth of the frames that are taken, with notes about the others."""
    notes = list(footage.notes)
    given, rows = len(footage.images) or length, _rows(footage)
    if start:
        notes.append(f"starts in frame {start + 1}: nothing is annotated before")
    if rows and rows != given:
        notes.append(f"{rows} rows of ground truth for {given} frames")
    truths = {}
    for name, whole in footage.truths.items():
        taken = without_early(whole)[start : start + length]
        filled = [UNKNOWN] * (length - len(taken)) if rows else []
        truths[name] = (*taken, *filled)
    return replace(footage, truths=truths, notes=tuple(notes))


def _require_inside(footage: Footage, size: tuple[int, int]) -> None:
    """Refuse an object that starts with a box outside its images, as of another size's.

    Raises:
        SourceError: names the source, the box and the size.
    """
    width, height = size
    for name, rows in footage.truths.items():
        first = rows[footage.states[name].index(VISIBLE)]
        if parse(first).kind != "rectangle":
            continue
        x, y, w, h = map(float, first.split(","))
        if x >= width or y >= height or x + w <= 0 or y + h <= 0:
            raise SourceError(
                f"{footage.origin}: the first box ({first}) lies outside the images of {width} x "
                f"{height} pixels. Remedy: give X,Y,WIDTH,HEIGHT in pixels of these images"
            )


def _write_metadata(
    folder: Path,
    footage: Footage,
    pattern: str,
    size: tuple[int, int],
    length: int,
    options: Options,
) -> None:
    fps = options.fps or footage.fps or DEFAULT_FPS
    text = metadata_text(pattern, fps, footage.name, size, length)
    (folder / METADATA).write_text(text, encoding="utf-8")


def _write_truth(folder: Path, footage: Footage) -> None:
    for name, rows in footage.truths.items():
        file = "groundtruth.txt" if len(footage.truths) == 1 else f"groundtruth_{name}.txt"
        (folder / file).write_text(_lines(rows), encoding="utf-8")
    if len(footage.truths) == 1:
        (visible,) = footage.states.values()
        (folder / "anchor.value").write_text(_lines(place_anchors(visible)), encoding="utf-8")


def _write_vot(folder: Path, footage: Footage, options: Options) -> Footage:
    """A sequence in VOT's layout; `sequence` and anchors are added where they are missing."""
    assert footage.facts is not None
    frames.place_folder(footage.origin, folder, options.copy)
    notes = list(footage.notes)
    if not (folder / METADATA).is_file():
        images = tuple(images_in(footage.origin / frames.CHANNEL))
        pattern = f"{frames.CHANNEL}/%08d{images[0].suffix}"
        size = frames.size_of(images)
        _write_metadata(folder, footage, pattern, size, len(images), options)
        notes.append(f"`{METADATA}` written")
    elif options.fps:
        text = (folder / METADATA).read_text(encoding="utf-8")
        kept = "".join(line for line in text.splitlines(True) if not line.startswith("fps"))
        (folder / METADATA).write_text(f"fps={options.fps}\n{kept}", encoding="utf-8")
    visible = list(footage.states.values())
    if len(visible) == 1 and not (folder / "anchor.value").is_file():
        (folder / "anchor.value").write_text(_lines(place_anchors(visible[0])), encoding="utf-8")
        notes.append("anchors written")
    return replace(footage, notes=tuple(notes))


def _lines(values: Iterable[object]) -> str:
    return "".join(f"{value}\n" for value in values)
