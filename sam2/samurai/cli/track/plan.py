"""What `samurai track` is asked to do, checked before anything is read or loaded."""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, count
from pathlib import Path

from samurai.cli.track.places import Place, clash, local_files
from samurai.errors import ConfigurationError, ExportError, StorageError
from samurai.jobs.folder import holds_job, is_foreign
from samurai.video.exports.base import Export
from samurai.video.exports.registry import export_formats
from samurai.video.sources.addresses import has_scheme
from samurai.video.sources.opening import expand, files_of
from samurai.video.writing.formats import is_pattern
from samurai.video.writing.opening import check_target, image_folder

JOB = ".job"
"""Added to the name of the first output: where the answers lie until the outputs are complete."""

VIDEO = "video"


def is_remote(source: str) -> bool:
    """Whether a source is a camera or an address, which may fail while nothing is wrong with the
    command line."""
    return source.isdecimal() or has_scheme(source)


@dataclass(frozen=True)
class Target:
    """An output.

    Attributes:
        kind: "video", or the name of an export format.
        path: where it is written; "-" is standard output.
        export: the format; None for a video.
    """

    kind: str
    path: Path
    export: type[Export] | None = None

    @property
    def is_standard_output(self) -> bool:
        """Whether it is printed for another program."""
        return str(self.path) == "-"


@dataclass(frozen=True)
class VideoPlan:
    """One source and what is written of it.

    Attributes:
        source: for `open_source`.
        name: for people.
        targets: the outputs.
        job: the folder of the job.
        keep: whether it stays when everything is done.
        goes_on: there is a run, and it is gone on with.
        done: all outputs are there, and no run is left to go on with.
    """

    source: str
    name: str
    targets: tuple[Target, ...]
    job: Path
    keep: bool
    goes_on: bool = False
    done: bool = False


def plans(parsed: argparse.Namespace) -> list[VideoPlan]:
    """One plan per source.

    Raises:
        ConfigurationError: sources or outputs that don't go together, or outputs that exist.
        ExportError: the suffix of an output isn't known.
        SourceError: a pattern fits nothing.
    """
    sources = [source for given in parsed.sources for source in expand(given)]
    if not sources:
        raise ConfigurationError(
            "no video is given. Remedy: name a file, a folder, a camera's number or an address: "
            "samurai track clip.mp4 --box 1@0:x,y,width,height"
        )
    made = []
    for source, name in zip(sources, _names(sources), strict=True):
        targets = tuple(_targets(parsed, source, name, len(sources) > 1))
        job = _job(parsed, targets, name, len(sources) > 1)
        goes_on = parsed.resume and holds_job(job)
        done = parsed.resume and not (goes_on or parsed.overwrite) and _all_there(targets)
        made.append(VideoPlan(source, name, targets, job, parsed.job is not None, goes_on, done))
    try:
        _check(made, parsed)
    except StorageError as error:  # found in time, so that it is a matter of the command line
        raise ConfigurationError(str(error)) from error
    return made


def _all_there(targets: Sequence[Target]) -> bool:
    """Whether all outputs exist."""
    return all(target.path.exists() for target in targets)


def _names(sources: Sequence[str]) -> Iterator[str]:
    """Names of videos, fit for files and unique."""
    seen = set[str]()
    for source in sources:
        name = _name(source)
        numbered = (f"{name}-{number}" for number in count(2))
        name = next(each for each in chain([name], numbered) if each not in seen)
        seen.add(name)
        yield name


def _name(source: str) -> str:
    if source == "-":
        return "stdin"
    if source.isdecimal():
        return f"camera{source}"
    stem = re.sub(r"^\w+:(//)?", "", source).split("?")[0].rstrip("/") or source
    path = Path(stem)
    stem = path.stem if path.suffix else path.name
    return re.sub(r"[^\w.=-]+", "-", stem).strip("-.") or "video"


def _targets(parsed: argparse.Namespace, source: str, name: str, several: bool) -> Iterator[Target]:
    """The outputs of one source."""
    exports = {
        name: (getattr(parsed, f"export_{name.replace('-', '_')}"), export)
        for name, export in export_formats().items()
    }
    video = parsed.output
    if video is None and all(path is None for path, _ in exports.values()):
        if parsed.no_video or is_remote(source):
            raise ConfigurationError(
                "nothing would be written. Remedy: name an output, for example -o out.mp4 or "
                "--jsonl out.jsonl"
            )
        video = Path("{name}-tracked.mp4")
    if video is not None and not parsed.no_video:
        yield Target(VIDEO, _filled(video, name, ".mp4", several))
    for kind, (path, export) in exports.items():
        if path is not None:
            suffix = export.suffixes[0] if export.suffixes else ""
            yield Target(kind, _filled(path, name, suffix, several), export)


def _filled(path: Path, name: str, suffix: str, several: bool) -> Path:
    """The path of one source's output: {name} filled in; of several sources in a folder."""
    if "{name}" in str(path):
        return Path(str(path).replace("{name}", name)).expanduser()
    return (path / f"{name}{suffix}" if several else path).expanduser()


def _job(parsed: argparse.Namespace, targets: Sequence[Target], name: str, several: bool) -> Path:
    if parsed.job is not None:
        return _filled(parsed.job, name, "", several)
    files = (target.path for target in targets if not target.is_standard_output)
    first = next(files, Path(name))
    return first.with_name(f"{first.name}{JOB}")


def _check(made: Sequence[VideoPlan], parsed: argparse.Namespace) -> None:
    """Raise unless every output can be written."""
    if made[0].done and (len(made) == 1 or parsed.like_first):
        raise ConfigurationError(
            f"{made[0].job} has no run of {made[0].name} to go on with. Remedy: leave --resume out,"
            " or begin anew by --overwrite"
        )
    for plan in made:
        _check_job(plan, parsed)
    _check_clashes(made, parsed)  # before what --overwrite could seem to allow
    for plan in made:
        replace = parsed.overwrite or plan.goes_on or plan.done
        for target in plan.targets:
            if target.is_standard_output:
                _check_standard_output(target, len(made))
            else:
                _check_target(target, replace)
        _check_access(plan.job)


def _check_target(target: Target, replace: bool) -> None:
    """Raise unless one output can be written."""
    export = target.export
    if export is None:
        check_target(target.path)
        _check_place(target.path, replace)
        return
    if export.place == "file" and target.path.is_dir():
        raise ConfigurationError(
            f"--{target.kind} {target.path} is a folder. Remedy: name a file in it"
        )
    export.check_target(target.path)
    _check_place(target.path, replace)
    beside = export.side_file(target.path)
    if beside is not None:
        _check_place(beside, replace)


def _check_clashes(made: Sequence[VideoPlan], parsed: argparse.Namespace) -> None:
    """Raise where an output would replace a source, a prompt's file or another output."""
    given = [
        *map(str, parsed.prompts),
        *parsed.mask,
        *(text.partition(":")[2] for text in parsed.mask),
    ]
    read = [Place(path, "a source") for plan in made for path in files_of(plan.source)]
    read += [Place(path, "a file of prompts") for path in local_files(given)]
    written = [place for plan in made for place in _places(plan)]
    found = clash(read, written)
    if found is not None:
        place, other = found
        raise ConfigurationError(
            f"{place.path} can't be {place.what}: {other.path} is {other.what}. Remedy: name "
            "another place"
        )


def _places(plan: VideoPlan) -> Iterator[Place]:
    """Everything that is written for one video."""
    for target in plan.targets:
        if target.is_standard_output:
            continue
        what = f"an output ({target.kind})"
        if target.export is None:
            folder = image_folder(target.path)
            whole = folder is not None and not is_pattern(target.path)
            yield Place(folder or target.path, what, whole)
            continue
        yield Place(target.path, what, target.export.place == "folder")
        beside = target.export.side_file(target.path)
        if beside is not None:
            yield Place(beside, f"beside {target.path}")
    yield Place(plan.job, "the folder of the job", True)


def _check_standard_output(target: Target, videos: int) -> None:
    if target.kind != "jsonl":
        raise ExportError(f"{target.kind} isn't written to standard output. Remedy: name a file")
    if videos > 1:
        raise ConfigurationError("standard output takes the answers of one video only")


def _check_place(path: Path, replace: bool) -> None:
    """Raise where a path can't be written, or holds something."""
    holds = path.exists() and not (path.is_dir() and not any(path.iterdir()))
    if holds and not replace:
        raise ConfigurationError(
            f"{path} is there already. Remedy: name another output, or add --overwrite"
        )
    _check_access(path)


def _check_access(path: Path) -> None:
    """Raise where a path can't be written."""
    there = next(parent for parent in (path, *path.absolute().parents) if parent.exists())
    if not os.access(there, os.W_OK):
        raise ConfigurationError(
            f"{path} can't be written: there is no permission for {there}. Remedy: name a place "
            "where you may write"
        )
    if there != path and not there.is_dir():
        raise ConfigurationError(
            f"{path} can't be written: {there} is a file. Remedy: name a folder"
        )


def _check_job(plan: VideoPlan, parsed: argparse.Namespace) -> None:
    """Raise where the folder of the job holds another run, or something of the user's."""
    if is_foreign(plan.job):
        raise ConfigurationError(
            f"{plan.job} can't be the folder of the job: it holds something else. Remedy: name "
            "another one by --job"
        )
    if holds_job(plan.job) and not (parsed.resume or parsed.overwrite):
        raise ConfigurationError(
            f"{plan.job} holds a run of {plan.name} that isn't complete or was kept. Remedy: go on "
            "with it by --resume, or begin anew by --overwrite"
        )
