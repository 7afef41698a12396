"""What `samurai track` is asked to do, checked before anything is read or loaded."""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from samurai.errors import ConfigurationError, ExportError
from samurai.video.exports.registry import export_formats
from samurai.video.sources.opening import expand
from samurai.video.writing.opening import check_target

JOB = ".job"
"""Added to the name of the first output: where the answers lie until the outputs are complete."""

VIDEO = "video"

_REMOTE = re.compile(r"\d+$|[a-z]+s?://", re.IGNORECASE)


def is_remote(source: str) -> bool:
    """Whether a source is a camera or an address, which may fail while nothing is wrong with the
    command line."""
    return _REMOTE.match(source) is not None


@dataclass(frozen=True)
class Target:
    """An output. kind: "video", or the name of an export format."""

    kind: str
    path: Path


@dataclass(frozen=True)
class VideoPlan:
    """One source and what is written of it.

    Attributes:
        source: for `open_source`.
        name: for people.
        targets: the outputs.
        job: the folder of the job.
        keep: whether it stays when everything is done.
    """

    source: str
    name: str
    targets: tuple[Target, ...]
    job: Path
    keep: bool


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
        made.append(VideoPlan(source, name, targets, job, parsed.job is not None))
    _check(made, parsed)
    return made


def _names(sources: Sequence[str]) -> Iterator[str]:
    """Names of videos, fit for files and unique."""
    seen: dict[str, int] = {}
    for source in sources:
        name = _name(source)
        seen[name] = seen.get(name, 0) + 1
        yield name if seen[name] == 1 else f"{name}-{seen[name]}"


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
    given = [(VIDEO, parsed.output, ".mp4")]
    for format_name, export in export_formats().items():
        path = getattr(parsed, f"export_{format_name.replace('-', '_')}")
        given.append((format_name, path, export.suffixes[0] if export.suffixes else ""))
    if all(path is None for _, path, _ in given):
        if parsed.no_video or is_remote(source):
            raise ConfigurationError(
                "nothing would be written. Remedy: name an output, for example -o out.mp4 or "
                "--jsonl out.jsonl"
            )
        given[0] = (VIDEO, Path("{name}-tracked.mp4"), ".mp4")
    for kind, path, suffix in given:
        if path is not None and not (kind == VIDEO and parsed.no_video):
            yield Target(kind, _filled(path, name, suffix, several))


def _filled(path: Path, name: str, suffix: str, several: bool) -> Path:
    """The path of one source's output: {name} filled in; of several sources in a folder."""
    if "{name}" in str(path):
        return Path(str(path).replace("{name}", name)).expanduser()
    return (path / f"{name}{suffix}" if several else path).expanduser()


def _job(parsed: argparse.Namespace, targets: Sequence[Target], name: str, several: bool) -> Path:
    if parsed.job is not None:
        return _filled(parsed.job, name, "", several)
    first = next((target.path for target in targets if str(target.path) != "-"), Path(name))
    return first.with_name(f"{first.name}{JOB}")


def _check(made: Sequence[VideoPlan], parsed: argparse.Namespace) -> None:
    """Raise unless every output can be written."""
    formats, seen = export_formats(), set()
    for plan in made:
        for target in plan.targets:
            if str(target.path) == "-":
                _check_standard_output(target, len(made))
                continue
            if target.path in seen:
                raise ConfigurationError(f"{target.path} is named for two outputs")
            seen.add(target.path)
            if target.kind == VIDEO:
                check_target(target.path)
            elif formats[target.kind].place == "file" and target.path.is_dir():
                raise ConfigurationError(
                    f"--{target.kind} {target.path} is a folder. Remedy: name a file in it"
                )
            _check_place(target.path, parsed.overwrite or parsed.resume)
            if target.kind != VIDEO:
                beside = formats[target.kind].side_file(target.path)
                if beside is not None:
                    _check_place(beside, parsed.overwrite or parsed.resume)
        _check_job(plan, parsed)


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
    """Raise where the folder of the job holds another run."""
    if not plan.job.exists() or parsed.resume or parsed.overwrite:
        return
    raise ConfigurationError(
        f"{plan.job} holds a run of {plan.name} that isn't complete or was kept. Remedy: go on "
        "with it by --resume, or begin anew by --overwrite"
    )
