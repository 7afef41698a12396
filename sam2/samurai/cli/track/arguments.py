"""The arguments of `samurai track`."""

from __future__ import annotations

import argparse
import math
from pathlib import Path

from samurai.cli.track.discovery import add_discovery
from samurai.cli.track.samurai_flags import add_samurai_flags
from samurai.cli.values import add_tracker_flags, whole_number
from samurai.video.drawing.style import style_options
from samurai.video.exports.registry import export_formats


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "sources",
        nargs="*",
        metavar="SOURCE",
        help="a video, a folder or a pattern of images, a list of images (.txt), the number of a "
        "camera, an address (rtsp://, http://), lavfi:GRAPH, or - for standard input",
    )
    _add_prompts(parser.add_argument_group("what is tracked"))
    add_discovery(parser.add_argument_group("objects that are found"))
    _add_range(parser.add_argument_group("which frames"))
    _add_outputs(parser.add_argument_group("what is written"))
    _add_drawing(parser.add_argument_group("how it is drawn"))
    _add_live(parser.add_argument_group("cameras and streams"))
    add_tracker_flags(parser, RENAMED)
    add_samurai_flags(parser.add_argument_group("as SAMURAI's demo script takes them"))


RENAMED = {"points": "point-tracker"}
"""Settings whose flag has another name here: --points are clicks."""


def _add_prompts(group: argparse._ArgumentGroup) -> None:
    """Every kind of prompt; an object is a number or a name, a frame counts from 0."""
    group.add_argument(
        "--box",
        action="append",
        default=[],
        metavar="[OBJECT@FRAME:]X,Y,W,H",
        help="a box in pixels: left, top, width, height",
    )
    group.add_argument(
        "--points",
        action="append",
        default=[],
        metavar="[OBJECT@FRAME:]+X,Y,-X,Y",
        help="clicks on the object (+) and beside it (-)",
        dest="clicks",
    )
    group.add_argument(
        "--mask",
        action="append",
        default=[],
        metavar="[OBJECT@FRAME:]FILE",
        help="an image that isn't black on the object",
    )
    group.add_argument(
        "--prompts",
        action="append",
        default=[],
        type=Path,
        metavar="FILE",
        help="prompts in JSON, or the annotations of a VOT, MOT, COCO or DAVIS sequence",
    )
    group.add_argument(
        "--like-first",
        action="store_true",
        help="in the other videos, look for the objects of the first one",
    )


def _add_range(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--start",
        type=whole_number(0),
        default=0,
        metavar="FRAME",
        help="the first frame (default: 0)",
    )
    group.add_argument(
        "--end", type=whole_number(1), metavar="FRAME", help="the frame after the last one"
    )
    group.add_argument(
        "--frames",
        type=whole_number(1),
        metavar="N",
        help="at most so many frames from the start on",
    )
    group.add_argument(
        "--stride", type=whole_number(1), default=1, metavar="N", help="every Nth frame only"
    )
    group.add_argument(
        "--direction",
        choices=("forward", "backward", "both"),
        default="forward",
        help="from the prompts to the end, to the beginning, or both (default: %(default)s)",
    )


def _add_outputs(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="FILE",
        help="a video (.mp4, .webm, .mkv, .mov), an animation (.gif) or a folder of images; "
        "SOURCE-tracked.mp4 if no output is named",
    )
    group.add_argument("--audio", action="store_true", help="copy the sound into the video")
    for name, export in export_formats().items():
        group.add_argument(
            f"--{name}",
            type=Path,
            metavar="FILE" if export.place == "file" else "DIR",
            help=export.help,
            dest=f"export_{name.replace('-', '_')}",
        )
    group.add_argument(
        "--overwrite", action="store_true", help="replace outputs that are there already"
    )
    group.add_argument(
        "--job", type=Path, metavar="DIR", help="keep all answers here, for later corrections"
    )
    group.add_argument(
        "--resume",
        action="store_true",
        help="go on with a run that was interrupted, or correct a kept job by further prompts",
    )
    group.add_argument("--quiet", action="store_true", help="print errors and warnings only")
    group.add_argument(
        "--show",
        action="store_true",
        help="open a page that shows the run, and stays until Ctrl-C (extra web)",
    )
    group.add_argument(
        "--no-browser", action="store_true", help="with --show, only print the page's address"
    )


def _add_drawing(group: argparse._ArgumentGroup) -> None:
    """The options of `DrawStyle`."""
    for option in style_options():
        group.add_argument(
            option.flag,
            metavar=option.form,
            help=f"{option.help} (default: {option.default_text})".replace("%", "%%"),
            dest=f"style_{option.name}",
        )


def _add_live(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--live",
        choices=("newest", "all"),
        default="newest",
        help="skip frames that came while another one was tracked, or let the stream wait "
        "(default: %(default)s)",
    )
    group.add_argument(
        "--connect-timeout",
        type=_seconds,
        default=10.0,
        metavar="SECONDS",
        help="without an answer, after which opening fails (default: %(default)g)",
    )
    group.add_argument(
        "--read-timeout",
        type=_seconds,
        default=10.0,
        metavar="SECONDS",
        help="without a frame, after which the stream is opened again (default: %(default)g)",
    )
    group.add_argument(
        "--reconnect",
        type=_seconds,
        default=30.0,
        metavar="SECONDS",
        help="how long a lost stream is looked for (default: %(default)g)",
    )


def _number(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise argparse.ArgumentTypeError(f"{text!r} is no number")
    return value


def _seconds(text: str) -> float:
    value = _number(text)
    if value < 0:
        raise argparse.ArgumentTypeError(f"{text!r} is below 0 seconds")
    return value
