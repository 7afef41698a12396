"""`samurai pick`: mark objects in a page, and save the prompts for `samurai track`."""

from __future__ import annotations

import argparse
import shlex
import sys
import tempfile
import threading
import webbrowser
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from samurai.cli.served import served_config
from samurai.cli.values import add_tracker_flags, whole_number
from samurai.errors import ConfigurationError

if TYPE_CHECKING:
    from fastapi import FastAPI

    from samurai.video.prompts.base import ObjectPrompt
    from samurai.web.settings import WebSettings

HOST = "127.0.0.1"
STORAGE_MIB = 2**31
"""Of links to files of this machine, which take no room."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("source", metavar="SOURCE", type=Path, help="a video or a folder of images")
    parser.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        type=Path,
        help="where the prompts are saved (default: SOURCE's name with .prompts.json)",
    )
    parser.add_argument("--overwrite", action="store_true", help="replace a file that is there")
    parser.add_argument("--no-browser", action="store_true", help="only print the address")
    parser.add_argument(
        "--port", type=whole_number(0), default=0, help="of the page (default: a free one)"
    )
    add_tracker_flags(parser)


def run(parsed: argparse.Namespace) -> int:
    """Serve the page until the prompts are saved.

    Returns:
        0 once they are.

    Raises:
        SamuraiError: the source, the file or a setting can't be used.
        KeyboardInterrupt: Ctrl-C, with nothing saved.
    """
    source: Path = parsed.source
    target: Path = parsed.output or Path(f"{source.stem}.prompts.json")
    _check(source, target, parsed.overwrite)
    config = served_config(parsed)
    from samurai.web.loading import tracking_app
    from samurai.web.settings import WebSettings

    saved = threading.Event()
    with tempfile.TemporaryDirectory(prefix="samurai-pick-") as folder:
        settings = WebSettings(data_path=Path(folder), max_storage_mib=STORAGE_MIB)
        app = tracking_app(config, settings, HOST)
        app.state.service.save_prompts = partial(_save, target, saved)
        _serve(app, settings, parsed, saved)
    print(f"prompts: {target}")
    track = shlex.join(["samurai", "track", str(source), "--prompts", str(target)])
    print(f"next: {track}")
    return 0


def _check(source: Path, target: Path, overwrite: bool) -> None:
    if not source.exists():
        raise ConfigurationError(
            f"{source} doesn't exist. Remedy: name a video or a folder of images"
        )
    if target.exists() and not overwrite:
        raise ConfigurationError(
            f"{target} is there already. Remedy: name another file by -o, or add --overwrite"
        )
    if not target.absolute().parent.is_dir():
        raise ConfigurationError(f"{target.parent} is no folder. Remedy: make it, or name another")


def _serve(
    app: FastAPI, settings: WebSettings, parsed: argparse.Namespace, saved: threading.Event
) -> None:
    from samurai.web.arrivals import adopt
    from samurai.web.serving import address_of, listen, serve

    service = app.state.service
    arrival = service.library.arrive()
    try:
        upload = adopt(parsed.source, arrival, settings)
    finally:
        arrival.close()
    with listen(HOST, parsed.port) as listening:
        address = f"{address_of(listening, HOST)}/?pick={upload.id}"
        said = f"{address}, model {service.model}; Ctrl-C ends it without saving"
        print(f"samurai pick: {said}", file=sys.stderr, flush=True)
        if not parsed.no_browser:
            webbrowser.open(address)
        serve(app, listening, until=saved)


def _save(target: Path, saved: threading.Event, prompts: Sequence[ObjectPrompt]) -> Path:
    from samurai.runtime.whole_files import storing, write_whole
    from samurai.video.prompts.own_json import own_text

    with storing(target):
        write_whole(target, own_text(prompts).encode())
    saved.set()
    return target.absolute()
