"""`samurai track --show`: the page of `samurai web`, read only, on the run."""

from __future__ import annotations

import argparse
import sys
import threading
import webbrowser
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from samurai.cli.command import WEB
from samurai.cli.track.plan import VideoPlan
from samurai.errors import ConfigurationError
from samurai.regions import ObjectId
from samurai.video.sources.base import Source

if TYPE_CHECKING:
    from samurai.jobs.job import Job
    from samurai.tracker import Tracker


def check_show(parsed: argparse.Namespace, made: Sequence[VideoPlan]) -> None:
    """Refuse what the page can't show, before anything is read.

    Raises:
        ConfigurationError: several videos, or one whose frames can't be had again.
        DependencyError: the extra isn't installed.
    """
    if not parsed.show:
        return
    WEB.require("`samurai track --show`")
    if len(made) != 1:
        raise ConfigurationError("--show shows one video. Remedy: name one, or leave --show out")
    place = Path(made[0].source)
    if not (place.is_dir() or place.is_file()) or place.suffix == ".txt":
        raise ConfigurationError(
            f"--show needs a video file or a folder of images, and not {place}: the page goes back "
            "to frames that are over. Remedy: leave --show out"
        )


@contextmanager
def shown(
    parsed: argparse.Namespace,
    plan: VideoPlan,
    job: Job,
    source: Source,
    tracker: Callable[[], Tracker],
    labels: Mapping[ObjectId, str],
    stop: threading.Event,
) -> Iterator[None]:
    """With `--show`, a page that shows the job within the block, and after it until Ctrl-C.

    Args:
        parsed: the command line.
        plan: names the video.
        job: that is tracked in the block.
        source: of the job.
        tracker: of the job.
        labels: names of objects.
        stop: is set by Ctrl-C; in the block that ends the run, and the page with it. Afterwards it
            ends the page alone, and is cleared.

    Raises:
        SourceError, StorageError: the page can't be made.
    """
    if not parsed.show:
        yield
        return
    from samurai.web.engine.shown import Shown
    from samurai.web.showing import ShownPage

    page = ShownPage(Path(plan.source), Shown(job, source, tracker(), labels))
    try:
        print(f"samurai: shown at {page.address}", file=sys.stderr, flush=True)
        if not parsed.no_browser:
            webbrowser.open(page.address)
        yield
        page.session.tracking = False
        if not stop.is_set():
            print("samurai: the page stays; Ctrl-C ends it", file=sys.stderr, flush=True)
            stop.wait()
            stop.clear()
    finally:
        page.close()
