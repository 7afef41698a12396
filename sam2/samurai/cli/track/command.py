"""`samurai track`: track objects in videos, folders of images, cameras and streams."""

from __future__ import annotations

import argparse
import sys
import threading
from collections.abc import Callable, Sequence
from functools import cache, partial
from typing import TYPE_CHECKING

from samurai.cli.track import prompts
from samurai.cli.track.arguments import RENAMED, add_arguments
from samurai.cli.track.discovery import check_discovery, is_wanted
from samurai.cli.track.inputs import opened, span_of
from samurai.cli.track.plan import VideoPlan, is_remote, plans
from samurai.cli.track.samurai_flags import translate
from samurai.cli.track.show import check_show
from samurai.cli.track.stopping import Stopping
from samurai.cli.track.style import style_of
from samurai.config import TrackerConfig
from samurai.config.text import from_flags
from samurai.errors import ConfigurationError, DeviceError, SamuraiError, SourceError, StorageError
from samurai.jobs.folder import holds_job
from samurai.loading import load_tracker
from samurai.spelling import counted
from samurai.video.sources.reading import ReadAheadSource

if TYPE_CHECKING:
    from samurai.cli.track.video import Run
    from samurai.tracker import Tracker

__all__ = ["add_arguments", "run"]

AHEAD = 4
"""Frames that are decoded while one is tracked."""

AT_WORK = (StorageError, DeviceError)
"""Errors that aren't mistakes of the command line."""


def run(parsed: argparse.Namespace) -> int:
    """Track every source.

    Returns:
        The process's exit code: 1 where a source failed, 128 and a signal's number where the run
        was stopped.

    Raises:
        SamuraiError: the command can't be run as it is given.
    """
    translate(parsed)
    made = plans(parsed)
    check_show(parsed, made)
    check_discovery(parsed)
    wanted = prompts.given(parsed) or is_wanted(parsed)
    if not wanted and not any(plan.goes_on for plan in made):
        raise ConfigurationError(
            f"nothing is tracked without a prompt. Remedy: mark objects in a page, `samurai pick "
            f"{parsed.sources[0]}`, add {prompts.HOW}, or let objects be found: --discover 100"
        )
    if parsed.like_first and len(made) < 2:
        raise ConfigurationError("--like-first needs a second video to look for the objects in")
    if parsed.like_first and parsed.direction != "forward":
        raise ConfigurationError(
            "--like-first looks for the objects from the first frame on. Remedy: leave --direction "
            "as it is"
        )
    style_of(parsed)  # refused now rather than when the first frame is drawn
    config = from_flags(TrackerConfig.from_environment(), parsed, renamed=RENAMED)
    with Stopping() as stopping:
        return _track_all(made, parsed, config, stopping)


def _track_all(
    made: Sequence[VideoPlan],
    parsed: argparse.Namespace,
    config: TrackerConfig,
    stopping: Stopping,
) -> int:
    videos = Videos(parsed, config.device, _loader(config), stopping.event)
    failed = 0
    for plan in made:
        if plan.done:
            print(f"samurai: {plan.name}: is done already", file=sys.stderr)
            continue
        try:
            videos.track(plan)
        except SamuraiError as error:
            if (len(made) == 1 or videos.unusable) and not _at_work(error, plan, videos.begun):
                raise
            failed += 1
            print(f"samurai: {plan.name}: {error}", file=sys.stderr)
            if holds_job(plan.job) and not plan.keep:
                kept = "what was tracked is kept: the same command with --resume goes on"
                print(f"samurai: {plan.name}: {kept}", file=sys.stderr)
            if parsed.like_first and plan is made[0]:
                break  # there is nothing to look for
        if stopping.event.is_set():
            return stopping.code
    if len(made) > 1 and not parsed.quiet:
        done = f"{len(made) - failed} of {counted(len(made), 'video')} done"
        print(f"{done}{f', {failed} failed' if failed else ''}", file=sys.stderr)
    return 1 if failed else 0


class Videos:
    """Tracks one video after the other; torch is loaded once the first one can be read.

    Attributes:
        unusable: the tracker can't be loaded, for any video.
        begun: the newest source was opened, and frames of it are read.
    """

    def __init__(
        self,
        parsed: argparse.Namespace,
        device: str,
        tracker: Callable[[], Tracker],
        stop: threading.Event,
    ) -> None:
        self._parsed, self._device = parsed, device
        self._loader, self._stop = tracker, stop
        self.unusable = False
        self._run: Run | None = None

    def track(self, plan: VideoPlan) -> None:
        """Open a source, read its prompts, and track it.

        Raises:
            SamuraiError: it can't be done.
        """
        self.begun = False
        with opened(plan.source, self._parsed) as source:
            primed = self._parsed.like_first and self._run is not None
            found = [] if primed else prompts.prompts_of(self._parsed, source)
            span_of(self._parsed, source.info)
            from samurai.cli.track.video import Run, track_video

            self._run = self._run or Run(self._parsed, self._device, self._tracker, self._stop)
            ahead = source if source.info.live else ReadAheadSource(source, AHEAD)
            self.begun = True
            track_video(plan, self._run, ahead, found)

    def _tracker(self) -> Tracker:
        self.unusable = True
        tracker = self._loader()
        if self._parsed.like_first and tracker.window is not None:
            raise ConfigurationError(
                "--like-first needs a network that sees whole frames, and this one sees a search "
                "region around each object. Remedy: add --window whole, or choose another --model"
            )
        self.unusable = False
        return tracker


def _at_work(error: SamuraiError, plan: VideoPlan, begun: bool) -> bool:
    """Whether the command line is right, and something else went wrong: an address that doesn't
    answer, or a source that fails once it is read. A camera or a file that isn't there is named
    wrongly."""
    if isinstance(error, SourceError):
        return begun or (is_remote(plan.source) and not plan.source.isdecimal())
    return isinstance(error, AT_WORK)


def _loader(config: TrackerConfig) -> Callable[[], Tracker]:
    """Loads the tracker when the first video needs it, once."""
    return cache(partial(load_tracker, config))
