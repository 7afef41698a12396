"""`samurai rehearse`: a challenge from the data set to the archive, on generated sequences."""

from __future__ import annotations

import argparse
import os
import re
from pathlib import Path

from samurai.cli.values import whole_number
from samurai.errors import ConfigurationError
from vot_wrapper.toolkit import bundled

LEAST = {"width": 64, "height": 48, "frames": 6}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declares the command's arguments."""
    parser.add_argument(
        "stack",
        metavar="STACK",
        help="vots2026/main, vots2025/realtime, vots2026/point or vot2022/shortterm",
    )
    parser.add_argument(
        "--tracker",
        metavar="ID",
        help="a section of the registry (default: samurai; for points samurai-folder)",
    )
    parser.add_argument(
        "--registry",
        type=Path,
        metavar="FILE",
        help="a trackers.ini with that section (default: the bundled one)",
    )
    parser.add_argument(
        "--workspace",
        type=Path,
        metavar="FOLDER",
        help="a new folder, or that of the same rehearsal, which then continues (default: "
        "rehearsal-STACK in the current folder)",
    )
    parser.add_argument(
        "--size", default="320x240", metavar="WxH", help="pixels of a frame (default: %(default)s)"
    )
    parser.add_argument(
        "--frames",
        type=whole_number(LEAST["frames"]),
        metavar="N",
        help="frames of a sequence (default: 60; short-term 120)",
    )
    parser.add_argument(
        "--sequences",
        type=whole_number(1),
        default=8,
        metavar="N",
        help="how many sequences are generated (default: %(default)s)",
    )


def run(arguments: argparse.Namespace) -> int:
    """Rehearses; 0 if nothing failed, else 1.

    Raises:
        ConfigurationError: an unknown stack or tracker, a size that isn't allowed, or a folder
            that can't be used.
    """
    from vot_wrapper.trax.process import spin_briefly

    spin_briefly(os.environ)  # before torch is imported
    from vot_wrapper.rehearsal.plans import plan_of
    from vot_wrapper.rehearsal.steps import PAGE, Job, rehearse
    from vot_wrapper.rehearsal.world import Size

    plan = plan_of(arguments.stack)
    width, height = _pixels(arguments.size)
    length = plan.length if arguments.frames is None else arguments.frames
    folder = arguments.workspace or Path(f"rehearsal-{plan.stack.replace('/', '-')}")
    job = Job(
        plan,
        arguments.tracker or plan.tracker,
        _registry(arguments.registry),
        folder.expanduser().resolve(),
        Size(width, height, length, arguments.sequences),
    )
    rehearsal = rehearse(job, lambda line: print(line, flush=True))
    (job.folder / PAGE).write_text(rehearsal.page(), encoding="utf-8")
    print()
    for line in rehearsal.verdict():
        print(line)
    print(f"\nreport       {job.folder / PAGE}")
    print(
        "nothing was uploaded; the sequences were generated, so their scores say nothing of yours"
    )
    return 0 if rehearsal.ready else 1


def _pixels(text: str) -> tuple[int, int]:
    found = re.fullmatch(r"(\d{2,5})x(\d{2,5})", text)
    width, height = (int(found[1]), int(found[2])) if found else (0, 0)
    if width < LEAST["width"] or height < LEAST["height"]:
        raise ConfigurationError(
            f"--size {text} isn't allowed. Remedy: write WIDTHxHEIGHT in pixels, at least "
            f"{LEAST['width']}x{LEAST['height']}, for example 320x240"
        )
    return width, height


def _registry(given: Path | None) -> Path:
    if given is None:
        return bundled.template()
    file = given.expanduser().resolve()
    if not file.is_file():
        raise ConfigurationError(f"there is no file {file}. Remedy: name a trackers.ini")
    return file
